"""Refuses a resource policy of an API above the quota, and keeps one that the template has lost.

AWS: a resource policy has up to 8,192 characters, and CloudFormation leaves the policy of an API as it was if the new
    template has none.
    Source: API Gateway developer guide, "Quotas for configuring and running a REST API".
ministack: takes a policy of any length, and drops one that the template has lost.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from aws import scope
from aws.stacks import CREATE, UPDATE, Created, Properties, refusal, replaces_handler

API_POLICY_CHARACTERS = 8192
REST_API = "AWS::ApiGateway::RestApi"


@replaces_handler(REST_API, "create", CREATE)
def create_api(create: Callable[..., Created], logical_id: str, properties: Properties, stack: str) -> Created:
    """Checks the policy of a new API."""
    check_api_policy(properties)
    return create(logical_id, properties, stack)


@replaces_handler(REST_API, "update", UPDATE)
def update_api(
    update: Callable[..., Created], api: str, old: Properties, new: Properties, stack: str,
    logical_id: str | None = None,
) -> Created:
    """Checks the policy of an API, and keeps the old one in place of none."""
    check_api_policy(new)
    if "Policy" in old and "Policy" not in new:
        new = {**new, "Policy": old["Policy"]}
    return update(api, old, new, stack, logical_id)


def check_api_policy(properties: Properties) -> None:
    """Raises if the policy, with the ARN of its API written out, is longer than API Gateway takes."""
    policy = properties.get("Policy")
    if policy is None:
        return
    text = policy if isinstance(policy, str) else json.dumps(policy, separators=(",", ":"))
    prefix = f"arn:aws:execute-api:{scope.region()}:{scope.account()}:{'x' * 10}/"
    length = len(text.replace('"execute-api:/', f'"{prefix}'))
    if length > API_POLICY_CHARACTERS:
        text = f"Invalid policy document: {length} characters exceed the limit of {API_POLICY_CHARACTERS}"
        raise refusal("ApiGateway", 400, text)
