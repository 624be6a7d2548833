"""Fails an `aws-sdk` task whose machine's role may not make the call.

AWS: Step Functions calls a service as the machine's role.
    Source: Step Functions developer guide, "How Step Functions generates IAM policies for integrated services".
ministack: calls it without asking. This covers the services that speak JSON, among them Secrets Manager and
    EventBridge.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from aws import scope
from aws.connections import connection_secret_rights, connections
from aws.machines import MACHINES, failed_task, task_denial
from registry import calls, replaces

ACTIONS = "core.iam_actions"

request_of = calls(MACHINES, "_sdk_json_params", "(service_info, service_key, action, input_data)")
with_prefix = calls(MACHINES, "_prefix_sdk_error", "(service_name, error_code)")
action_of = calls(ACTIONS, "extract_iam_action", "(service, method, path, headers, body, query_params)")
resource_of = calls(
    ACTIONS, "extract_resource_arn", "(service, method, path, headers, body, query_params, region, account_id)"
)


@replaces(MACHINES, "_dispatch_aws_sdk_json", "(service_info, service_name, action, input_data)")
def dispatch_if_permitted(
    dispatch: Callable[..., Any], info: dict[str, str], service: str, action: str, given: Any
) -> Any:
    """Asks for the rights of the machine's role before the call."""
    name = action[0].upper() + action[1:]
    request = request_of(info, info.get("service_key", service), name, given)
    for right, resources in rights_of_call(info, service, name, request):
        denial = task_denial(right, *resources)
        if denial:
            raise failed_task(denied_error(service), denial)
    return dispatch(info, service, action, given)


def denied_error(service: str) -> str:
    """The error of a refused call: a service without an exception for it throws its general one."""
    if service == "eventbridge":
        return str(with_prefix(service, "AccessDeniedException"))
    general = with_prefix(service, "").rstrip(".")
    return f"{general}.{general}Exception"


def rights_of_call(
    info: dict[str, str], service: str, action: str, request: dict[str, Any]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The rights that a call takes, each with the ARNs that its resource goes by."""
    if service == "eventbridge" and action.endswith("Connection"):
        yield from rights_of_connection(action, request.get("Name", ""))
        return
    key, headers = info.get("service_key", service), {"x-amz-target": f"{info['target_prefix']}.{action}"}
    call: tuple[Any, ...] = (key, "POST", "/", headers, json.dumps(request).encode(), {})
    right = action_of(*call)
    if right is not None:
        yield right, (resource_of(*call, scope.region(), scope.account()),)


def rights_of_connection(action: str, name: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The rights on a connection, and on the secret that EventBridge keeps for it."""
    short = f"arn:aws:events:{scope.region()}:{scope.account()}:connection/{name}"
    record = connections().get(name)
    yield f"events:{action}", (short, record["ConnectionArn"]) if record else (short,)
    if action in ("CreateConnection", "UpdateConnection"):
        yield from ((right, (secret,)) for right, secret in connection_secret_rights(name))
