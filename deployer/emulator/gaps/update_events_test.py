"""Updates a stack by one more resource."""

from __future__ import annotations

from testing.emulated import Emulated
from testing.templates import resource

QUEUE = {"Queue": resource("SQS::Queue")}


class UpdateEvents(Emulated):
    """The events of an update."""

    def touched(self) -> set[tuple[str, str]]:
        """What the events of a stack that gets one more resource tell."""
        self.deploy(QUEUE)
        stack = self.deploy({**QUEUE, "Added": resource("SQS::Queue")}, kind="UPDATE")
        events = self.stacks.describe_stack_events(StackName=stack["StackId"])["StackEvents"]
        return {(event["LogicalResourceId"], event["ResourceStatus"]) for event in events}

    def test_resource_that_is_new(self) -> None:
        self.assertIn(("Added", "CREATE_COMPLETE"), self.touched())

    def test_resource_that_stays_as_it_is(self) -> None:
        self.assertNotIn(("Queue", "UPDATE_COMPLETE"), self.touched())
