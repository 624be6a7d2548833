"""Calls services by tasks whose machine lacks one right after the other."""

from __future__ import annotations

from typing import Any

from testing.machines import StateMachines, rights_to_update, task
from testing.templates import resource, statement


class TaskRights(StateMachines):
    """What the role of a machine may call."""

    def test_reading_a_secret(self) -> None:
        get = statement("secretsmanager:GetSecretValue", {"Ref": "Secret"})
        secret = {"Secret": resource("SecretsManager::Secret", SecretString="hidden", Name="of-machine")}
        self.check(
            "secretsmanager:getSecretValue", {"SecretId": "of-machine"}, [get],
            "SecretsManager.SecretsManagerException", **secret,
        )

    def test_updating_a_connection(self) -> None:
        key = {"ApiKeyAuthParameters": {"ApiKeyValue": "second"}}
        change = {"Name": "test_updating_a_connection", "AuthorizationType": "API_KEY", "AuthParameters": key}
        self.check("eventbridge:updateConnection", change, rights_to_update(), "EventBridge.AccessDeniedException")

    def test_describing_a_connection(self) -> None:
        describe = statement("events:DescribeConnection", {"Fn::GetAtt": ["Connection", "Arn"]})
        name = {"Name": "test_describing_a_connection"}
        self.check("eventbridge:describeConnection", name, [describe], "EventBridge.AccessDeniedException")

    def check(self, call: str, given: dict[str, Any], grants: list[dict[str, Any]], error: str, **more: Any) -> None:
        """A machine that lacks a right fails with an error that names it; with all it does not."""
        for missing in range(len(grants)):
            rest = [grant for n, grant in enumerate(grants) if n != missing]
            outputs = self.system(task(f"aws-sdk:{call}"), rest, **more)
            ended, cause = self.run_machine(outputs["Machine"], **given)
            self.assertEqual(ended, error, cause)
            self.assertIn(grants[missing]["Statement"][0]["Action"], cause)
            self.delete(self.stack)
        outputs = self.system(task(f"aws-sdk:{call}"), grants, **more)
        ended, cause = self.run_machine(outputs["Machine"], **given)
        self.assertFalse(cause)
        self.delete(self.stack)
