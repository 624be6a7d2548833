"""Subscribes where the topic is, and delivers under the name that SNS has between the regions.

AWS: a subscription with `Region` is made in the region of its topic. SNS itself delivers from there to a queue
    elsewhere, or that of the opt-in region in between.
    Source: SNS developer guide, "Sending Amazon SNS messages to an Amazon SQS queue or AWS Lambda function in a
    different Region".
ministack: looks for the topic in the region of the stack, and delivers under the name of SNS in every case.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws import scope
from aws.stacks import CREATE, DELETE, UPDATE, Created, Properties, replaces_handler
from registry import replaces

SUBSCRIPTION = "AWS::SNS::Subscription"
# Every other region of the partition is an opt-in region.
# Source: Account Management guide, "Enable or disable AWS Regions in your account".
DEFAULT_REGIONS = frozenset((
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1",
    "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2",
    "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
))


@replaces_handler(SUBSCRIPTION, "create", CREATE)
def create_subscription(
    create: Callable[..., Created], logical_id: str, properties: Properties, stack: str
) -> Created:
    """Subscribes in the region of the topic."""
    with there(properties.get("Region")):
        return create(logical_id, properties, stack)


@replaces_handler(SUBSCRIPTION, "update", UPDATE)
def update_subscription(
    update: Callable[..., Created], arn: str, old: Properties, new: Properties, stack: str,
    logical_id: str | None = None,
) -> Created:
    """Changes a subscription there."""
    with there(new.get("Region")):
        return update(arn, old, new, stack, logical_id)


@replaces_handler(SUBSCRIPTION, "delete", DELETE)
def delete_subscription(delete: Callable[..., None], arn: str, properties: Properties) -> None:
    """Deletes a subscription there."""
    with there(properties.get("Region")):
        delete(arn, properties)


@replaces("services.sqs", "queue_policy_allows", "(queue_arn, service, source_arn, source_account)")
def queue_policy_allows(allows: Callable[..., bool], queue: str, service: str, source: str, account: str) -> bool:
    """Asks the queue whether it accepts deliveries from the region of the topic."""
    if service == "sns.amazonaws.com":
        service = sns_principal(source.split(":")[3], queue.split(":")[3])
    return bool(allows(queue, service, source, account))


def there(region: str | None) -> Any:
    """The scope of this account in a region, the own one if none is named."""
    return scope.in_scope(scope.account(), region or scope.region())


def sns_principal(topic: str, queue: str) -> str:
    """Who delivers from one region to another."""
    if topic == queue or {topic, queue} <= DEFAULT_REGIONS:
        return "sns.amazonaws.com"
    return f"sns.{topic if queue in DEFAULT_REGIONS else queue}.amazonaws.com"
