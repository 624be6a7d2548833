"""Sets the state of an alarm whose topic feeds a queue."""

from __future__ import annotations

import json
from typing import Any

from testing.emulated import Emulated
from testing.emulator import ACCOUNT, REGION
from testing.templates import outputs, resource, statement

ARN = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm"
QUEUE = {"Fn::GetAtt": ["Queue", "Arn"]}
URLS = outputs(Queue={"Ref": "Queue"}, Topic={"Ref": "Topic"})


class Alarms(Emulated):
    """What an alarm publishes, and whether it may."""

    def alarmed(self, alarm: str, publisher: str = "cloudwatch") -> dict[str, Any]:
        """An alarm of this name with a topic that lets a service publish, and a queue behind it."""
        of_alarms = {"ArnLike": {"aws:SourceArn": f"{ARN}:{alarm}"}}
        service = {"Service": f"{publisher}.amazonaws.com"}
        publish = statement("sns:Publish", {"Ref": "Topic"}, Principal=service, Condition=of_alarms)
        send = statement("sqs:SendMessage", QUEUE, Principal={"Service": "sns.amazonaws.com"})
        return {
            "Topic": resource("SNS::Topic"), "Queue": resource("SQS::Queue"),
            "TopicPolicy": resource("SNS::TopicPolicy", Topics=[{"Ref": "Topic"}], PolicyDocument=publish),
            "QueuePolicy": resource("SQS::QueuePolicy", Queues=[{"Ref": "Queue"}], PolicyDocument=send),
            "Subscription": resource("SNS::Subscription", TopicArn={"Ref": "Topic"}, Protocol="sqs", Endpoint=QUEUE),
            "Alarm": resource(
                "CloudWatch::Alarm", AlarmName=alarm, MetricName="Depth", Namespace="AWS/SQS", Period=60,
                Statistic="SampleCount", EvaluationPeriods=1, Threshold=0, TreatMissingData="notBreaching",
                ComparisonOperator="GreaterThanThreshold", AlarmActions=[{"Ref": "Topic"}],
                Dimensions=[{"Name": "QueueName", "Value": "watched"}],
            ),
        }

    def told(self, alarm: str, stack: dict[str, Any]) -> list[dict[str, Any]]:
        """What the queue gets of an alarm that goes off."""
        for state in "OK", "ALARM":
            self.emulator.client("cloudwatch").set_alarm_state(
                AlarmName=alarm, StateValue=state, StateReason="tested"
            )
        queue = stack["Outputs"]["Queue"]
        got = self.emulator.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=1)
        return [json.loads(message["Body"]) for message in got.get("Messages", [])]

    def test_alarm(self) -> None:
        stack = self.deploy(self.alarmed("depth"), URLS)
        (envelope,) = self.told("depth", stack)
        self.assertEqual(envelope["Subject"], 'ALARM: "depth" in Asia Pacific (Tokyo)')
        message = json.loads(envelope["Message"])
        self.assertRegex(message.pop("StateChangeTime"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$")
        del message["AlarmConfigurationUpdatedTimestamp"]
        self.assertEqual(message, {
            "AlarmName": "depth", "AlarmDescription": None, "AWSAccountId": ACCOUNT, "NewStateValue": "ALARM",
            "NewStateReason": "tested", "OldStateValue": "OK", "Region": "Asia Pacific (Tokyo)",
            "AlarmArn": f"{ARN}:depth",
            "OKActions": [], "AlarmActions": [stack["Outputs"]["Topic"]], "InsufficientDataActions": [],
            "Trigger": {
                "MetricName": "Depth", "Namespace": "AWS/SQS", "StatisticType": "Statistic",
                "Statistic": "SAMPLE_COUNT", "Unit": None, "Period": 60, "EvaluationPeriods": 1,
                "Dimensions": [{"value": "watched", "name": "QueueName"}], "Threshold": 0.0,
                "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching",
                "EvaluateLowSampleCountPercentile": "",
            },
        })
        self.delete(stack)

    def test_alarm_that_may_not_publish(self) -> None:
        stack = self.deploy(self.alarmed("mute", "events"), URLS)
        self.assertEqual(self.told("mute", stack), [], "the policy of the topic counts")
        open_to_all = self.alarmed("mute")
        del open_to_all["TopicPolicy"]
        stack = self.deploy(open_to_all, URLS, "UPDATE")
        self.assertEqual(len(self.told("mute", stack)), 1)
        self.delete(stack)
