"""Fails the deletion of a bucket that still holds an object or an old version.

AWS: CloudFormation deletes empty buckets only.
    Source: CloudFormation template reference, "AWS::S3::Bucket".
ministack: deletes a bucket of a stack with all that it holds.
"""

from __future__ import annotations

from collections.abc import Callable

from aws.stacks import DELETE, Properties, refusal, replaces_handler
from registry import calls

delete_empty = calls("services.s3", "_delete_bucket", "(name)")


@replaces_handler("AWS::S3::Bucket", "delete", DELETE)
def delete_bucket(delete: Callable[..., None], name: str, properties: Properties) -> None:
    """Lets S3 delete the bucket first, which refuses one that holds something."""
    status, _, _ = delete_empty(name)
    if status == 409:
        raise refusal("S3", status, "The bucket you tried to delete is not empty")
    delete(name, properties)
