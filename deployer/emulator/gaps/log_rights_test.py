"""Calls a function whose role may not log."""

from __future__ import annotations

from testing.emulated import Emulated
from testing.templates import LOGS, logging_function, outputs, statement


class LogRights(Emulated):
    """What the role of a function may write."""

    def test_log(self) -> None:
        name = outputs(Name={"Ref": "Function"})
        target = self.deploy(logging_function("log-of-test"), name)["Outputs"]["Name"]
        self.functions.invoke(FunctionName=target, Payload=b"{}")
        self.assertEqual(self.lines("log-of-test"), [])
        may = statement(LOGS, {"Fn::GetAtt": ["Logs", "Arn"]})
        self.deploy(logging_function("log-of-test", may), name, "UPDATE")
        self.functions.invoke(FunctionName=target, Payload=b"{}")
        self.assertIn("called", self.lines("log-of-test"))
