"""Answers of a topic of another account as if it were closed, and fails a subscription to none.

AWS: SNS does not reveal to an account whether another one has a topic.
    Source: SNS API reference, "Subscribe"; IAM user guide, "Cross-account policy evaluation logic".
ministack: answers that there is no such topic, and makes a subscription to none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws import scope
from aws.stacks import CREATE, Created, Properties, refusal, replaces_handler
from registry import calls, reads, replaces

SNS = "services.sns"

topics = reads(SNS, "_topics", "AccountRegionScopedDict")
denied = calls(SNS, "_enforce_topic_policy", "(topic, iam_action)")
error = calls(SNS, "_error", "(code, message, status)")


@replaces(SNS, "_get_topic", "(topic_arn, action=None)")
def get_topic(get: Callable[..., Any], arn: str, action: str | None = None) -> Any:
    """Answers that the caller is not authorized, in place of that there is nothing."""
    found = get(arn, action)
    if found[0] is None and action and is_of_another_account(arn):
        return None, error("AuthorizationError", closed_text(arn, action), 403)
    return found


@replaces_handler("AWS::SNS::Subscription", "create", CREATE)
def create_subscription(
    create: Callable[..., Created], logical_id: str, properties: Properties, stack: str
) -> Created:
    """Subscribes to a topic that is there and open."""
    arn = properties.get("TopicArn", "")
    region, account = arn.split(":")[3:5]
    topic = topics().get_scoped(account, region, arn)
    if topic is None and is_of_another_account(arn):
        raise refusal("Sns", 403, closed_text(arn, "sns:Subscribe"))
    if topic is None:
        raise refusal("Sns", 404, "Topic does not exist")
    if is_of_another_account(arn) and denied(topic, "sns:Subscribe"):
        raise refusal("Sns", 403, closed_text(arn, "sns:Subscribe"))
    return create(logical_id, properties, stack)


def is_of_another_account(arn: str) -> bool:
    """Whether the ARN names another account than the caller's."""
    return arn.split(":")[4:5] != [scope.account()]


def closed_text(arn: str, action: str) -> str:
    """What SNS says of a call for a topic that the caller may not know of."""
    name = f"{action.upper()[:3]}{action[3:]}"
    return (
        f"User: arn:aws:iam::{scope.account()}:root is not authorized to perform: {name} on "
        f"resource: {arn} because no resource-based policy allows the {name} action"
    )
