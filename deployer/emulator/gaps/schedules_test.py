"""Deploys schedules with settings and without trust."""

from __future__ import annotations

from typing import Any

from testing.emulated import Emulated
from testing.emulator import ACCOUNT, REGION
from testing.templates import outputs, resource, role

NAME = outputs(Schedule={"Ref": "Schedule"})


def schedule(**settings: str) -> dict[str, Any]:
    """A schedule whose role is the resource `Role`."""
    target = {"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}
    return {"Schedule": resource(
        "Scheduler::Schedule", ScheduleExpression="cron(0 3 * * ? *)", FlexibleTimeWindow={"Mode": "OFF"},
        Target=target, **settings,
    )}


class Schedules(Emulated):
    """A schedule in a template."""

    def test_settings(self) -> None:
        schedules = self.emulator.client("scheduler")

        def shown(stack: dict[str, Any]) -> tuple[str, str]:
            found = schedules.get_schedule(Name=stack["Outputs"]["Schedule"])
            return found["ScheduleExpressionTimezone"], found["State"]

        tokyo = schedule(ScheduleExpressionTimezone="Asia/Tokyo", State="DISABLED")
        stack = self.deploy({"Role": role(), **tokyo}, NAME)
        self.assertEqual(shown(stack), ("Asia/Tokyo", "DISABLED"))
        changed = self.deploy({"Role": role(), **schedule()}, NAME, "UPDATE")
        self.assertEqual(changed["Outputs"], stack["Outputs"])
        self.assertEqual(shown(changed), ("UTC", "ENABLED"))
        self.delete(changed)
        self.assertEqual(schedules.list_schedules()["Schedules"], [])

    def test_role_that_trusts_another_service(self) -> None:
        stack = self.deploy({"Role": role(trusts=("states",)), **schedule()})
        self.assert_fails(stack, "must allow AWS EventBridge Scheduler to assume the role")
