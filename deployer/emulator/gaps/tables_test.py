"""Deploys tables with settings, and one beside a table that an earlier stack has left."""

from __future__ import annotations

from typing import Any

from testing.emulated import Emulated
from testing.templates import outputs, table

NAME = outputs(Name={"Ref": "Table"})
EXPIRING = {"TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True}}
KEPT = {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}
ON = {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}


class Tables(Emulated):
    """The settings and the name of a table."""

    def shown(self, stack: dict[str, Any]) -> tuple[Any, Any]:
        """The settings of the table of a stack."""
        tables, name = self.emulator.client("dynamodb"), {"TableName": stack["Outputs"]["Name"]}
        backups = tables.describe_continuous_backups(**name)["ContinuousBackupsDescription"]
        recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
        return tables.describe_time_to_live(**name)["TimeToLiveDescription"], recovery

    def test_table_settings(self) -> None:
        stack = self.deploy({"Table": table(**EXPIRING, **KEPT)}, NAME)
        self.assertEqual(self.shown(stack), (ON, "ENABLED"))
        stack = self.deploy({"Table": table()}, NAME, "UPDATE")
        self.assertEqual(self.shown(stack), ({"TimeToLiveStatus": "DISABLED"}, "DISABLED"))
        self.delete(stack)

    def test_attribute_that_changes(self) -> None:
        self.deploy({"Table": table(**EXPIRING, **KEPT)}, NAME)
        other = {"TimeToLiveSpecification": {"AttributeName": "other", "Enabled": True}}
        stack = self.deploy({"Table": table(**other, **KEPT)}, NAME, "UPDATE")
        self.assert_fails(stack, "TimeToLive is active on a different AttributeName", "UPDATE_ROLLBACK_COMPLETE")
        self.assertEqual(self.shown(stack), (ON, "ENABLED"))

    def test_table_that_an_earlier_stack_left(self) -> None:
        left = {"Table": {**table(), "DeletionPolicy": "RetainExceptOnCreate"}}
        tables = self.emulator.client("dynamodb")
        old = self.deploy(left, NAME)
        kept = old["Outputs"]["Name"]
        tables.put_item(TableName=kept, Item={"id": {"S": "kept"}})
        self.delete(old)
        new = self.deploy(left, NAME)
        self.assertNotEqual(new["Outputs"]["Name"], kept)
        self.assertEqual(tables.scan(TableName=kept)["Count"], 1)
        left["Table"]["Properties"]["Tags"] = [{"Key": "changed", "Value": "true"}]
        updated = self.deploy(left, NAME, "UPDATE")
        self.assertEqual(updated["Outputs"]["Name"], new["Outputs"]["Name"])
        self.delete(updated)
        for name in (kept, new["Outputs"]["Name"]):
            tables.delete_table(TableName=name)
