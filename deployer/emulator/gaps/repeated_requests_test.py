"""Sends requests twice with the same token."""

from __future__ import annotations

from botocore.exceptions import ClientError

from testing.proposals import Proposals


class RepeatedRequests(Proposals):
    """What a token does."""

    def test_repeated_proposal(self) -> None:
        first = self.propose("same", "proposed-twice", ClientToken="same")
        again = self.propose("same", "proposed-twice", ClientToken="same")
        self.assertEqual((first["Id"], first["StackId"]), (again["Id"], again["StackId"]))
        with self.assertRaisesRegex(ClientError, "AlreadyExists"):
            self.propose("same", "proposed-twice", ClientToken="another")

    def test_repeated_execution(self) -> None:
        made = self.propose("once", "executed-twice")
        execute = lambda token: self.stacks.execute_change_set(ChangeSetName=made["Id"], ClientRequestToken=token)
        execute("same"), execute("same")
        with self.assertRaisesRegex(ClientError, "InvalidChangeSetStatus"):
            execute("another")
