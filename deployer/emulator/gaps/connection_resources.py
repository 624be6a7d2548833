"""Adds `AWS::Events::Connection`.

AWS: makes connections from templates, with `Arn`, `ArnForPolicy` and `SecretArn` for their users.
    Source: CloudFormation template reference, "AWS::Events::Connection".
ministack: does not know the type.
"""

from __future__ import annotations

from aws.connections import EVENTS, connections
from aws.stacks import Created, Properties, adds_handler, checked, physical_name
from registry import calls

CONNECTION = "AWS::Events::Connection"

create = calls(EVENTS, "_create_connection", "(data)")
update = calls(EVENTS, "_update_connection", "(data)")
delete = calls(EVENTS, "_delete_connection", "(data)")


@adds_handler(CONNECTION, "create")
def create_connection(logical_id: str, properties: Properties, stack: str) -> Created:
    """Makes a connection."""
    name = properties.get("Name") or physical_name(stack, logical_id, max_len=64)
    checked("EventBridge", create({**properties, "Name": name}))
    return name, attributes(name)


@adds_handler(CONNECTION, "update")
def update_connection(name: str, _old: Properties, new: Properties, _stack: str) -> Created:
    """Changes it."""
    checked("EventBridge", update({**new, "Name": name}))
    return name, attributes(name)


@adds_handler(CONNECTION, "delete")
def delete_connection(name: str, _properties: Properties) -> None:
    """Deletes it."""
    delete({"Name": name})


def attributes(name: str) -> dict[str, str]:
    """What a template gets of a connection."""
    record = connections()[name]
    arn = record["ConnectionArn"]
    return {"Arn": arn, "ArnForPolicy": arn.rsplit("/", 1)[0], "SecretArn": record["SecretArn"]}
