"""Fails a mapping whose function's role may not take messages from the queue.

AWS: Lambda polls the queue as the function's role, and makes no mapping for a role without the rights to do so.
    Source: Lambda developer guide, "Creating and configuring an Amazon SQS event source mapping".
ministack: makes the mapping and polls without asking.
"""

from __future__ import annotations

from collections.abc import Callable

from aws.rights import role_allows
from aws.stacks import CREATE, UPDATE_WITHOUT_ID, Created, Properties, refusal, replaces_handler
from registry import calls, reads

MAPPING = "AWS::Lambda::EventSourceMapping"

functions = reads("services.lambda_svc", "_functions", "AccountRegionScopedDict")
name_of = calls("services.lambda_svc", "_resolve_name", "(name_or_arn)")


@replaces_handler(MAPPING, "create", CREATE)
def create_mapping(create: Callable[..., Created], logical_id: str, properties: Properties, stack: str) -> Created:
    """Checks a new mapping."""
    check_poller(properties)
    return create(logical_id, properties, stack)


@replaces_handler(MAPPING, "update", UPDATE_WITHOUT_ID)
def update_mapping(
    update: Callable[..., Created], mapping: str, old: Properties, new: Properties, stack: str
) -> Created:
    """Checks a changed mapping."""
    check_poller(new)
    return update(mapping, old, new, stack)


def check_poller(properties: Properties) -> None:
    """Raises if the role of the mapped function lacks a right that polling its queue takes."""
    source = properties.get("EventSourceArn", "")
    function = functions().get(name_of(properties.get("FunctionName", "")))
    if not source.startswith("arn:aws:sqs:") or function is None:
        return
    for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
        if not role_allows(function["config"]["Role"], f"sqs:{action}", source):
            text = f"The provided execution role does not have permissions to call {action} on SQS"
            raise refusal("Lambda", 400, text)
