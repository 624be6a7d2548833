"""Lets a state catch what can be caught, and no more.

AWS: `States.ALL` catches neither `States.DataLimitExceeded` nor `States.Runtime`, and nothing catches the latter.
    Source: Step Functions developer guide, "Handling errors in Step Functions workflows".
ministack: catches both as any other error.
"""

from __future__ import annotations

from collections.abc import Callable

from aws.machines import MACHINES
from registry import replaces


@replaces(MACHINES, "_error_matches", "(error_equals, error)")
def error_matches(matches: Callable[..., bool], names: list[str], error: str) -> bool:
    """Whether one of the names catches the error."""
    if error == "States.Runtime":
        return False
    if error == "States.DataLimitExceeded":
        return error in names
    return bool(matches(names, error))
