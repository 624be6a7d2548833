"""Gives a connection an id, a managed secret and a while to authorize, and checks what it is given.

AWS: a connection has an id in its ARN and a secret that EventBridge manages, is authorized after a while, shows no
    secret, completes an update with what it leaves out, and is without its parameters once it is de-authorized.
    Source: EventBridge user guide, "Connections for API targets in Amazon EventBridge"; EventBridge API
    reference, "CreateConnection", "UpdateConnection" and "DescribeConnection".
ministack: has neither id nor secret, is authorized at once, shows the secret parameters, and takes any text.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

from aws.connection_parameters import connection_problem, incomplete_update, is_complete, merged, without_secrets
from aws.connections import (
    EVENTS,
    SECRETS,
    connections,
    deauthorize,
    delete_secret,
    new_connection_secret,
    settled_connection,
)
from registry import calls, replaces

Request = dict[str, Any]
Answer = tuple[int, Any, bytes]
Handler = Callable[[Request], Answer]

put_secret = calls(SECRETS, "put_secret_value_in_process", "(secret_id, secret_string)")


@replaces(EVENTS, "_create_connection", "(data)")
def create_connection(create: Handler, request: Request) -> Answer:
    """Makes a connection with an id and a secret."""
    problem: Answer | None = connection_problem(request)
    if problem:
        return problem
    status, headers, body = create(request)
    if status >= 400:
        return status, headers, body
    record = connections()[request["Name"]]
    record["ConnectionArn"] += f"/{uuid.uuid4()}"
    record["SecretArn"] = new_connection_secret(record)
    return status, headers, with_members(body, ConnectionArn=record["ConnectionArn"])


@replaces(EVENTS, "_update_connection", "(data)")
def update_connection(update: Handler, request: Request) -> Answer:
    """Completes what an update gives, and authorizes again."""
    record = connections().get(request.get("Name")) or {}
    problem: Answer | None = connection_problem(request)
    if problem:
        return problem
    if "AuthParameters" in request or "AuthorizationType" in request:
        known = record if request.get("AuthorizationType") == record.get("AuthorizationType") else {}
        parameters = merged(known.get("AuthParameters", {}), request.get("AuthParameters", {}))
        if not is_complete(request.get("AuthorizationType"), parameters):
            refused: Answer = incomplete_update()
            return refused
        request = {**request, "AuthParameters": parameters}
    status, headers, body = update(request)
    if status >= 400 or "AuthParameters" not in request:
        return status, headers, body
    record["ConnectionState"] = "AUTHORIZING"
    record.pop("StateReason", None)
    # What de-authorized the connection has taken its secret away.
    if not put_secret(record["SecretArn"], json.dumps(record["AuthParameters"])):
        record["SecretArn"] = new_connection_secret(record)
    return status, headers, with_members(body, ConnectionState="AUTHORIZING")


@replaces(EVENTS, "_deauthorize_connection", "(data)")
def deauthorize_connection(remove: Handler, request: Request) -> Answer:
    """Takes the secret away as well, and takes a while."""
    status, headers, body = remove(request)
    if status >= 400:
        return status, headers, body
    reason = "The authorization parameters were removed by a DeauthorizeConnection operation."
    deauthorize(connections()[request["Name"]], reason)
    return status, headers, with_members(body, ConnectionState="DEAUTHORIZING")


@replaces(EVENTS, "_delete_connection", "(data)")
def delete_connection(delete: Handler, request: Request) -> Answer:
    """Deletes the secret as well."""
    record = connections().get(request.get("Name")) or {}
    delete_secret(record.get("SecretArn"))
    return delete(request)


@replaces(EVENTS, "_describe_connection", "(data)")
def describe_connection(describe: Handler, request: Request) -> Answer:
    """Shows the state that a connection has by now, and no secret."""
    record = settled_connection(request.get("Name"))
    status, headers, body = describe(request)
    if record is None:
        return status, headers, body
    return status, headers, with_members(body, AuthParameters=without_secrets(record["AuthParameters"]))


@replaces(EVENTS, "_list_connections", "(data)")
def list_connections(list_all: Handler, request: Request) -> Answer:
    """Lists connections in the states that they have by now."""
    for name in connections():
        settled_connection(name)
    return list_all(request)


def with_members(body: bytes, **members: Any) -> bytes:
    """An answer with these members in the place of its own."""
    return json.dumps({**json.loads(body), **members}).encode()
