"""Deploys stacks as users who lack a right."""

from __future__ import annotations

import json
from typing import Any

from testing.emulated import Emulated
from testing.emulator import ACCOUNT, REGION
from testing.templates import function, resource, role, statement

QUEUE_ACTIONS = [f"sqs:{action}" for action in (
    "CreateQueue", "DeleteQueue", "GetQueueAttributes", "GetQueueUrl", "ListQueueTags", "TagQueue",
)]


class CallerRights(Emulated):
    """CloudFormation may do what its caller may, and no more."""

    def end_of(self, client: Any, resources: dict[str, Any]) -> dict[str, Any]:
        """The stack that this client creates, once it has settled."""
        created = client.create_stack(
            StackName=self.name(), TemplateBody=json.dumps({"Resources": resources}), Capabilities=["CAPABILITY_IAM"]
        )
        return self.settled(created["StackId"])

    def test_right_that_is_missing(self) -> None:
        all_but_tags = [action for action in QUEUE_ACTIONS if not action.endswith("Tags")]
        client = self.deployer("without-tags", statement(all_but_tags, "*"))
        stack = self.end_of(client, {"Queue": resource("SQS::Queue")})
        self.assert_fails(stack, "is not authorized to perform: sqs:ListQueueTags")

    def test_rights_for_calls_of_cloudformation(self) -> None:
        name = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{self.name()}-*"
        for service, status in ("athena", "ROLLBACK_COMPLETE"), ("cloudformation", "CREATE_COMPLETE"):
            via = {"ForAnyValue:StringEquals": {"aws:CalledVia": f"{service}.amazonaws.com"}}
            client = self.deployer(f"via-{service}", statement(QUEUE_ACTIONS, name, Condition=via))
            stack = self.end_of(client, {"Queue": resource("SQS::Queue")})
            self.assertEqual(stack["StackStatus"], status, self.reasons(stack))
            client.delete_stack(StackName=stack["StackId"])
            self.assertEqual(self.settled(stack["StackId"])["StackStatus"], "DELETE_COMPLETE")

    def test_role_for_another_service(self) -> None:
        made = ["iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:GetRole", "iam:GetRolePolicy",
                "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:PutRolePolicy", "iam:TagRole",
                "iam:UntagRole"]
        to_states = {"StringEquals": {"iam:PassedToService": "states.amazonaws.com"}}
        client = self.deployer(
            "passes-to-states", statement(made, "*"), statement(["lambda:*", "s3:GetObject"], "*"),
            statement("iam:PassRole", "*", Condition=to_states),
        )
        stack = self.end_of(client, {"Role": role(), "Function": function()})
        self.assert_fails(stack, "is not authorized to perform: iam:PassRole")
