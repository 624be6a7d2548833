"""Makes, updates and de-authorizes connections."""

from __future__ import annotations

import json

from botocore.exceptions import ClientError

from testing.emulator import ACCOUNT, REGION, wait_for
from testing.machines import INVALID_STATE, KEY, StateMachines, rights_to_call, rights_to_update, task


class Connections(StateMachines):
    """The states, secrets and parameters of a connection."""

    def state(self, name: str) -> str:
        """The state of a connection."""
        found: str = self.events.describe_connection(Name=name)["ConnectionState"]
        return found

    def test_connection(self) -> None:
        outputs = self.system(task("http:invoke"), rights_to_call())
        name, prefix = outputs["Name"], f"arn:aws:events:{REGION}:{ACCOUNT}:connection/test_connection"
        self.assertEqual((name, outputs["ArnForPolicy"]), ("test_connection", prefix))
        self.assertRegex(outputs["Arn"], rf"^{prefix}/[0-9a-f-]{{36}}$")
        self.assertRegex(outputs["SecretArn"], rf":secret:events!connection/{name}/[0-9a-f-]{{36}}-\w+$")
        self.assertNotIn(outputs["Arn"].rsplit("/")[-1], outputs["SecretArn"])
        self.assertIn("first", self.secrets.get_secret_value(SecretId=outputs["SecretArn"])["SecretString"])
        described = self.events.describe_connection(Name=name)
        self.assertEqual(described["AuthParameters"], {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key"}})
        self.assertEqual((described["ConnectionArn"], described["SecretArn"]), (outputs["Arn"], outputs["SecretArn"]))
        stale = {"ConnectionArn": f"{prefix}/0c3a1a6e-0000-0000-0000-000000000000"}
        self.assertEqual(self.events.deauthorize_connection(Name=name)["ConnectionState"], "DEAUTHORIZING")
        self.assertEqual(self.call(outputs, "/json")[0], INVALID_STATE)
        error, _ = self.call(outputs, "/json", InvocationConfig=stale)
        self.assertEqual(error, "Events.ConnectionResource.AccessDenied", "the role names the whole ARN")
        self.delete(self.stack)
        self.assertEqual(self.events.list_connections(NamePrefix=name)["Connections"], [])
        with self.assertRaisesRegex(ClientError, "ResourceNotFound"):
            self.secrets.describe_secret(SecretId=outputs["SecretArn"])

    def test_connection_that_authorizes(self) -> None:
        definition = task("http:invoke", Arguments="{% $states.context.Execution.Input %}")
        key = {"ApiKeyAuthParameters": {"ApiKeyValue": "second"}}
        definition["StartAt"] = "Update"
        definition["States"]["Update"] = {
            "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:eventbridge:updateConnection", "Next": "Do",
            "Arguments": {
                "Name": "test_connection_that_authorizes", "AuthorizationType": "API_KEY", "AuthParameters": key,
            },
        }
        outputs = self.system(definition, [*rights_to_call(), *rights_to_update()])
        self.assertEqual(self.call(outputs, "/json")[0], "Events.ConnectionResource.AuthInProgress")
        wait_for(lambda: self.state(outputs["Name"]) == "AUTHORIZED")
        retry = [{"ErrorEquals": ["Events.ConnectionResource.AuthInProgress"], "IntervalSeconds": 1}]
        definition["States"]["Do"]["Retry"] = retry
        self.machines.update_state_machine(stateMachineArn=outputs["Machine"], definition=json.dumps(definition))
        self.assertEqual(self.call(outputs, "/json")[0]["StatusCode"], 200)
        self.assertEqual(self.endpoint.requests[0][2]["x-key"], "second")
        stored = self.secrets.get_secret_value(SecretId=outputs["SecretArn"])["SecretString"]
        self.assertEqual(json.loads(stored)["ApiKeyAuthParameters"], {"ApiKeyName": "X-Key", "ApiKeyValue": "second"})

    def test_connection_updates_without_a_kind(self) -> None:
        make = {"Name": "kindless", "AuthorizationType": "API_KEY", "AuthParameters": KEY}
        self.events.create_connection(**make)
        for wrong in ({"AuthParameters": KEY}, {"AuthorizationType": "BASIC"}):
            with self.assertRaisesRegex(ClientError, "ValidationException.*AuthorizationType with"):
                self.events.update_connection(Name="kindless", **wrong)
        self.events.update_connection(Name="kindless", Description="another")
        described = self.events.describe_connection(Name="kindless")
        self.assertEqual((described["Description"], described["ConnectionState"]), ("another", "AUTHORIZED"))
        self.events.delete_connection(Name="kindless")

    def test_connection_values(self) -> None:
        for value in ("x" * 513, "line\n", "with:colon", "bell\a"):
            wrong = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": value}}
            with self.assertRaisesRegex(ClientError, "ValidationException.*ApiKeyValue") as refused:
                self.events.create_connection(Name="wrong", AuthorizationType="API_KEY", AuthParameters=wrong)
            self.assertNotIn(value, str(refused.exception))
        self.events.create_connection(Name="longest", AuthorizationType="API_KEY", AuthParameters={
            "ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "x" * 512}
        })
        self.events.delete_connection(Name="longest")
