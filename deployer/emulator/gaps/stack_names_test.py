"""Proposes a stack twice, and deploys one of the name of a deleted one."""

from __future__ import annotations

from testing.proposals import Proposals
from testing.templates import resource


class StackNames(Proposals):
    """The stacks that a name has had."""

    def test_proposals_of_two(self) -> None:
        one, other = (self.propose(name, "two-proposals") for name in ("one", "other"))
        self.assertEqual(one["StackId"], other["StackId"])
        self.assertEqual(self.listed("two-proposals"), ["one", "other"])
        self.stacks.execute_change_set(StackName="two-proposals", ChangeSetName="one")
        self.assertEqual(self.settled(one["StackId"])["StackStatus"], "CREATE_COMPLETE")
        # AWS drops the other one.
        self.assertEqual(self.listed("two-proposals"), ["one"])

    def test_stack_that_comes_back(self) -> None:
        queue = {"Queue": resource("SQS::Queue")}
        old = self.deploy(queue)
        self.delete(old)
        new = self.deploy(queue)
        self.assertNotEqual(old["StackId"], new["StackId"])
        read = lambda stack: self.stacks.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        self.assertEqual((read(old["StackId"]), read(new["StackName"])), ("DELETE_COMPLETE", "CREATE_COMPLETE"))
        events = self.stacks.describe_stack_events(StackName=old["StackId"])["StackEvents"]
        self.assertEqual({event["StackId"] for event in events}, {old["StackId"]})
        # To delete the old one once more has no effect.
        self.stacks.delete_stack(StackName=old["StackId"])
        self.assertEqual(read(new["StackName"]), "CREATE_COMPLETE")
