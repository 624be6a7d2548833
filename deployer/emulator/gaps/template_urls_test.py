"""Validates templates at addresses of S3 and elsewhere."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from testing.emulated import Emulated
from testing.emulator import REGION
from testing.templates import resource


def template(size: int) -> str:
    """A template of so many bytes."""
    text = json.dumps({"Description": "d", "Resources": {"Queue": resource("SQS::Queue")}})
    return text + " " * (size - len(text))


class TemplateUrls(Emulated):
    """Where a template may be."""

    def validate(self, address: str) -> Any:
        return self.stacks.validate_template(TemplateURL=address)

    def put(self, size: int) -> str:
        self.s3.put_object(Bucket="code", Key=f"{size}.json", Body=template(size))
        return f"{size}.json"

    def test_addresses_of_s3(self) -> None:
        key = self.put(1_000_000)
        self.validate(f"{self.emulator.url}/code/{key}")
        for host in (f"s3.{REGION}.amazonaws.com/code", f"code.s3.{REGION}.amazonaws.com",
                     "s3.amazonaws.com/code", "code.s3.amazonaws.com"):
            self.validate(f"https://{host}/{key}")
            with self.assertRaisesRegex(ClientError, "Template may not exceed 1000000 bytes in size"):
                self.validate(f"https://{host}/{self.put(1_000_001)}")

    def test_other_addresses(self) -> None:
        key = self.put(10_000)
        for address in f"https://example.com/code/{key}", f"http://s3.amazonaws.com/code/{key}", f"https://s3.eu-west-1.amazonaws.com/code/{key}":
            with self.assertRaisesRegex(ClientError, "TemplateURL must be a supported URL"):
                self.validate(address)
