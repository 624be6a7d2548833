"""The stacks and change sets of CloudFormation as ministack keeps them, and its functions for what is asked of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from registry import calls, reads, replaces

Request = dict[str, Any]
Answer = tuple[int, Any, Any]
Handler = Callable[[Request], Answer]
Function = TypeVar("Function", bound=Callable[..., Any])

CLOUDFORMATION = "services.cloudformation"
HANDLERS = "services.cloudformation.handlers"

change_sets = reads(CLOUDFORMATION, "_change_sets", "AccountRegionScopedDict")
stacks = reads(CLOUDFORMATION, "_stacks", "AccountRegionScopedDict")
stack_events = reads(CLOUDFORMATION, "_stack_events", "AccountRegionScopedDict")
parameter = calls(HANDLERS, "_p", "(params, key, default='')")
error = calls(HANDLERS, "_error", "(code, message, status=400)")
find_stack = calls(HANDLERS, "_resolve_stack", "(stack_name)")


def replaces_action(action: str) -> Callable[[Function], Function]:
    """Registers a function that stands in for ministack's function for an action of CloudFormation."""
    return replaces(HANDLERS, f"_ACTION_HANDLERS[{action}]", "(params)")


def deployed_stacks() -> set[str]:
    """The names of all stacks that a template was executed for and that are not deleted."""
    gone = ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS")
    return {stack["StackName"] for stack in stacks().to_dict().values() if stack.get("StackStatus") not in gone}
