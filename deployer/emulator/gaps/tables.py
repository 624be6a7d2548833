"""Gives a table the time to live and the backups that the template asks for, and a name of its own.

AWS: both are settings of the table, and the attribute that ends items cannot change while it is in use. The name is
    new for each stack, so that a table which an earlier one has left is not taken over.
    Source: CloudFormation template reference, "AWS::DynamoDB::Table"; DynamoDB API reference, "UpdateTimeToLive".
ministack: loses both settings, and gives a table of the next stack of a name the same name.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from aws.stacks import (
    CREATE,
    DELETE,
    PROVISIONERS,
    UPDATE,
    Created,
    Properties,
    checked,
    is_true,
    refusal,
    replaces_handler,
)
from registry import calls, reads

TABLE = "AWS::DynamoDB::Table"
DYNAMODB = "services.dynamodb"

name_seed = reads(PROVISIONERS, "_NAME_SEED", "ContextVar")
expiry_settings = reads(DYNAMODB, "_ttl_settings", "AccountRegionScopedDict")
backup_settings = reads(DYNAMODB, "_pitr_settings", "AccountRegionScopedDict")
update_expiry = calls(DYNAMODB, "_update_ttl", "(data)")
update_backups = calls(DYNAMODB, "_update_continuous_backups", "(data)")


@replaces_handler(TABLE, "create", CREATE)
def create_table(create: Callable[..., Created], logical_id: str, properties: Properties, stack: str) -> Created:
    """Makes a table under a new name, with its settings."""
    if "TableName" not in properties and not name_seed().get():
        # It stays with the resource, as it does for buckets; updates bring it back.
        name_seed().set(uuid.uuid4().hex[:8])
    return with_settings(create(logical_id, properties, stack), properties)


@replaces_handler(TABLE, "update", UPDATE)
def update_table(
    update: Callable[..., Created], table: str, old: Properties, new: Properties, stack: str,
    logical_id: str | None = None,
) -> Created:
    """Changes a table and its settings."""
    before, after = (entry.get("TimeToLiveSpecification") or {} for entry in (old, new))
    made = update(table, old, new, stack, logical_id)
    both = is_true(before.get("Enabled")) and is_true(after.get("Enabled"))
    if made[0] == table and both and before["AttributeName"] != after["AttributeName"]:
        active = f"current AttributeName is {before['AttributeName']}"
        raise refusal("DynamoDb", 400, f"TimeToLive is active on a different AttributeName: {active}")
    return with_settings(made, new)


@replaces_handler(TABLE, "delete", DELETE)
def delete_table(delete: Callable[..., None], table: str, properties: Properties) -> None:
    """Forgets the settings of a deleted table."""
    delete(table, properties)
    expiry_settings().pop(table, None)
    backup_settings().pop(table, None)


def with_settings(made: Created, properties: Properties) -> Created:
    """Keeps the settings of a table that was made."""
    name, expiry = {"TableName": made[0]}, properties.get("TimeToLiveSpecification")
    expiry_settings().pop(made[0], None)
    if expiry:
        enabled = {**expiry, "Enabled": is_true(expiry.get("Enabled"))}
        checked("DynamoDb", update_expiry({**name, "TimeToLiveSpecification": enabled}))
    recovery = properties.get("PointInTimeRecoverySpecification") or {}
    enabled = {"PointInTimeRecoveryEnabled": is_true(recovery.get("PointInTimeRecoveryEnabled"))}
    update_backups({**name, "PointInTimeRecoverySpecification": enabled})
    return made
