"""Simulates a right whose condition depends on the context."""

from __future__ import annotations

import json

from testing.emulated import Emulated
from testing.templates import statement


class Simulations(Emulated):
    """The context of a simulation."""

    def test_simulation(self) -> None:
        iam = self.emulator.client("iam")
        via = {"ForAnyValue:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}}
        user = iam.create_user(UserName="simulated")["User"]["Arn"]
        policy = json.dumps(statement("sqs:CreateQueue", "*", Condition=via))
        iam.put_user_policy(UserName="simulated", PolicyName="p", PolicyDocument=policy)
        entry = {"ContextKeyName": "aws:CalledVia", "ContextKeyType": "stringList"}
        for service, decision in ("cloudformation", "allowed"), ("athena", "implicitDeny"):
            context = [{**entry, "ContextKeyValues": [f"{service}.amazonaws.com"]}]
            answer = iam.simulate_principal_policy(
                PolicySourceArn=user, ActionNames=["sqs:CreateQueue"], ContextEntries=context
            )
            self.assertEqual(answer["EvaluationResults"][0]["EvalDecision"], decision)
