"""Tests that attack an emulator by requests that no SDK would send."""

from __future__ import annotations

import http.client
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from testing.emulated import Emulated
from testing.emulator import REGION

EVIL = "https://evil.example"


def call(
    port: int, method: str, path: str, headers: dict[str, str], body: bytes = b"", host: str | None = "",
) -> tuple[int, dict[str, str], bytes]:
    """Sends exactly these headers and a `Host`, the own one unless another is given; None sends none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        if host is not None:
            connection.putheader("Host", host or f"127.0.0.1:{port}")
        for name, value in headers.items():
            connection.putheader(name, value)
        if body and "Content-Length" not in headers:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def code_of(client: Any, call: str, **given: Any) -> str:
    """The error code of a call of a client; empty if it succeeded."""
    try:
        getattr(client, call)(**given)
        return ""
    except ClientError as error:
        return str(error.response["Error"]["Code"])


class Guarded(Emulated):
    """Tests that attack one emulator."""

    def setUp(self) -> None:
        self.port = self.emulator.port
        self.root = Credentials(self.emulator.root["access_key_id"], self.emulator.root["secret_access_key"])

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes = b"", **more: Any) -> Any:
        return call(self.port, method, path, headers, body, **more)

    def signed(
        self, service: str, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None,
        key: Credentials | None = None, signer: Any = SigV4Auth,
    ) -> dict[str, str]:
        """The headers of a request with its signature."""
        host = {"Host": f"127.0.0.1:{self.port}"}
        request = AWSRequest(method, self.emulator.url + path, data=body, headers={**host, **(headers or {})})
        signer(key or self.root, service, REGION).add_auth(request)
        return {name: value for name, value in request.headers.items() if name != "Host"}

    def query(self, action: str) -> tuple[bytes, dict[str, str]]:
        body = f"Action={action}&Version=2011-06-15".encode()
        return body, {"Content-Type": "application/x-www-form-urlencoded"}

    def refused(self, answer: tuple[int, dict[str, str], bytes], words: str, status: int = 403) -> None:
        self.assertEqual(answer[0], status, answer)
        self.assertIn(words.encode(), answer[2])
        self.assertEqual([name for name in answer[1] if name.startswith("access-control-")], [])
