"""Makes `Ref` of a secret its ARN, lets it have no value, and generates what was asked for.

AWS: `Ref` returns the ARN, a secret without a value has none until one is put, and `GenerateSecretString` makes one.
    Source: CloudFormation template reference, "AWS::SecretsManager::Secret".
ministack: `Ref` returns the name, a secret without a value has an empty one, and of what is asked of a generated one
    it knows the length and the excluded characters only.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from aws.connections import SECRETS
from aws.stacks import CREATE, DELETE, UPDATE, Created, Properties, checked, replaces_handler
from registry import calls

SECRET = "AWS::SecretsManager::Secret"

find_secret = calls(SECRETS, "_resolve", "(secret_id, *, use_arn_scope=False)")
random_password = calls(SECRETS, "_get_random_password", "(data)")


@replaces_handler(SECRET, "create", CREATE)
def create_secret(create: Callable[..., Created], logical_id: str, properties: Properties, stack: str) -> Created:
    """Makes a secret with the value that it is to have, or none."""
    properties = with_generated_value(properties)
    name, attributes = create(logical_id, properties, stack)
    if "SecretString" not in properties:
        _, secret = find_secret(name)
        secret["Versions"].clear()
    return attributes["Arn"], attributes


@replaces_handler(SECRET, "update", UPDATE)
def update_secret(
    update: Callable[..., Created], arn: str, old: Properties, new: Properties, stack: str,
    logical_id: str | None = None,
) -> Created:
    """Generates another value if another one is asked for."""
    if new.get("GenerateSecretString") != old.get("GenerateSecretString"):
        new = with_generated_value(new)
    name, _ = find_secret(arn)
    _, attributes = update(name, old, new, stack, logical_id)
    return attributes["Arn"], attributes


@replaces_handler(SECRET, "delete", DELETE)
def delete_secret(delete: Callable[..., None], arn: str, properties: Properties) -> None:
    """Deletes a secret by its ARN."""
    name, _ = find_secret(arn)
    if name is not None:
        delete(name, properties)


def with_generated_value(properties: Properties) -> Properties:
    """The properties of a secret with the value that they ask to be generated."""
    properties = dict(properties)
    wish = properties.pop("GenerateSecretString", None)
    if wish is None:
        return properties
    value = checked("SecretsManager", random_password(wish))["RandomPassword"]
    if "SecretStringTemplate" in wish:
        fields = json.loads(wish["SecretStringTemplate"])
        value = json.dumps({**fields, wish["GenerateStringKey"]: value})
    return {**properties, "SecretString": value}
