"""Who made the request that is being served, and what CloudFormation does for it later on."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any

from registry import calls, replaces

access_key_of = calls("core.router", "extract_access_key_id", "(headers, query_params=None)")

# The access key of the caller of the request that is being served, and of the work that it started.
CALLER: contextvars.ContextVar[str] = contextvars.ContextVar("caller", default="")


@replaces("core.iam_evaluator", "pin_request_caller", "(headers, query_params=None)")
def pin_caller(pin: Callable[..., None], headers: dict[str, str], query: dict[str, Any] | None = None) -> None:
    """Remembers the access key of a request."""
    pin(headers, query)
    CALLER.set(access_key_of(headers, query or {}) or "")
