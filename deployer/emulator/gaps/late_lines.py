"""Gives a function's whole output to the log of the invocation that wrote it.

AWS: what a function wrote before it answered is in the log of that invocation.
    Source: Lambda developer guide, "Sending Lambda function logs to CloudWatch Logs".
ministack: reads the output in a thread, and waits 5 ms for the next line after the answer. On a busy machine the
    rest is logged with the next invocation, or never: a message then seems to be received and not handled.
"""

from __future__ import annotations

import os
import queue
import select
import threading
import weakref
from collections.abc import Callable
from typing import Any, BinaryIO

from registry import calls, replaces

RUNTIME = "core.lambda_runtime"
CHUNK_BYTES = 65_536

lines_so_far = calls(RUNTIME, "ProvidedWorker._drain_stderr", "(self)")


class Output:
    """What a function writes, read by the thread that keeps its pipe empty, and by a caller that needs all of it now."""

    def __init__(self, stream: BinaryIO, lines: queue.Queue[str]) -> None:
        self.stream, self.lines = stream, lines
        self.lock = threading.Lock()
        self.rest = b""
        os.set_blocking(stream.fileno(), False)

    def read(self) -> bool:
        """Queues all lines that are in the pipe, and a last one without its end; returns whether more may come."""
        with self.lock:
            while not self.stream.closed:
                try:
                    chunk = os.read(self.stream.fileno(), CHUNK_BYTES)
                except BlockingIOError:
                    return True
                *whole, self.rest = (self.rest + chunk).split(b"\n")
                if not chunk:
                    self.stream.close()
                    whole = [self.rest] if self.rest else []
                for line in whole:
                    self.put(line.decode(errors="replace").rstrip("\r"))
            return False

    def put(self, line: str) -> None:
        """Queues a line; the oldest one gives way, because the pipe must not fill."""
        while True:
            try:
                return self.lines.put_nowait(line)
            except queue.Full:
                self.lines.get_nowait()

    def read_to_the_end(self) -> None:
        """Reads until the function and what it started have closed the pipe."""
        poll = select.poll()
        poll.register(self.stream.fileno(), select.POLLIN)
        while self.read():
            poll.poll()


outputs: weakref.WeakKeyDictionary[Any, Output] = weakref.WeakKeyDictionary()


@replaces(RUNTIME, "ProvidedWorker._pump_output", "(self, stream, log_queue)")
def pump(_pump: Callable[..., None], worker: Any, stream: BinaryIO, lines: queue.Queue[str]) -> None:
    """Keeps the pipe empty in a way that lets others read it at any time."""
    output = outputs[worker] = Output(stream, lines)
    output.read_to_the_end()


@replaces(RUNTIME, "ProvidedWorker._drain_stderr_bounded", "(self, first_line_wait=0.05, idle_confirm=0.005, hard_cap=0.25)")
def drain(_drain: Callable[..., str], worker: Any, **_: float) -> str:
    """All lines that were written until now, without waiting: an answer comes after them."""
    if output := outputs.get(worker):
        output.read()
    drained: str = lines_so_far(worker)
    return drained
