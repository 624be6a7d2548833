"""Fails a function without readable code or with too many variables, and ends the processes of a deleted one.

AWS: the code must be an archive in the bucket that the template names, and the variables may have 4 KB together.
    Source: Lambda developer guide, "Lambda quotas"; Lambda API reference, "CreateFunction".
ministack: makes a function without code, takes any number of variables, and leaves the processes of a deleted
    function running.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from aws.stacks import CREATE, DELETE, UPDATE, Created, Properties, checked, refusal, replaces_handler
from registry import calls

FUNCTION = "AWS::Lambda::Function"
LAMBDA = "services.lambda_svc"
VARIABLES_BYTES = 4096

fetch_code = calls(LAMBDA, "_fetch_code_from_s3", "(bucket, key, version_id=None)")
unreadable = calls(LAMBDA, "_reject_unreadable_zip", "(zip_data)")
end_workers = calls(LAMBDA, "invalidate_worker", "(func_name, qualifier=None, account=None, region=None)")


@replaces_handler(FUNCTION, "create", CREATE)
def create_function(create: Callable[..., Created], logical_id: str, properties: Properties, stack: str) -> Created:
    """Checks a new function."""
    check_code(properties.get("Code", {}))
    check_variables(properties)
    return create(logical_id, properties, stack)


@replaces_handler(FUNCTION, "update", UPDATE)
def update_function(
    update: Callable[..., Created], name: str, old: Properties, new: Properties, stack: str,
    logical_id: str | None = None,
) -> Created:
    """Checks a changed function."""
    if new.get("Code") != old.get("Code"):
        check_code(new.get("Code", {}))
    check_variables(new)
    return update(name, old, new, stack, logical_id)


@replaces_handler(FUNCTION, "delete", DELETE)
def delete_function(delete: Callable[..., None], name: str, properties: Properties) -> None:
    """Ends the processes as well."""
    delete(name, properties)
    end_workers(name)


def check_variables(properties: Properties) -> None:
    """Raises if the environment is larger than AWS takes, names and values together."""
    variables = (properties.get("Environment") or {}).get("Variables") or {}
    if len(json.dumps(variables, ensure_ascii=False).encode()) > VARIABLES_BYTES:
        raise refusal(
            "Lambda", 400, "Lambda was unable to configure your environment variables because the "
            "environment variables you have provided exceeded the 4KB limit."
        )


def check_code(code: dict[str, str]) -> None:
    """Raises if the code is said to be in a bucket and is not there or is no archive."""
    if "S3Key" not in code:
        return
    archive = fetch_code(code["S3Bucket"], code["S3Key"], code.get("S3ObjectVersion"))
    if archive is None:
        raise refusal(
            "Lambda", 400,
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. "
            "S3 Error Message: The specified key does not exist.",
        )
    checked("Lambda", unreadable(archive) or (200, {}, b""))
