"""Finds the change sets of a stack by its id too, and lists none of a stack that is not there; one on each page.

AWS: `StackName` may be the id, and a stack that does not exist has no list. A list comes in pages of up to a megabyte,
    so a client has to ask for the next one whatever their size.
    Source: CloudFormation API reference, "ListChangeSets" and "DescribeChangeSet".
ministack: finds change sets by the name of their stack only, lists none for any name, and a hundred on a page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws.change_sets import Answer, Handler, Request, error, find_stack, parameter, replaces_action
from registry import replaces


@replaces("services.cloudformation.changesets", "_page", "(items, params, action, page_size=100)")
def one_on_each_page(page: Callable[..., Any], *given: Any) -> Any:
    """Makes pages of one."""
    return page(*given, page_size=1)


@replaces_action("ListChangeSets")
def list_change_sets(list_all: Handler, request: Request) -> Answer:
    """Lists those of a stack that is there."""
    name = parameter(request, "StackName")
    stack = find_stack(name) if name else None
    if not stack or (stack["StackStatus"] == "DELETE_COMPLETE" and name != stack["StackId"]):
        refused: Answer = error("ValidationError", f"Stack [{name}] does not exist")
        return refused
    return by_stack_name(list_all, request)


@replaces_action("DescribeChangeSet")
@replaces_action("ExecuteChangeSet")
def by_stack_name(handle: Handler, request: Request) -> Answer:
    """Leads a request for a stack by its id to the stack's name."""
    name = parameter(request, "StackName")
    stack = find_stack(name) if name else None
    return handle({**request, "StackName": stack["StackName"]} if stack else request)
