"""Makes and updates a connection without one right on its secret after the other."""

from __future__ import annotations

import json

from botocore.exceptions import ClientError

from testing.emulated import Emulated
from testing.emulator import ACCOUNT, REGION
from testing.machines import KEY
from testing.templates import statement

CONNECTIONS = f"arn:aws:events:{REGION}:{ACCOUNT}:connection/kept*"
SECRETS = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:events!connection/kept/*"


class ConnectionRights(Emulated):
    """What the keeper of a connection must be allowed."""

    def test_rights_to_keep_connections(self) -> None:
        iam, events = self.emulator.client("iam"), self.user("keeper", service="events")

        def grant(actions: list[str]) -> None:
            policy = json.dumps(statement(actions, [SECRETS, CONNECTIONS]))
            iam.put_user_policy(UserName="keeper", PolicyName="p", PolicyDocument=policy)

        calls = (
            lambda: events.create_connection(Name="kept", AuthorizationType="API_KEY", AuthParameters=KEY),
            lambda: events.update_connection(Name="kept", AuthorizationType="API_KEY", AuthParameters=KEY),
        )
        for call in calls:
            granted = ["events:CreateConnection", "events:UpdateConnection"]
            for right in ("Create", "Delete", "Get", "Put", "Update"):
                grant(granted)
                with self.assertRaisesRegex(ClientError, "AccessDenied"):
                    call()
                granted.append(f"secretsmanager:{right}Secret{'Value' if right in ('Get', 'Put') else ''}")
            grant(granted)
            call()
        self.emulator.client("events").delete_connection(Name="kept")
