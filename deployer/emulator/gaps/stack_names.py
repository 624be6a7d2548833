"""Keeps one stack of a name at a time.

AWS: who proposes a new stack beside others shares it with them, and who comes later does not replace one that
    was deleted: CloudFormation describes that by its id for three months.
    Source: CloudFormation API reference, "CreateChangeSet" and "DescribeStacks".
ministack: makes another stack for each change set of a new one, and forgets a deleted stack when its name comes back.
"""

from __future__ import annotations

from typing import Any

from aws.change_sets import (
    Answer,
    Handler,
    Request,
    change_sets,
    parameter,
    replaces_action,
    stack_events,
    stacks,
)


@replaces_action("CreateChangeSet")
def create_change_set(create: Handler, request: Request) -> Answer:
    """Looks at what had the name before."""
    name = parameter(request, "StackName")
    before = stacks().get(name)
    answer = create(request)
    status = (before or {}).get("StackStatus")
    if status == "REVIEW_IN_PROGRESS":
        answer = beside_other_proposals(before, answer)
    elif status == "DELETE_COMPLETE" and stacks().get(name) is not before:
        # Its id is its key from now on.
        stacks()[before["StackId"]] = before
    return answer


def beside_other_proposals(stack: dict[str, Any], answer: Answer) -> Answer:
    """Puts a change set for a new stack to the stack that an earlier one has made."""
    name = stack["StackName"]
    replaced = stacks().get(name)
    stacks()[name] = stack
    status, headers, body = answer
    if status != 200 or replaced is None or replaced is stack:
        return answer
    for change_set in change_sets().values():
        if change_set["StackId"] == replaced["StackId"]:
            change_set["StackId"] = stack["StackId"]
    stack_events().pop(replaced["StackId"], None)
    old, new = (value if isinstance(body, str) else value.encode() for value in (replaced["StackId"], stack["StackId"]))
    return status, headers, body.replace(old, new)
