"""Proposes a change of outputs, and a change of a broken stack."""

from __future__ import annotations

from botocore.exceptions import ClientError

from testing.emulated import Emulated
from testing.emulator import ACCOUNT, REGION
from testing.templates import outputs, resource


class ChangeSets(Emulated):
    """Which change sets are made."""

    def test_change_of_outputs(self) -> None:
        queue, output = {"Queue": resource("SQS::Queue")}, outputs(Old="1")
        self.deploy(queue, output)
        self.assertEqual(self.change_set(queue, output, "UPDATE")["Status"], "FAILED")
        self.assertEqual(self.deploy(queue, outputs(New="2"), "UPDATE")["Outputs"], {"New": "2"})

    def test_broken_stack(self) -> None:
        # A subscription to a topic that is not there.
        broken = {"Subscription": resource(
            "SNS::Subscription", Protocol="sqs", TopicArn=f"arn:aws:sns:{REGION}:{ACCOUNT}:none", Endpoint="none",
        )}
        self.assertEqual(self.deploy(broken)["StackStatus"], "ROLLBACK_COMPLETE")
        with self.assertRaisesRegex(ClientError, "is in ROLLBACK_COMPLETE state and can not be updated"):
            self.deploy(broken, kind="UPDATE")
