"""Takes what a distribution leaves out as AWS does: GET and HEAD only, and a bucket for an origin.

AWS: a behavior without `AllowedMethods` takes GET and HEAD, and an origin with an empty `S3OriginConfig` is a bucket.
    Source: CloudFormation template reference, "AWS::CloudFront::Distribution CacheBehavior" and "... Origin".
ministack: takes every method, and takes an origin with an empty `S3OriginConfig` for a web server.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from registry import calls, replaces

find_element = calls("services.cloudfront", "_find", "(el, tag)")
bucket_of = calls("services.cloudfront", "_s3_origin_bucket", "(domain_name)")


@replaces("services.cloudfront", "_dataplane_origin", "(origin_el)")
def read_origin(read: Callable[[Any], dict[str, Any]], element: Any) -> dict[str, Any]:
    """Looks for a bucket behind every origin that is not said to be a web server."""
    origin = read(element)
    if find_element(element, "CustomOriginConfig") is None:
        origin["s3_bucket"] = bucket_of(origin["domain_name"])
    return origin


@replaces("services.cloudfront", "_dataplane_allowed_methods", "(behavior_el)")
def allowed_methods(allowed: Callable[[Any], list[str] | None], behavior: Any) -> list[str]:
    """The methods that a behavior allows, whether it says so or not."""
    return allowed(behavior) or ["GET", "HEAD"]
