"""Demands that the role of a schedule trusts it, and keeps its time zone, dates and state.

AWS: makes a schedule only if its role trusts EventBridge Scheduler, and keeps all that the template says.
    Source: CloudFormation template reference, "AWS::Scheduler::Schedule"; EventBridge Scheduler user guide,
    "Setting up Amazon EventBridge Scheduler".
ministack: asks no role, and leaves some settings out.
"""

from __future__ import annotations

from collections.abc import Callable

from aws import scope
from aws.rights import may_assume
from aws.stacks import CREATE, UPDATE_WITHOUT_ID, Created, Properties, refusal, replaces_handler
from registry import reads

SCHEDULE = "AWS::Scheduler::Schedule"
# What ministack leaves out of a schedule, with what AWS takes where the template says nothing.
SCHEDULE_SETTINGS = {
    "Description": "", "EndDate": None, "KmsKeyArn": None, "ScheduleExpressionTimezone": "UTC",
    "StartDate": None, "State": "ENABLED",
}

schedules = reads("services.scheduler", "_schedules", "AccountRegionScopedDict")


@replaces_handler(SCHEDULE, "create", CREATE)
def create_schedule(create: Callable[..., Created], logical_id: str, properties: Properties, stack: str) -> Created:
    """Makes a schedule with all its settings."""
    check_trust(properties)
    return with_settings(create(logical_id, properties, stack), properties)


@replaces_handler(SCHEDULE, "update", UPDATE_WITHOUT_ID)
def update_schedule(
    update: Callable[..., Created], name: str, old: Properties, new: Properties, stack: str
) -> Created:
    """Changes a schedule and all its settings."""
    check_trust(new)
    return with_settings(update(name, old, new, stack), new)


def check_trust(properties: Properties) -> None:
    """Raises if the role does not trust EventBridge Scheduler."""
    group = properties.get("GroupName", "default")
    source = f"arn:aws:scheduler:{scope.region()}:{scope.account()}:schedule-group/{group}"
    if not may_assume("scheduler", properties["Target"]["RoleArn"], source):
        raise refusal(
            "Scheduler", 400, "The execution role you provide must allow AWS EventBridge Scheduler to "
            "assume the role."
        )


def with_settings(made: Created, properties: Properties) -> Created:
    """Keeps the settings of a schedule that was made."""
    group = properties.get("GroupName", "default")
    schedule = schedules()[f"{group}/{made[0]}"]
    for name, otherwise in SCHEDULE_SETTINGS.items():
        schedule[name] = properties.get(name, otherwise)
        if schedule[name] is None:
            del schedule[name]
    return made
