"""Calls a function more often than the emulator keeps logs of."""

from __future__ import annotations

import json

from testing.emulated import Emulated
from testing.emulator import Emulator
from testing.templates import LOGS, logging_function, outputs, statement


class Forgetful(Emulator):
    """An emulator that keeps the logs of two invocations."""

    command = ["-c", "import launcher; from gaps import log_size; log_size.KEPT_STREAMS = 2; launcher.main()"]


class LogSize(Emulated):
    """The logs of functions do not fill the memory."""

    kind = Forgetful

    def test_oldest_invocations(self) -> None:
        talking = logging_function("bounded", statement(LOGS, "*"))
        name = self.deploy(talking, outputs(Name={"Ref": "Function"}))["Outputs"]["Name"]
        for n in range(4):
            self.functions.invoke(FunctionName=name, Payload=json.dumps({"say": f"said {n}"}).encode())
        lines = self.lines("bounded")
        self.assertEqual([line for line in lines if line.startswith("said")], ["said 2", "said 3"])
