"""Passes data that just fits, and a little more."""

from __future__ import annotations

from testing.machines import StateMachines, task

TEXT = "{{% $pad('', {}, 'x') %}}".format
OK = {"Output": "ok"}
TOO_LARGE = "States.DataLimitExceeded"


class DataLimits(StateMachines):
    """How large arguments, output and variables may be."""

    def test_size_of_arguments(self) -> None:
        arn = self.machine_alone(task("aws-sdk:eventbridge:describeConnection", Arguments={"Name": TEXT(262143)}))
        self.assertEqual(self.run_machine(arn)[0], TOO_LARGE)

    def test_size_of_output(self) -> None:
        self.assertEqual(self.passed({"Output": TEXT(262143)})[0], TOO_LARGE)

    def test_size_of_assigned_variables(self) -> None:
        self.assertEqual(self.passed({"Assign": {"x": TEXT(262142)}, **OK})[0], "ok")
        self.assertEqual(self.passed({"Assign": {"x": TEXT(131070), "y": TEXT(131070)}, **OK})[0], "ok")
        self.assertEqual(self.passed({"Assign": {"x": TEXT(262143)}, **OK})[0], TOO_LARGE)
        self.assertEqual(self.passed({"Assign": {"x": TEXT(131071), "y": TEXT(131071)}, **OK})[0], TOO_LARGE)

    def test_size_of_all_variables(self) -> None:
        many = [{"Assign": {f"v{chr(97 + n // 26)}{chr(97 + n % 26)}": TEXT(250000)}, **OK} for n in range(42)]
        self.assertEqual(self.passed(*many[:3])[0], "ok")
        self.assertEqual(self.passed(*many)[0], TOO_LARGE)

    def test_variables_are_set_all_at_once(self) -> None:
        first = {"Assign": {"x": 1, "y": 2}}
        swapped = {"Assign": {"x": "{% $y %}", "y": "{% $x %}"}}
        self.assertEqual(self.passed(first, swapped, {"Output": "{% [$x, $y] %}"})[0], [2, 1])
