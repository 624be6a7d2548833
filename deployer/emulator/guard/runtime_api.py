"""Lets only processes of this user, and no page, fetch a function's events and answer them.

AWS: the Runtime API of a function is reached from within its own environment only.
    Source: Lambda developer guide, "Using the Lambda runtime API for custom runtimes".
ministack: serves it on a port of this machine, and answers every caller.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from guard.connections import is_of_this_user
from guard.pages import comes_from_a_page, is_loopback_name
from registry import replaces


@replaces("core.lambda_runtime", "ProvidedWorker._build_handler_class", "(self, generation, pending)")
def build_guarded(build: Callable[..., Any], worker: Any, *given: Any) -> Any:
    """The class of ministack that answers a function, which checks the caller."""
    handler = build(worker, *given)

    class Guarded(handler):  # type: ignore[misc, valid-type]
        def parse_request(self) -> bool:
            if not super().parse_request():
                return False
            headers = {name.lower(): value for name, value in self.headers.items()}
            mine = is_of_this_user(self.client_address, self.connection.getsockname())
            if mine and is_loopback_name(headers.get("host", "")) and not comes_from_a_page(headers):
                return True
            self.close_connection = True
            self.send_error(403, "only the function itself may call its Runtime API")
            return False

    return Guarded


@replaces("services.lambda_svc", "_execute_function_provided", "(func, event, request_id)")
def execute_once(_execute: Callable[..., Any], *_: Any, **__: Any) -> Any:
    """Refuses the functions whose Runtime API ministack serves elsewhere."""
    raise RuntimeError("durable functions are not offered here: their Runtime API would answer everybody")
