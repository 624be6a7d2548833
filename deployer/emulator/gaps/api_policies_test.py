"""Deploys resource policies of APIs: long ones, and none after one."""

from __future__ import annotations

from typing import Any

from testing.emulated import Emulated
from testing.templates import outputs, resource, statement

IDENTIFIER = outputs(Id={"Ref": "Api"})


def policy(senders: int) -> dict[str, Any]:
    """A policy that lets so many addresses call."""
    ranges = {"aws:SourceIp": [f"192.0.{n // 256}.{n % 256}/32" for n in range(senders)]}
    denial = {**statement("execute-api:Invoke", ["execute-api:/*"], Principal="*")["Statement"][0]}
    denial.update(Effect="Deny", Condition={"NotIpAddress": ranges})
    whole = statement("execute-api:Invoke", ["execute-api:/*"], Principal="*")
    return {**whole, "Statement": [*whole["Statement"], denial]}


def policed(**properties: Any) -> dict[str, Any]:
    """An API."""
    return {"Api": resource("ApiGateway::RestApi", Name="policed", **properties)}


class ApiPolicies(Emulated):
    """The resource policy of an API."""

    def test_policy_that_the_template_has_lost(self) -> None:
        identifier = self.deploy(policed(Policy=policy(300)), IDENTIFIER)["Outputs"]["Id"]
        read = lambda: self.emulator.client("apigateway").get_rest_api(restApiId=identifier)["policy"]
        self.assertIn("NotIpAddress", read())
        self.deploy(policed(Description="without a policy"), IDENTIFIER, "UPDATE")
        self.assertIn("NotIpAddress", read(), "CloudFormation leaves the policy as it was")
        self.deploy(policed(Policy=policy(0)), IDENTIFIER, "UPDATE")
        self.assertNotIn("192.0.0.1/32", read())

    def test_policy_that_is_too_long(self) -> None:
        self.deploy(policed(Policy=policy(300)), IDENTIFIER)
        stack = self.deploy(policed(Policy=policy(600)), IDENTIFIER, "UPDATE")
        self.assertEqual(stack["StackStatus"], "UPDATE_ROLLBACK_COMPLETE")
        self.assertRegex(self.reasons(stack), r"\d+ characters exceed the limit of 8192")

    def test_new_policy_that_is_too_long(self) -> None:
        stack = self.deploy(policed(Policy=policy(600)))
        self.assert_fails(stack, "characters exceed the limit of 8192")
