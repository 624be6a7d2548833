"""Ends functions when the emulator is stopped.

AWS: has no counterpart; the local stage must end at once and leave no process behind.
ministack: waits at SIGTERM for the functions that run, starts more for messages that are still in a queue, and
    leaves idle ones running.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from registry import calls, replaces

end_workers = calls("core.lambda_runtime", "reset", "()")

# Whether no function may be started any more.
is_stopping = threading.Event()


@replaces("core.lambda_runtime", "ProvidedWorker._spawn", "(self, init_timeout=None)")
def spawn_unless_stopping(spawn: Callable[..., None], worker: Any, *given: Any, **named: Any) -> None:
    """Starts no function for a message that is still in a queue."""
    if is_stopping.is_set():
        raise RuntimeError("the emulator is stopping")
    spawn(worker, *given, **named)


@replaces("app", "app", "(scope, receive, send)")
async def serve_until_stopped(
    serve: Callable[..., Awaitable[None]], scope: dict[str, Any], receive: Any, send: Any
) -> None:
    """Begins the answer to SIGTERM with the functions, because ministack would wait for them."""
    if scope["type"] == "lifespan":
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, lambda: threading.Thread(target=stop).start())
    await serve(scope, receive, send)


def stop() -> None:
    """Ends the functions, then the web server."""
    end_functions()
    # The web server, whose handler of SIGTERM is replaced above, takes SIGINT for the same wish.
    os.kill(os.getpid(), signal.SIGINT)


def end_functions() -> None:
    """Ends the function processes, which ministack leaves running."""
    is_stopping.set()
    end_workers()


def end_descendants() -> None:
    """Ends the functions and whatever they started."""
    end_functions()
    if os.getpgrp() == os.getpid():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(os.getpgrp(), signal.SIGTERM)
