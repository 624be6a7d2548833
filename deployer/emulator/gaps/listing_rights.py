"""Demands of a caller who lists all stacks the right that AWS demands, on the right resource.

AWS: `DescribeStacks` without a name takes `cloudformation:ListStacks` as well, on the ARN of all stacks.
    Source: CloudFormation API reference, "DescribeStacks"; Service Authorization Reference, "Actions, resources, and
    condition keys for AWS CloudFormation".
ministack: asks for `DescribeStacks` only, on `*`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws import scope
from aws.callers import CALLER
from aws.change_sets import Answer, Handler, Request, error, parameter, replaces_action
from registry import calls, replaces

enforce = calls(
    "core.iam_evaluator", "enforce",
    "(access_key_id, iam_action, service, region, resource_arn='*', service_context=None)",
)


@replaces(
    "core.iam_actions", "extract_resource_arn",
    "(service, method, path, headers, body, query_params, region, account_id)",
)
def find_resource(find: Callable[..., str], service: str, *rest: Any) -> str:
    """Takes a call of CloudFormation without a stack for one about all stacks."""
    found = find(service, *rest)
    return all_stacks() if service == "cloudformation" and found == "*" else found


@replaces_action("DescribeStacks")
def describe_stacks(describe: Handler, request: Request) -> Answer:
    """Asks for the second right of a caller that names no stack."""
    if not parameter(request, "StackName") and CALLER.get():
        action = "cloudformation:ListStacks"
        denied = enforce(CALLER.get(), action, "cloudformation", scope.region(), all_stacks())
        if denied is not None:
            text = f"User: {denied.principal_arn} is not authorized to perform: {action}"
            refused: Answer = error("AccessDenied", text, 403)
            return refused
    return describe(request)


def all_stacks() -> str:
    """The ARN of all stacks."""
    return f"arn:aws:cloudformation:{scope.region()}:{scope.account()}:stack/*/*"
