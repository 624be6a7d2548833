"""Keeps the permissions boundary that a template gives to a role.

AWS: a role may do what both its policies and its boundary allow, and the boundary must be a policy that is there.
    Source: IAM user guide, "Permissions boundaries for IAM entities".
ministack: loses the boundary of a template; it enforces one that its API has set.
    Issue: https://github.com/ministackorg/ministack/pull/1228
"""

from __future__ import annotations

from collections.abc import Callable

from aws.rights import roles
from aws.stacks import CREATE, UPDATE, Created, Properties, refusal, replaces_handler
from registry import calls

ROLE = "AWS::IAM::Role"

boundary_error = calls("services.iam", "_boundary_policy_error", "(arn)")


@replaces_handler(ROLE, "create", CREATE)
def create_role(create: Callable[..., Created], logical_id: str, properties: Properties, stack: str) -> Created:
    """Makes a role with its boundary."""
    check_boundary(properties)
    return with_boundary(create(logical_id, properties, stack), properties)


@replaces_handler(ROLE, "update", UPDATE)
def update_role(
    update: Callable[..., Created], role: str, old: Properties, new: Properties, stack: str,
    logical_id: str | None = None,
) -> Created:
    """Changes a role and its boundary."""
    check_boundary(new)
    return with_boundary(update(role, old, new, stack, logical_id), new)


def check_boundary(properties: Properties) -> None:
    """Raises if the boundary is no policy."""
    boundary = properties.get("PermissionsBoundary")
    if boundary and boundary_error(boundary):
        raise refusal("Iam", 404, f"Scope ARN: {boundary} does not exist or is not attachable.")


def with_boundary(made: Created, properties: Properties) -> Created:
    """Keeps the boundary of a role that was made."""
    roles()[made[0]]["PermissionsBoundary"] = properties.get("PermissionsBoundary")
    return made
