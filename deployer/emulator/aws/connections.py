"""The connections of EventBridge as AWS keeps them: each with a state and a managed secret."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

from aws import scope
from registry import calls, reads

EVENTS = "services.eventbridge"
SECRETS = "services.secretsmanager"

# AWS takes longer; long enough to show a workflow that does not wait for it.
SECONDS_TO_AUTHORIZE = 0.3
SECONDS_TO_DEAUTHORIZE = 0.3

# What the maker or updater of a connection must be allowed on the secret that EventBridge keeps for it.
# Source: EventBridge user guide, "Authorization methods for connections", which names the managed policy
# AmazonEventBridgeFullAccess; the schema of AWS::Events::Connection lists all but the deletion.
CONNECTION_SECRET_RIGHTS = ("CreateSecret", "DeleteSecret", "GetSecretValue", "PutSecretValue", "UpdateSecret")

connections = reads(EVENTS, "_connections", "AccountRegionScopedDict")
create_secret = calls(SECRETS, "create_secret_in_process", "(name, secret_string, description='')")
delete_secret = calls(SECRETS, "delete_secret_in_process", "(secret_id)")


def new_connection_secret(record: dict[str, Any]) -> str:
    """The ARN of a new secret for the connection's parameters; its id is not that of the connection."""
    name = f"events!connection/{record['Name']}/{uuid.uuid4()}"
    arn: str = create_secret(name, json.dumps(record["AuthParameters"]))
    return arn


def deauthorize(record: dict[str, Any], reason: str) -> None:
    """Takes a connection's parameters and its secret away; only an update with new ones makes it usable again."""
    delete_secret(record["SecretArn"])
    record.update(
        AuthParameters={}, ConnectionState="DEAUTHORIZING", LastModifiedTime=time.time(), StateReason=reason
    )


def settled_connection(name: str | None) -> dict[str, Any] | None:
    """The connection of this name, in the state that it has by now."""
    record: dict[str, Any] | None = connections().get(name)
    for passing, settled, seconds in (
        ("AUTHORIZING", "AUTHORIZED", SECONDS_TO_AUTHORIZE),
        ("DEAUTHORIZING", "DEAUTHORIZED", SECONDS_TO_DEAUTHORIZE),
    ):
        if record and record["ConnectionState"] == passing:
            if time.time() - record["LastModifiedTime"] >= seconds:
                record["ConnectionState"] = settled
    return record


def connection_secret_rights(name: str) -> Iterator[tuple[str, str]]:
    """The rights on a connection's secret, each with its ARN; that of a secret still to be made is new."""
    prefix = f"arn:aws:secretsmanager:{scope.region()}:{scope.account()}:secret"
    new = f"{prefix}:events!connection/{name}/{uuid.uuid4()}-AbCdEf"
    record = connections().get(name) or {}
    for right in CONNECTION_SECRET_RIGHTS:
        is_new = right == "CreateSecret" or "SecretArn" not in record
        yield f"secretsmanager:{right}", new if is_new else record["SecretArn"]
