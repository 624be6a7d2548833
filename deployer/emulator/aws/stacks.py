"""How CloudFormation makes the resources of a stack, and words why it cannot."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from registry import adds, calls, replaces

Properties = dict[str, Any]
Created = tuple[str, dict[str, str]]
Function = TypeVar("Function", bound=Callable[..., Any])

PROVISIONERS = "services.cloudformation.provisioners"
# The parameters of ministack's functions for a type of resource. Most updates are given the logical id.
CREATE = "(logical_id, props, stack_name)"
UPDATE = "(physical_id, old_props, new_props, stack_name, logical_id=None)"
UPDATE_WITHOUT_ID = "(physical_id, old_props, new_props, stack_name)"
DELETE = "(physical_id, props)"

physical_name = calls(
    PROVISIONERS, "_physical_name", "(stack_name, logical_id, *, lowercase=False, max_len=128, seeded=True)"
)


def replaces_handler(kind: str, operation: str, expected: str) -> Callable[[Function], Function]:
    """Registers a function that stands in for ministack's function for one operation on a type of resource."""
    return replaces(PROVISIONERS, f"_RESOURCE_HANDLERS[{kind}][{operation}]", expected)


def adds_handler(kind: str, operation: str) -> Callable[[Function], Function]:
    """Registers a function for one operation on a type of resource that ministack does not know."""
    return adds(PROVISIONERS, f"_RESOURCE_HANDLERS[{kind}][{operation}]")


def refusal(service: str, status: int, text: str) -> ValueError:
    """A failure worded like the reason that CloudFormation gives for a resource."""
    cause = f"{text} (Service: {service}, Status Code: {status})"
    return ValueError(f'Resource handler returned message: "{cause}"')


def checked(service: str, response: tuple[int, Any, Any]) -> dict[str, Any]:
    """The answer of one of ministack's services; raises if it is an error."""
    status, _, body = response
    answer: dict[str, Any] = json.loads(body or "{}")
    if status >= 400:
        text = answer.get("message") or answer.get("Message") or str(answer)
        raise refusal(service, status, text)
    return answer


def is_true(value: Any) -> bool:
    """A boolean of a template, which may be written as a string."""
    return str(value).lower() == "true"
