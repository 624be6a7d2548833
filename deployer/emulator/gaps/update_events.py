"""Leaves untouched resources out of the events of an update, and calls new ones created.

AWS: an event says what is done to a resource; one that stays as it is has none, and a new one is created.
    Source: CloudFormation user guide, "View CloudFormation stack events" (stack status codes).
ministack: reports every resource as updated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws.change_sets import change_sets
from registry import replaces


@replaces(
    "services.cloudformation.stacks", "_add_event",
    "(stack_id, stack_name, logical_id, resource_type, status, reason='', physical_id='', detailed_status='')",
)
def add_event(
    add: Callable[..., None], stack_id: str, stack: str, logical_id: str, kind: str, status: str, *rest: Any,
    **named: Any,
) -> None:
    """Leaves out, or renames, what the change set that runs does not do."""
    actions = running_actions(stack_id)
    if actions is not None and status.startswith("UPDATE_") and logical_id != stack:
        if logical_id not in actions:
            return
        if actions[logical_id] == "Add":
            status = status.replace("UPDATE_", "CREATE_")
    add(stack_id, stack, logical_id, kind, status, *rest, **named)


def running_actions(stack_id: str) -> dict[str, str] | None:
    """What the change set that is being executed does, by logical id; None if there is none."""
    for change_set in change_sets().values():
        runs = change_set["ExecutionStatus"] == "EXECUTE_IN_PROGRESS"
        if runs and change_set["StackId"] == stack_id:
            changes = (change["ResourceChange"] for change in change_set["Changes"])
            return {change["LogicalResourceId"]: change["Action"] for change in changes}
    return None
