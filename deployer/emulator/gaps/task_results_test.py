"""Runs a task whose result is larger than a state holds."""

from __future__ import annotations

from testing.machines import StateMachines, machine, task
from testing.templates import function, outputs, role, statement


class TaskResults(StateMachines):
    """How large a result may be."""

    def test_result_that_is_left_out(self) -> None:
        stack = self.deploy(
            {
                "Function": function(), "Role": role(statement("lambda:InvokeFunction", "*")),
                # Its output leaves out the result, which is too large nevertheless.
                "Machine": machine(task("lambda:invoke", Output="ok")),
            },
            outputs(Machine={"Ref": "Machine"}, Name={"Ref": "Function"}),
        )["Outputs"]
        # The function quotes what it is given, and quotes that.
        for size, expected in (1_000, "ok"), (70_000, "States.DataLimitExceeded"):
            payload = {"body": "show" + '"' * size}
            ended, cause = self.run_machine(stack["Machine"], FunctionName=stack["Name"], Payload=payload)
            self.assertEqual(ended, expected, cause)
