"""Fails a task whose result is too large for a state.

AWS: the result of a task has up to 256 KiB as a string in UTF-8.
    Source: Step Functions developer guide, "Step Functions service quotas".
ministack: takes a result of any size.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from aws.machines import MACHINES, STATE_PAYLOAD_BYTES, too_large
from registry import replaces


@replaces(MACHINES, "_invoke_resource", "(resource, input_data)")
def invoke_within_limit(invoke: Callable[..., Any], resource: str, parameters: Any) -> Any:
    """Weighs what a task has returned."""
    result = invoke(resource, parameters)
    if len(json.dumps(result, ensure_ascii=False).encode()) > STATE_PAYLOAD_BYTES:
        raise too_large()
    return result
