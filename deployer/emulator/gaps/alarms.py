"""Words the message of an alarm as CloudWatch does, and asks the topic whether CloudWatch may publish.

AWS: the message names region, dimensions and statistic in its own way, and is published as `cloudwatch.amazonaws.com`,
    which the topic's policy must allow.
    Source: CloudWatch user guide, "Notifying users on alarm changes"; SNS developer guide, "Example cases for Amazon
    SNS access control".
ministack: publishes fewer members in words of its own, without asking.
"""

from __future__ import annotations

import datetime
import functools
import json
import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from aws import rights, scope
from registry import calls, replaces

Alarm = dict[str, Any]

ALARM_ACTIONS = {
    "ALARM": "AlarmActions", "INSUFFICIENT_DATA": "InsufficientDataActions", "OK": "OKActions",
}

is_topic = calls("services.cloudwatch", "_is_sns_action_arn", "(action)")
publish = calls(
    "services.sns", "_fanout",
    "(topic_arn, msg_id, message, subject, message_structure='', message_attributes=None, message_group_id='', "
    "message_dedup_id='')",
)
policy_of_topic = calls("services.sns", "topic_policy_for_arn", "(topic_arn)")

log = logging.getLogger("launcher")


@replaces("services.cloudwatch", "_dispatch_alarm_actions", "(alarm, old_state, new_state, reason)")
def dispatch_actions(dispatch: Callable[..., None], alarm: Alarm, old: str, new: str, reason: str) -> None:
    """Publishes to the topics of a new state that let CloudWatch publish."""
    if "MetricName" not in alarm:
        dispatch(alarm, old, new, reason)
        return
    actions = alarm.get(ALARM_ACTIONS[new]) or [] if alarm.get("ActionsEnabled", True) else []
    message = json.dumps(alarm_message(alarm, old, new, reason))
    subject = f'{new}: "{alarm["AlarmName"]}" in {region_name()}'[:100]
    for action in filter(is_topic, actions):
        if may_publish(action, alarm["AlarmArn"]):
            publish(action, str(uuid.uuid4()), message, subject)
        else:
            log.warning("%s does not let %s publish", action, alarm["AlarmArn"])


def may_publish(topic: str, alarm: str) -> bool:
    """Whether the policy of the topic lets CloudWatch publish what this alarm tells."""
    account = scope.account()
    policy, _ = policy_of_topic(topic) or ("", "")
    context = rights.request_context(
        "", "Service", account, "sns:Publish", topic, scope.region(), secure_transport=True,
        service_context={
            "aws:sourcearn": alarm, "aws:sourceaccount": account, "aws:sourceowner": account,
        },
    )
    decision = rights.evaluate_policy(policy, context, service="cloudwatch.amazonaws.com")
    return not policy or decision.decision == "Allow"


def alarm_message(alarm: Alarm, old: str, new: str, reason: str) -> dict[str, Any]:
    """What CloudWatch publishes when an alarm changes its state."""
    return {
        "AlarmName": alarm["AlarmName"], "AlarmDescription": alarm.get("AlarmDescription") or None,
        "AWSAccountId": scope.account(),
        "AlarmConfigurationUpdatedTimestamp": alarm_time(alarm.get("AlarmConfigurationUpdatedTimestamp")),
        "NewStateValue": new, "NewStateReason": reason, "StateChangeTime": alarm_time(time.time()),
        "Region": region_name(), "AlarmArn": alarm["AlarmArn"], "OldStateValue": old,
        **{name: alarm.get(name) or [] for name in ALARM_ACTIONS.values()},
        "Trigger": trigger(alarm),
    }


def trigger(alarm: Alarm) -> dict[str, Any]:
    """What an alarm watches."""
    dimensions = [{"value": entry["Value"], "name": entry["Name"]} for entry in alarm.get("Dimensions") or []]
    extended = alarm.get("ExtendedStatistic")
    statistic = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", alarm.get("Statistic") or "").upper()
    return {
        "MetricName": alarm["MetricName"], "Namespace": alarm["Namespace"],
        "StatisticType": "ExtendedStatistic" if extended else "Statistic",
        **({"ExtendedStatistic": extended} if extended else {"Statistic": statistic}),
        "Unit": alarm.get("Unit"), "Dimensions": dimensions, "Period": alarm.get("Period"),
        "EvaluationPeriods": alarm.get("EvaluationPeriods"),
        **{name: alarm[name] for name in ("DatapointsToAlarm",) if name in alarm},
        "ComparisonOperator": alarm.get("ComparisonOperator"), "Threshold": alarm.get("Threshold"),
        "TreatMissingData": alarm.get("TreatMissingData") or "missing",
        "EvaluateLowSampleCountPercentile": "",
    }


def alarm_time(seconds: float | None) -> str:
    """A time as the messages of alarms write it."""
    moment = datetime.datetime.fromtimestamp(seconds or 0, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}+0000"


def region_name() -> str:
    """The region in words, as the messages of alarms name it."""
    region: str = scope.region()
    return region_names().get(region, region)


@functools.cache
def region_names() -> dict[str, str]:
    """The names of all regions."""
    # Not before an alarm goes off: botocore takes a while to load.
    from botocore.loaders import Loader

    partitions = Loader().load_data("endpoints")["partitions"]
    return {code: region["description"] for part in partitions for code, region in part["regions"].items()}
