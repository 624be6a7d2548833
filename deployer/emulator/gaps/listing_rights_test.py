"""Asks for all stacks without the right to list them."""

from __future__ import annotations

import json

from botocore.exceptions import ClientError

from testing.emulated import Emulated
from testing.emulator import ACCOUNT, REGION
from testing.templates import statement


class ListingRights(Emulated):
    """What a caller who lists all stacks must be allowed."""

    def test_all_stacks(self) -> None:
        client = self.deployer("lists-none")
        client.describe_stacks()
        self.grant("lists-none", "cloudformation:DescribeStacks", "*")
        with self.assertRaisesRegex(ClientError, "cloudformation:ListStacks"):
            client.describe_stacks()

    def test_arn_of_all_stacks(self) -> None:
        client = self.user("lists-here", service="cloudformation")
        both = ["cloudformation:DescribeStacks", "cloudformation:ListStacks"]
        self.grant("lists-here", both, f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/*/*")
        client.describe_stacks()

    def grant(self, user: str, actions: str | list[str], resource: str) -> None:
        """Gives a user these rights in place of others."""
        policy = json.dumps(statement(actions, resource))
        self.emulator.client("iam").put_user_policy(UserName=user, PolicyName="p0", PolicyDocument=policy)
