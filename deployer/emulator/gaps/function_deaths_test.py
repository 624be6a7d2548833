"""Calls a function that ends its own process."""

from __future__ import annotations

from testing.emulated import Emulated
from testing.templates import LOGS, logging_function, outputs, statement


class FunctionDeaths(Emulated):
    """What is in the log of a function that dies."""

    def test_exit(self) -> None:
        mortal = logging_function("log-of-mortal", statement(LOGS, "*"))
        target = self.deploy(mortal, outputs(Name={"Ref": "Function"}))["Outputs"]["Name"]
        self.functions.invoke(FunctionName=target, Payload=b'{"do": "die"}')
        lines = self.lines("log-of-mortal")
        self.assertIn("called", lines)
        self.assertTrue(any("Runtime.ExitError" in line for line in lines), lines)
