"""Refuses to complete an upload with small parts.

AWS: each part but the last has at least 5 MiB.
    Source: Amazon S3 user guide, "Amazon S3 multipart upload limits".
ministack: takes parts of any size.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from registry import calls, reads, replaces

S3 = "services.s3"
MIN_PART_BYTES = 5 * 1024 * 1024

uploads = reads(S3, "_multipart_uploads", "AccountScopedDict")
error = calls(S3, "_error", "(code, message, status, resource='', extra=None, headers=None)")


@replaces(S3, "_complete_multipart_upload", "(bucket_name, key, body, query_params, headers=None)")
def complete_upload(
    complete: Callable[..., Any], bucket: str, key: str, body: bytes, query: dict[str, Any], *rest: Any
) -> Any:
    """Looks at the sizes of the parts that the request lists."""
    upload = uploads().get((query.get("uploadId") or [""])[0]) or {}
    sizes = {number: part["size"] for number, part in upload.get("parts", {}).items()}
    listed = [int(number) for number in re.findall(rb"<PartNumber>\s*(\d+)", body)]
    if any(sizes.get(number, MIN_PART_BYTES) < MIN_PART_BYTES for number in listed[:-1]):
        text = "Your proposed upload is smaller than the minimum allowed size"
        return error("EntityTooSmall", text, 400, f"/{bucket}/{key}")
    return complete(bucket, key, body, query, *rest)
