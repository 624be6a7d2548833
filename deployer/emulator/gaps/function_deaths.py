"""Adds the line by which AWS reports a timeout, an exit or a failed start to the log of a function.

AWS: writes `RequestId: … Error: Runtime exited with error …` and the like into the log.
    Source: Lambda developer guide, "Troubleshoot execution issues in Lambda".
ministack: answers with such an error, and logs nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws.logs import EXECUTE, EXECUTE_TAKES, FUNCTIONS
from registry import replaces


@replaces(FUNCTIONS, EXECUTE, EXECUTE_TAKES)
def execute_and_tell(
    execute: Callable[..., dict[str, Any]], function: dict[str, Any], event: Any, request: str
) -> dict[str, Any]:
    """Adds the line to what the function said itself."""
    result = execute(function, event, request)
    body: Any = result.get("body")
    kind = body.get("errorType", "") if result.get("error") and isinstance(body, dict) else ""
    if kind.startswith(("Runtime.", "Sandbox.")):
        epitaph = f"RequestId: {request} Error: {body.get('errorMessage')} ({kind})"
        result["log"] = "\n".join(filter(None, (result.get("log"), epitaph)))
    return result
