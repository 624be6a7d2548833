"""Proposes changes in place and changes that replace."""

from __future__ import annotations

from testing.emulated import Emulated
from testing.templates import resource


class Replacements(Emulated):
    """What a change set says of a resource that changes."""

    def test_replacements(self) -> None:
        self.deploy({"Kept": resource("Logs::LogGroup"), "Renamed": resource("Logs::LogGroup")})
        changes = self.change_set(
            {
                "Kept": resource("Logs::LogGroup", RetentionInDays=7),
                "Renamed": resource("Logs::LogGroup", LogGroupName="other"),
            },
            None, "UPDATE",
        )["Changes"]
        replaced = {change["ResourceChange"]["LogicalResourceId"]:
                    change["ResourceChange"]["Replacement"] for change in changes}
        self.assertEqual(replaced, {"Kept": "False", "Renamed": "True"})
