"""Takes a template from an address of S3 only, in each form that S3 has, and only in this region.

AWS: `TemplateURL` is the address of an object in a bucket of the region.
    Source: CloudFormation API reference, "CreateChangeSet"; Amazon S3 user guide, "Virtual hosting of general purpose
    buckets": the host may leave out the region. Here the emulator is S3 as well, and its own address is one.
ministack: takes the path of any address for bucket and key, and does not know the form with the bucket in the host.
"""

from __future__ import annotations

import os
import re
import urllib.parse

from aws import scope
from aws.change_sets import Answer, Handler, Request, error, parameter, replaces_action


@replaces_action("CreateChangeSet")
@replaces_action("CreateStack")
@replaces_action("UpdateStack")
@replaces_action("ValidateTemplate")
def with_path_style(answer: Handler, request: Request) -> Answer:
    """Gives ministack the address in the one form that it knows."""
    address = parameter(request, "TemplateURL")
    if not address:
        return answer(request)
    path = template_path(address, scope.region())
    if path is None:
        refused: Answer = error("ValidationError", "TemplateURL must be a supported URL.")
        return refused
    return answer({**request, "TemplateURL": [f"https://s3.amazonaws.com{path}"]})


def template_path(address: str, region: str) -> str | None:
    """Bucket and key of an address of S3 as a path; None if it is none of this region."""
    parts = urllib.parse.urlsplit(address)
    if f"{parts.scheme}://{parts.netloc}" == os.environ.get("AWS_ENDPOINT_URL"):
        return parts.path
    host = re.fullmatch(rf"(?:([a-z0-9.-]+)\.)?s3(?:[.-]{region})?\.amazonaws\.com", parts.netloc)
    if parts.scheme != "https" or host is None:
        return None
    return f"/{host[1]}{parts.path}" if host[1] else parts.path
