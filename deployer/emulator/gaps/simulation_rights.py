"""Demands of the caller of a simulation the right to simulate the user or role that it is about.

AWS: `iam:SimulatePrincipalPolicy` is granted on the simulated user, group or role.
    Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Identity and Access
    Management".
ministack: asks for it on `*`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from registry import replaces


@replaces(
    "core.iam_actions", "extract_resource_arn",
    "(service, method, path, headers, body, query_params, region, account_id)",
)
def find_resource(
    find: Callable[..., str], service: str, method: str, path: str, headers: Any, body: bytes, query: Any, *rest: Any
) -> str:
    """Takes a simulation for a call about the one whose policies are simulated."""
    found = find(service, method, path, headers, body, query, *rest)
    if service == "iam" and found == "*":
        simulated = (query or {}).get("PolicySourceArn") or [found]
        return str(simulated[0])
    return found
