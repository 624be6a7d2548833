"""Lets a policy name its own user in a resource.

AWS: `${aws:username}` in a policy stands for the name of the user who makes the request.
    Source: IAM user guide, "IAM policy elements: Variables and tags".
ministack: takes it for text.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from registry import replaces

USERNAME = "${aws:username}"


@replaces("core.iam_evaluator", "evaluate", "(ctx, policies, *limits)")
def evaluate_by_name(evaluate: Callable[..., Any], context: Any, *layers: Any) -> Any:
    """Writes the name of the caller into the policies."""
    user = context.principal_arn.rsplit("/", 1)[-1]
    return evaluate(context, *([named_by(user, policy) for policy in layer] for layer in layers))


def named_by(user: str, policy: list[Any]) -> list[Any]:
    """The statements of a policy with the caller's name in place of IAM's variable for it."""
    if not any(USERNAME in resource for statement in policy for resource in statement.resources):
        return policy
    return [
        dataclasses.replace(statement, resources=[name.replace(USERNAME, user) for name in statement.resources])
        for statement in policy
    ]
