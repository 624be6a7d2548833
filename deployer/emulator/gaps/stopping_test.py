"""Stops an emulator whose functions are busy."""

from __future__ import annotations

import contextlib
import threading
import time
import unittest
from pathlib import Path

from botocore.exceptions import HTTPClientError

from testing.emulator import ACCOUNT, Emulator, children, wait_for
from testing.templates import archive


class Stopping(unittest.TestCase):
    """What SIGTERM ends."""

    def test_sigterm_ends_busy_functions(self) -> None:
        emulator = Emulator()
        emulator.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument="{}")
        functions = emulator.client("lambda")
        functions.create_function(
            FunctionName="busy", Runtime="provided.al2023", Handler="bootstrap", Timeout=60,
            Role=f"arn:aws:iam::{ACCOUNT}:role/role", Code={"ZipFile": archive()},
        )
        wait_for(lambda: functions.get_function(FunctionName="busy")["Configuration"]["State"] == "Active")

        def call() -> None:
            # The connection may close before there is an answer.
            with contextlib.suppress(HTTPClientError):
                functions.invoke(FunctionName="busy", Payload=b'{"do": "sleep"}')

        caller = threading.Thread(target=call, daemon=True)
        caller.start()
        wait_for(lambda: children(emulator.process.pid))
        left = children(emulator.process.pid)
        time.sleep(0.5)  # The function may still be starting, and then nothing waits for it yet.
        emulator.stop()
        caller.join()
        self.assertEqual(emulator.process.returncode, 0)
        self.assertEqual([pid for pid in left if Path(f"/proc/{pid}").exists()], [])
