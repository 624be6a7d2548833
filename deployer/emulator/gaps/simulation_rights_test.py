"""Simulates the policies of the caller and of another user."""

from __future__ import annotations

from botocore.exceptions import ClientError

from testing.emulated import Emulated
from testing.emulator import ACCOUNT
from testing.templates import statement

USERS = f"arn:aws:iam::{ACCOUNT}:user"


class SimulationRights(Emulated):
    """Whose policies one may simulate."""

    def test_right_on_one_user(self) -> None:
        asks = self.user("asks", statement("iam:SimulatePrincipalPolicy", f"{USERS}/asks"), service="iam")
        self.emulator.client("iam").create_user(UserName="other")
        asks.simulate_principal_policy(PolicySourceArn=f"{USERS}/asks", ActionNames=["sqs:CreateQueue"])
        with self.assertRaisesRegex(ClientError, "AccessDenied"):
            asks.simulate_principal_policy(PolicySourceArn=f"{USERS}/other", ActionNames=["sqs:CreateQueue"])
