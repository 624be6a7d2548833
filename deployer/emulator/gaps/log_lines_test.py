"""Logs characters that Unicode calls separators of lines."""

from __future__ import annotations

import json

from testing.emulated import Emulated
from testing.templates import LOGS, logging_function, outputs, statement


class LogLines(Emulated):
    """Where a line of a log ends."""

    def test_lines_of_a_log(self) -> None:
        talking = logging_function("lines", statement(LOGS, "*"))
        target = self.deploy(talking, outputs(Name={"Ref": "Function"}))["Outputs"]["Name"]
        text = "a\u2028b\u2029c\u0085d\x0be"
        self.functions.invoke(FunctionName=target, Payload=json.dumps({"say": text}).encode())
        self.assertIn(text, self.lines("lines"))
