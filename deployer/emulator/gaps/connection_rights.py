"""Refuses a call that makes or updates a connection if the caller may not keep its secret.

AWS: EventBridge keeps the secret with the rights of the caller that makes or updates the connection.
    Source: EventBridge user guide, "Authorization methods for connections".
ministack: asks for the right on connections only, and for that on all of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from aws.connections import connection_secret_rights
from registry import replaces


@replaces(
    "core.iam_actions", "extract_resource_arn",
    "(service, method, path, headers, body, query_params, region, account_id)",
)
def resource_or_connection(
    resource_of: Callable[..., str], service: str, method: str, path: str, headers: Any, body: bytes, query: Any,
    region: str, account: str,
) -> str:
    """The connection that a call is about."""
    operation = str(headers.get("x-amz-target", "")).rpartition(".")[2]
    if service == "events" and operation.endswith("Connection"):
        return f"arn:aws:events:{region}:{account}:connection/{json.loads(body or b'{}').get('Name', '')}"
    return resource_of(service, method, path, headers, body, query, region, account)


@replaces(
    "core.iam_evaluator", "enforce",
    "(access_key_id, iam_action, service, region, resource_arn='*', service_context=None)",
)
def enforce_with_secret(
    enforce: Callable[..., Any], key: str, action: str, service: str, region: str, *rest: Any, **named: Any
) -> Any:
    """Asks for the rights on the secret as well."""
    denied = enforce(key, action, service, region, *rest, **named)
    if denied or action not in ("events:CreateConnection", "events:UpdateConnection"):
        return denied
    name = named.get("resource_arn", "").partition(":connection/")[2].partition("/")[0]
    for right, secret in connection_secret_rights(name):
        denied = denied or enforce(key, right, "secretsmanager", region, resource_arn=secret)
    return denied
