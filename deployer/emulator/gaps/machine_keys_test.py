"""Runs a state machine whose role may use only a part of its key."""

from __future__ import annotations

from testing.emulator import ACCOUNT, REGION
from testing.machines import StateMachines, machine
from testing.templates import outputs, resource, role, statement

KEY = {"Fn::GetAtt": ["Key", "Arn"]}


class MachineKeys(StateMachines):
    """The key that encrypts an execution."""

    def test_rights_to_use_the_key(self) -> None:
        account = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        of_machine = {"StringLike": {
            "kms:EncryptionContext:aws:states:stateMachineArn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:*",
        }}
        actions = ["kms:Decrypt", "kms:GenerateDataKey"]
        encrypted = machine(
            {"StartAt": "Do", "States": {"Do": {"Type": "Pass", "End": True}}},
            EncryptionConfiguration={"Type": "CUSTOMER_MANAGED_KMS_KEY", "KmsKeyId": KEY},
        )
        for granted in actions[:1], actions:
            stack = self.deploy(
                {
                    "Key": resource("KMS::Key", KeyPolicy=statement("kms:*", "*", Principal=account)),
                    "Role": role(statement(granted, KEY, Condition=of_machine)), "Machine": encrypted,
                },
                outputs(Machine={"Ref": "Machine"}),
            )
            ended, cause = self.run_machine(stack["Outputs"]["Machine"], said=1)
            if granted is actions:
                self.assertEqual(ended, {"said": 1})
            else:
                self.assertEqual(ended, "KmsAccessDeniedException")
                self.assertIn("is not authorized to perform: kms:GenerateDataKey", cause)
            self.delete(stack)
