"""Subscribes a queue to topics of other regions."""

from __future__ import annotations

from typing import Any

from testing.emulated import Emulated
from testing.templates import outputs, resource, statement

QUEUE = {"Fn::GetAtt": ["Queue", "Arn"]}


class TopicRegions(Emulated):
    """Who delivers from one region to another."""

    def test_topic_of_another_region(self) -> None:
        self.check("us-east-1", "sns.amazonaws.com")

    def test_topic_of_an_opt_in_region(self) -> None:
        self.check("ap-east-1", "sns.ap-east-1.amazonaws.com")

    def check(self, region: str, principal: str) -> None:
        """A queue that lets this principal deliver gets what a topic of the region publishes."""
        topics, queues = self.emulator.client("sns", region=region), self.emulator.client("sqs")
        topic = topics.create_topic(Name="elsewhere")["TopicArn"]

        def send(service: str) -> dict[str, Any]:
            source = {"ArnEquals": {"aws:SourceArn": topic}}
            may = statement("sqs:SendMessage", QUEUE, Principal={"Service": service}, Condition=source)
            return resource("SQS::QueuePolicy", Queues=[{"Ref": "Queue"}], PolicyDocument=may)

        subscribed = {
            "Queue": resource("SQS::Queue"), "Policy": send("sns.eu-south-1.amazonaws.com"),
            "Subscription": resource(
                "SNS::Subscription", TopicArn=topic, Protocol="sqs", Region=region, Endpoint=QUEUE,
            ),
        }
        url = outputs(Url={"Ref": "Queue"})
        stack = self.deploy(subscribed, url)

        def received() -> int:
            topics.publish(TopicArn=topic, Message="told")
            got = queues.receive_message(QueueUrl=stack["Outputs"]["Url"], WaitTimeSeconds=1)
            return len(got.get("Messages", []))

        self.assertEqual(received(), 0, "another name of SNS is not let in")
        self.deploy({**subscribed, "Policy": send(principal)}, url, "UPDATE")
        self.assertEqual(received(), 1, region)
        self.delete(stack)
        self.assertEqual(topics.list_subscriptions()["Subscriptions"], [])
