"""Grants a right on its own holder."""

from __future__ import annotations

from botocore.exceptions import ClientError

from testing.emulated import Emulated
from testing.emulator import ACCOUNT
from testing.templates import statement

USERS = f"arn:aws:iam::{ACCOUNT}:user"


class PolicyVariables(Emulated):
    """What `${aws:username}` stands for."""

    def test_right_on_oneself(self) -> None:
        own = statement("iam:SimulatePrincipalPolicy", f"{USERS}/${{aws:username}}")
        oneself = self.user("oneself", own, service="iam")
        self.emulator.client("iam").create_user(UserName="another")
        oneself.simulate_principal_policy(PolicySourceArn=f"{USERS}/oneself", ActionNames=["sqs:CreateQueue"])
        with self.assertRaisesRegex(ClientError, "AccessDenied"):
            oneself.simulate_principal_policy(PolicySourceArn=f"{USERS}/another", ActionNames=["sqs:CreateQueue"])
