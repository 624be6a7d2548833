"""Lists and finds change sets by the id of their stack."""

from __future__ import annotations

from botocore.exceptions import ClientError

from testing.proposals import Proposals


class ChangeSetLists(Proposals):
    """The change sets of a stack."""

    def test_list_by_the_id_of_the_stack(self) -> None:
        made = [self.propose(name, "listed-by-id") for name in ("one", "other")]
        self.assertEqual(self.listed(made[0]["StackId"]), ["one", "other"])

    def test_one_by_the_id_of_the_stack(self) -> None:
        name = {"StackName": self.propose("one", "found-by-id")["StackId"], "ChangeSetName": "one"}
        self.assertEqual(self.stacks.describe_change_set(**name)["Status"], "CREATE_COMPLETE")
        self.stacks.execute_change_set(**name)
        self.assertEqual(self.settled(name["StackName"])["StackStatus"], "CREATE_COMPLETE")

    def test_pages(self) -> None:
        for name in ("one", "other"):
            self.propose(name, "listed-by-pages")
        first = self.stacks.list_change_sets(StackName="listed-by-pages")
        self.assertEqual((len(first["Summaries"]), "NextToken" in first), (1, True))
        self.assertEqual(self.listed("listed-by-pages"), ["one", "other"])

    def test_stack_that_is_not_there(self) -> None:
        with self.assertRaisesRegex(ClientError, "does not exist"):
            self.stacks.list_change_sets(StackName="nobody-s")
