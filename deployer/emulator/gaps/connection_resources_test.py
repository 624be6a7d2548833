"""Deploys a connection, changes it and renames it."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from testing.emulated import Emulated
from testing.machines import KEY
from testing.templates import outputs, resource

OTHER = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Other", "ApiKeyValue": "third"}}
ARN = outputs(Arn={"Fn::GetAtt": ["Connection", "Arn"]})


def connection(name: str, parameters: Any) -> dict[str, Any]:
    """A connection of this name."""
    return {"Connection": resource(
        "Events::Connection", Name=name, AuthorizationType="API_KEY", AuthParameters=parameters
    )}


class ConnectionResources(Emulated):
    """A connection in a template."""

    def test_connection_updates(self) -> None:
        events = self.emulator.client("events")
        arn = self.deploy(connection("before", KEY), ARN)["Outputs"]["Arn"]
        self.deploy(connection("before", OTHER), ARN, "UPDATE")
        described = events.describe_connection(Name="before")
        self.assertEqual(described["ConnectionArn"], arn)
        self.assertEqual(described["AuthParameters"], {"ApiKeyAuthParameters": {"ApiKeyName": "X-Other"}})
        stack = self.deploy(connection("renamed", OTHER), ARN, "UPDATE")
        self.assertEqual(events.describe_connection(Name="renamed")["ConnectionState"], "AUTHORIZED")
        with self.assertRaisesRegex(ClientError, "ResourceNotFound"):
            events.describe_connection(Name="before")
        self.delete(stack)
