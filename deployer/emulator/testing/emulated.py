"""Tests that deploy stacks to an emulator."""

from __future__ import annotations

import json
import time
import unittest
from typing import Any

from testing.emulator import REGION, Emulator, shared, wait_for
from testing.templates import archive, statement


class Emulated(unittest.TestCase):
    """Tests that share an emulator with all others of its kind; each deploys stacks under its own name."""

    kind: type[Emulator] = Emulator
    emulator: Emulator
    stacks: Any
    s3: Any
    secrets: Any
    functions: Any

    @classmethod
    def setUpClass(cls) -> None:
        cls.emulator, is_new = shared(cls.kind)
        cls.stacks, cls.s3 = cls.emulator.client("cloudformation"), cls.emulator.client("s3")
        cls.secrets, cls.functions = cls.emulator.client("secretsmanager"), cls.emulator.client("lambda")
        if is_new:
            cls.s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": REGION})
            cls.s3.put_object(Bucket="code", Key="code.zip", Body=archive())

    def name(self) -> str:
        """The name of the test's stack."""
        return "-".join(self.id().split(".")[-2:]).replace("_", "-")

    def change_set(self, resources: dict[str, Any], outputs: Any, kind: str) -> dict[str, Any]:
        template = json.dumps({"Resources": resources, **({"Outputs": outputs} if outputs else {})})
        created = self.stacks.create_change_set(
            StackName=self.name(), ChangeSetName=f"c{time.time_ns()}", ChangeSetType=kind, TemplateBody=template,
            Capabilities=["CAPABILITY_IAM"],
        )
        described: dict[str, Any] = self.stacks.describe_change_set(ChangeSetName=created["Id"])
        return described

    def deploy(self, resources: dict[str, Any], outputs: Any = None, kind: str = "CREATE") -> dict[str, Any]:
        change_set = self.change_set(resources, outputs, kind)
        self.assertEqual(change_set["Status"], "CREATE_COMPLETE")
        self.stacks.execute_change_set(ChangeSetName=change_set["ChangeSetId"])
        return self.settled(change_set["StackId"])

    def settled(self, stack: str) -> dict[str, Any]:
        read = lambda: self.stacks.describe_stacks(StackName=stack)["Stacks"][0]
        wait_for(lambda: not read()["StackStatus"].endswith("_IN_PROGRESS"))
        found = read()
        outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in found.get("Outputs", [])}
        return {**found, "Outputs": outputs}

    def reasons(self, stack: dict[str, Any]) -> str:
        events = self.stacks.describe_stack_events(StackName=stack["StackId"])["StackEvents"]
        return " ".join(event.get("ResourceStatusReason", "") for event in events)

    def assert_fails(self, stack: dict[str, Any], reason: str, status: str = "ROLLBACK_COMPLETE") -> None:
        """Whether a stack has ended so, for this reason."""
        self.assertEqual(stack["StackStatus"], status)
        self.assertIn(reason, self.reasons(stack))

    def delete(self, stack: dict[str, Any]) -> None:
        self.stacks.delete_stack(StackName=stack["StackId"])
        self.assertEqual(self.settled(stack["StackId"])["StackStatus"], "DELETE_COMPLETE")

    def lines(self, group: str) -> list[str]:
        """What a log group holds."""
        events = self.emulator.client("logs").filter_log_events(logGroupName=group)["events"]
        return [event["message"] for event in events]

    def user(self, name: str, *policies: dict[str, Any], service: str) -> Any:
        """A client, as a new user with these policies."""
        iam = self.emulator.client("iam")
        iam.create_user(UserName=name)
        for n, policy in enumerate(policies):
            iam.put_user_policy(UserName=name, PolicyName=f"p{n}", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return self.emulator.client_with(service, key["AccessKeyId"], key["SecretAccessKey"])

    def deployer(self, name: str, *policies: dict[str, Any]) -> Any:
        """A client of CloudFormation, as a new user who may call it and has these policies."""
        return self.user(name, statement("cloudformation:*", "*"), *policies, service="cloudformation")
