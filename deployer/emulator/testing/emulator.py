"""Emulators of the tests: each a launcher of its own on a free port, with a root key of its own."""

from __future__ import annotations

import atexit
import json
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config

HERE = Path(__file__).parent.parent
REGION = "ap-northeast-1"
ACCOUNT = "000000000000"

# The gaps that the emulators of the tests leave open, and how long a test waits for what may never come.
left_open: list[str] = []
patience = [120.0]


class Emulator:
    """A launcher of its own on a free port."""

    command = [str(HERE / "launcher.py")]
    output: Any = subprocess.DEVNULL

    def __init__(self) -> None:
        self.root = {"access_key_id": "LOCALROOT", "secret_access_key": secrets.token_hex(20)}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.home = tempfile.TemporaryDirectory()
        without = [word for gap in left_open for word in ("--without", gap)]
        self.process = subprocess.Popen(
            [sys.executable, *self.command, *without], cwd=HERE, env=self.environment(),
            stdin=subprocess.PIPE, stdout=self.output, stderr=self.output,
        )
        assert self.process.stdin is not None
        with self.process.stdin as settings:
            settings.write(json.dumps(self.settings()).encode())
        wait_for(lambda: self.get("/_ministack/health")[0] == 200, 120)

    def settings(self) -> dict[str, str]:
        """What the deployer gives to the launcher's standard input."""
        return self.root

    def environment(self) -> dict[str, str]:
        """What the deployer starts the launcher with."""
        return {
            "PATH": "/usr/bin:/bin", "HOME": self.home.name, "TMPDIR": self.home.name,
            "LANG": "C.UTF-8", "GATEWAY_PORT": str(self.port), "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1", "MINISTACK_REGION": REGION,
            "AWS_ENDPOINT_URL": self.url, "SFTP_ENABLED": "0", "IOT_MTLS_ENABLED": "0",
            "AUTH": "true", "PYTHONDONTWRITEBYTECODE": "1",
        }

    def stop(self) -> None:
        """Sends SIGTERM and waits."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=10)
        finally:
            self.process.kill()
            self.process.wait()
            self.home.cleanup()

    def client(self, service: str, signature: str | None = None, region: str = REGION, **headers: str) -> Any:
        """A client of one service, as the root of the account."""
        key = self.root["access_key_id"], self.root["secret_access_key"]
        return self.client_with(service, *key, signature=signature, region=region, **headers)

    def client_with(
        self, service: str, key: str, secret: str, token: str | None = None, signature: str | None = None,
        region: str = REGION, **headers: str,
    ) -> Any:
        """A client of one service, with some access key."""
        client = botocore.session.Session().create_client(
            service, region, endpoint_url=self.url, aws_access_key_id=key, aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(retries={"max_attempts": 0}, read_timeout=90, signature_version=signature),
        )
        client.meta.events.register("before-send", lambda request, **_: request.headers.update(headers))
        return client

    def get(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """Status and body of a request; status 0 if nothing answers."""
        request = urllib.request.Request(self.url + path, body, headers)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""


# One emulator of each kind, for all tests that need no other one.
running: dict[type[Emulator], Emulator] = {}


def shared(kind: type[Emulator]) -> tuple[Emulator, bool]:
    """The emulator of this kind, and whether it was started just now."""
    is_new = kind not in running
    if is_new:
        running[kind] = kind()
    return running[kind], is_new


@atexit.register
def stop_all() -> None:
    """Stops the emulators that tests share."""
    while running:
        running.popitem()[1].stop()


def wait_for(condition: Any, seconds: float | None = None) -> None:
    """Waits until the condition holds."""
    deadline = time.monotonic() + (patience[0] if seconds is None else seconds)
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)


def children(parent: int) -> list[int]:
    """The processes that this one started."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(status.parent.name))
    return found
