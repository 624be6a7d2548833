"""Refuses a change set for a broken stack, and makes one that changes only outputs executable.

AWS: a stack that failed to roll back or to be deleted, or was rolled back when it was made, cannot be updated. A change
    of outputs is a change.
    Source: CloudFormation user guide, "View CloudFormation stack events" (stack status codes) and "Update
    CloudFormation stacks using change sets".
ministack: makes a change set for such a stack, and finds no changes where only outputs differ.
"""

from __future__ import annotations

from typing import Any

from aws.change_sets import Answer, Handler, Request, change_sets, error, find_stack, parameter, replaces_action, stacks

BROKEN_STATES = ("DELETE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED")


@replaces_action("CreateChangeSet")
def create_change_set(create: Handler, request: Request) -> Answer:
    """Looks at the stack before, and at what was made afterwards."""
    stack = find_stack(parameter(request, "StackName")) or {}
    if stack.get("StackStatus") in BROKEN_STATES:
        text = f"Stack:{stack['StackId']} is in {stack['StackStatus']} state and can not be updated."
        refused: Answer = error("ValidationError", text)
        return refused
    known = set(change_sets())
    response = create(request)
    for identifier, change_set in change_sets().items():
        if identifier not in known and changes_outputs(change_set):
            change_set.update(Status="CREATE_COMPLETE", StatusReason="", ExecutionStatus="AVAILABLE")
    return response


def changes_outputs(change_set: dict[str, Any]) -> bool:
    """Whether a change set that failed for want of changes would change the stack's outputs."""
    stack = stacks().get(change_set["StackName"], {})
    return (
        change_set["Status"] == "FAILED"
        and "didn't contain changes" in change_set["StatusReason"]
        and change_set["_template"].get("Outputs") != stack.get("_template", {}).get("Outputs")
    )
