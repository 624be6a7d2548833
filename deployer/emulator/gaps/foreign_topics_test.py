"""Asks for topics that are not there, of another account and of the own one."""

from __future__ import annotations

from botocore.exceptions import ClientError

from testing.emulated import Emulated
from testing.emulator import ACCOUNT, REGION
from testing.templates import resource

OTHER = "444455556666"


class ForeignTopics(Emulated):
    """What SNS reveals of a topic of another account."""

    def test_calls(self) -> None:
        sns = self.emulator.client("sns")
        for account, code in (ACCOUNT, "NotFound"), (OTHER, "AuthorizationError"):
            topic = f"arn:aws:sns:{REGION}:{account}:no-such-topic"
            with self.assertRaisesRegex(ClientError, code):
                sns.get_topic_attributes(TopicArn=topic)
            with self.assertRaisesRegex(ClientError, code):
                sns.publish(TopicArn=topic, Message="m")

    def test_subscription_to_a_foreign_topic(self) -> None:
        self.check(OTHER, "not authorized to perform: SNS:Subscribe")

    def test_subscription_to_no_topic(self) -> None:
        self.check(ACCOUNT, "Topic does not exist")

    def check(self, account: str, reason: str) -> None:
        """A subscription to a topic that is not there fails for this reason."""
        stack = self.deploy({
            "Queue": resource("SQS::Queue"),
            "Subscription": resource(
                "SNS::Subscription", Protocol="sqs", Endpoint={"Fn::GetAtt": ["Queue", "Arn"]},
                TopicArn=f"arn:aws:sns:{REGION}:{account}:no-such-topic",
            ),
        })
        self.assert_fails(stack, reason)
