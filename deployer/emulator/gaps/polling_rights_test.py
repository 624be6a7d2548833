"""Maps a queue to a function whose role may not take messages from it."""

from __future__ import annotations

from typing import Any

from testing.emulated import Emulated
from testing.templates import function, resource, role, statement

QUEUE = {"Fn::GetAtt": ["Queue", "Arn"]}


def mapped(*actions: str) -> dict[str, Any]:
    """A queue with a function whose role may do this to it."""
    return {
        "Queue": resource("SQS::Queue"), "Function": function(), "Role": role(statement(list(actions), QUEUE)),
        "Mapping": resource("Lambda::EventSourceMapping", EventSourceArn=QUEUE, FunctionName={"Ref": "Function"}),
    }


class PollingRights(Emulated):
    """What the role of a mapped function may do."""

    def test_rights_to_poll(self) -> None:
        stack = self.deploy(mapped("sqs:ReceiveMessage", "sqs:GetQueueAttributes"))
        self.assert_fails(stack, "does not have permissions to call DeleteMessage on SQS")

    def test_rights_that_are_lost(self) -> None:
        polls = ("sqs:ReceiveMessage", "sqs:GetQueueAttributes", "sqs:DeleteMessage")
        stack = self.deploy(mapped(*polls))
        self.assertEqual(stack["StackStatus"], "CREATE_COMPLETE", self.reasons(stack))
        changed = mapped(*polls[:2])
        changed["Mapping"]["Properties"]["BatchSize"] = 1
        changed["Mapping"]["DependsOn"] = "Role"
        stack = self.deploy(changed, kind="UPDATE")
        self.assert_fails(stack, "does not have permissions to call DeleteMessage", "UPDATE_ROLLBACK_COMPLETE")
