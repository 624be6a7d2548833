"""Refuses an API call to a function that gave the API no `Lambda::Permission`.

AWS: API Gateway asks the function's policy, and answers 500 if that does not let it call the function.
    Source: Lambda developer guide, "Invoking a Lambda function using an Amazon API Gateway endpoint".
ministack: calls the function without asking.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from aws import rights, scope
from registry import calls, replaces

GATEWAY = "services.apigateway_v1"

function_of = calls(GATEWAY, "_extract_lambda_ref_from_integration_uri", "(uri)")
gateway_error = calls(GATEWAY, "_gw_error", "(response_type, message)")
arn_of_method = calls("core.arn", "execute_api_arn", "(region, account_id, api_id, stage, method, path)")
policy_of_function = calls("services.lambda_svc", "function_policy_for_arn", "(resource_arn)")

log = logging.getLogger("launcher")


@replaces(
    GATEWAY, "_invoke_lambda_proxy_v1",
    "(integration, api_id, stage_name, stage, resource, request_path, method, headers, body, query_params, "
    "path_params, *, owner_account_id=None, owner_region=None, binary_media_types=None, authorizer_context=None, "
    "caller_identity=None)",
)
async def invoke_if_permitted(
    invoke: Callable[..., Any], integration: dict[str, Any], api: str, stage: str, record: Any,
    resource: dict[str, Any], path: str, method: str, *rest: Any, **scope_of_api: Any,
) -> Any:
    """Asks the function before the API calls it."""
    function = function_of(integration.get("uri", ""))
    owner = scope_of_api["owner_region"], scope_of_api["owner_account_id"]
    source = arn_of_method(*owner, api, stage, method, resource["path"])
    if may_call(function, source):
        return await invoke(integration, api, stage, record, resource, path, method, *rest, **scope_of_api)
    log.warning("%s may not call %s: invalid permissions on Lambda function", source, function)
    return gateway_error("API_CONFIGURATION_ERROR", "Internal server error")


def may_call(function: str, source: str) -> bool:
    """Whether the function's own policy lets API Gateway call it for this method of an API."""
    policy = policy_of_function(function)
    if policy is None:
        return True  # There is no such function: ministack reports that better.
    context = rights.request_context(
        "", "Service", scope.account(), "lambda:InvokeFunction", function, source.split(":")[3],
        service_context={"aws:sourcearn": source, "aws:sourceaccount": scope.account()},
    )
    decision = rights.evaluate_policy(policy[0], context, service="apigateway.amazonaws.com")
    return bool(decision.decision == "Allow")
