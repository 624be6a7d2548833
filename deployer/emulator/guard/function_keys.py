"""Gives the session of a function's role a secret that cannot be computed.

AWS: a function gets temporary keys of its role that cannot be computed.
    Source: Lambda developer guide, "Defining Lambda function permissions with an execution role".
ministack: derives them from the names of the function and its role, which are no secrets. Here they stay the same
    as long as this process runs, since all workers of a function share one session.
    Issue: https://github.com/ministackorg/ministack/pull/1683
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Any

from registry import calls, replaces

RUNTIME = "core.lambda_runtime"
SALT = secrets.token_bytes(32)

scope_of = calls(RUNTIME, "_account_region_from_function_config", "(config)")
register_session = calls("services.sts", "register_session", "(access_key, session)")


@replaces(RUNTIME, "execution_credentials", "(config)", everywhere=True)
def execution_credentials(_credentials: Callable[..., dict[str, str]], config: dict[str, Any]) -> dict[str, str]:
    """The keys of a function, whose session ministack knows by then."""
    account, _ = scope_of(config)
    function, role = config.get("FunctionArn", ""), config.get("Role", "")
    role_name, session = role.rsplit("/", 1)[-1], config.get("FunctionName", "function")[:64]
    access_key = f"ASIA{derived('key', function, role)[:16].upper()}"
    secret, token = derived("secret", function, role), derived("token", function, role)
    register_session(access_key, {
        "Arn": f"arn:aws:sts::{account}:assumed-role/{role_name}/{session}",
        "UserId": f"{role_name}:{session}", "SecretAccessKey": secret, "SessionToken": token,
    })
    return {
        "AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token,
    }


def derived(*parts: str) -> str:
    """What only this process makes of these parts."""
    return hmac.new(SALT, "\n".join(parts).encode(), hashlib.sha256).hexdigest()
