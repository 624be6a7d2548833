"""Sends over the loopback what a policy demands TLS for."""

from __future__ import annotations

from botocore.exceptions import ClientError

from testing.emulated import Emulated
from testing.templates import deny_without_tls, outputs, resource


class LoopbackAsTls(Emulated):
    """A policy that demands TLS."""

    def test_tls_policy(self) -> None:
        queue = self.deploy(
            {
                "Queue": resource("SQS::Queue"),
                "Policy": resource(
                    "SQS::QueuePolicy", Queues=[{"Ref": "Queue"}],
                    PolicyDocument=deny_without_tls("sqs:*", {"Fn::GetAtt": ["Queue", "Arn"]}),
                ),
            },
            outputs(Url={"Ref": "Queue"}),
        )["Outputs"]["Url"]
        self.emulator.client("sqs").send_message(QueueUrl=queue, MessageBody="over the loopback")
        plain = self.emulator.client("sqs", **{"X-Forwarded-Proto": "http"})
        with self.assertRaisesRegex(ClientError, "AccessDenied"):
            plain.send_message(QueueUrl=queue, MessageBody="over plain http")
