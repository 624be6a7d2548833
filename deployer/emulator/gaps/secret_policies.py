"""Adds `AWS::SecretsManager::ResourcePolicy`.

AWS: attaches a resource policy to a secret, whose ARN is the `Ref`.
    Source: CloudFormation template reference, "AWS::SecretsManager::ResourcePolicy".
ministack: does not know the type.
"""

from __future__ import annotations

import json

from aws.connections import SECRETS
from aws.stacks import Created, Properties, adds_handler, checked
from registry import calls

POLICY = "AWS::SecretsManager::ResourcePolicy"

put_policy = calls(SECRETS, "_put_resource_policy", "(data)")
remove_policy = calls(SECRETS, "_delete_resource_policy", "(data)")


@adds_handler(POLICY, "create")
def create_policy(_logical_id: str, properties: Properties, _stack: str) -> Created:
    """Attaches a policy."""
    return attached(properties), {}


@adds_handler(POLICY, "update")
def update_policy(_arn: str, _old: Properties, new: Properties, _stack: str) -> Created:
    """Attaches another one in its place."""
    return attached(new), {}


@adds_handler(POLICY, "delete")
def delete_policy(arn: str, _properties: Properties) -> None:
    """Detaches it."""
    remove_policy({"SecretId": arn})


def attached(properties: Properties) -> str:
    """Puts the policy to its secret, and returns the ARN of that."""
    policy = properties["ResourcePolicy"]
    document = policy if isinstance(policy, str) else json.dumps(policy)
    request = {"SecretId": properties["SecretId"], "ResourcePolicy": document}
    arn: str = checked("SecretsManager", put_policy(request))["ARN"]
    return arn
