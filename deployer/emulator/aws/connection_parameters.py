"""What the parameters of a connection may hold, and what AWS shows of them."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

CONNECTION_NAME = re.compile(r"[.\-_A-Za-z0-9]{1,64}")

# What a header may carry: neither control characters, except tabs, nor a colon.
HEADER_TEXT = re.compile(r"[^\x00-\x08\x0a-\x1f:\x7f]{1,512}")

# The members of a connection's parameters that end up in a header, and whether they are secret.
HEADER_MEMBERS = {
    "ApiKeyAuthParameters": {"ApiKeyName": False, "ApiKeyValue": True},
    "BasicAuthParameters": {"Username": False, "Password": True},
}

# The parameters that a kind of authorization takes.
AUTH_MEMBERS = {
    "API_KEY": "ApiKeyAuthParameters", "BASIC": "BasicAuthParameters", "OAUTH_CLIENT_CREDENTIALS": "OAuthParameters",
}


def connection_problem(request: dict[str, Any]) -> Any:
    """The refusal of a name, user, password or key that AWS does not take."""
    wrong = [] if CONNECTION_NAME.fullmatch(request.get("Name") or "") else ["name"]
    for group, members in HEADER_MEMBERS.items():
        given = (request.get("AuthParameters") or {}).get(group) or {}
        for member in members.keys() & given.keys():
            text = str(given[member])
            if not HEADER_TEXT.fullmatch(text) or not text.strip():
                wrong.append(f"authParameters.{group}.{member}")
    if not wrong:
        return None
    # The value itself is a secret and stays out of the message.
    text = "; ".join(f"Value at '{name}' failed to satisfy constraint" for name in sorted(wrong))
    return validation_error(f"{len(wrong)} validation error(s): {text}")


def is_complete(kind: str | None, parameters: dict[str, Any]) -> bool:
    """Whether an update names a kind of authorization with all that this kind takes."""
    group = AUTH_MEMBERS.get(kind or "", "")
    return group in parameters and HEADER_MEMBERS.get(group, {}).keys() <= parameters[group].keys()


def incomplete_update() -> Any:
    """The refusal of an update that gives parameters without their kind, or too few of them."""
    return validation_error(
        "Failed to update the connection(s). At least one of the following is required: Description, "
        "KmsKeyIdentifier, AuthorizationType with BasicAuthParameters, ApiKeyAuthParameters, or OAuthParameters."
    )


def validation_error(text: str) -> Any:
    """EventBridge's answer to a request that makes no sense."""
    body = {"__type": "ValidationException", "message": text}
    return 400, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(body).encode()


def merged(known: Any, given: Any) -> Any:
    """What an update gives, completed with what it leaves out."""
    if not isinstance(known, dict) or not isinstance(given, dict):
        return given
    return {**known, **{name: merged(known.get(name), value) for name, value in given.items()}}


def without_secrets(parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a connection as AWS describes them."""
    shown = copy.deepcopy(parameters)
    for group, members in HEADER_MEMBERS.items():
        for member, secret in members.items():
            if secret:
                shown.get(group, {}).pop(member, None)
    client = shown.get("OAuthParameters", {})
    client.get("ClientParameters", {}).pop("ClientSecret", None)
    for extra in (shown.get("InvocationHttpParameters", {}), client.get("OAuthHttpParameters", {})):
        for parameter in (entry for entries in extra.values() for entry in entries):
            if parameter.get("IsValueSecret"):
                parameter.pop("Value", None)
    return shown
