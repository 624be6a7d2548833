"""Uploads an object in parts that are too small."""

from __future__ import annotations

from botocore.exceptions import ClientError

from testing.emulated import Emulated


class UploadParts(Emulated):
    """How large a part must be."""

    def test_small_parts(self) -> None:
        upload = {"Bucket": "code", "Key": "large"}
        upload["UploadId"] = self.s3.create_multipart_upload(**upload)["UploadId"]
        parts = [
            {"PartNumber": n, "ETag": self.s3.upload_part(**upload, PartNumber=n, Body=b"small")["ETag"]}
            for n in (1, 2)
        ]
        with self.assertRaisesRegex(ClientError, "EntityTooSmall"):
            self.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
        self.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts[:1]})
