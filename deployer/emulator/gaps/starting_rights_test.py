"""Starts a state machine by a rule whose role may not."""

from __future__ import annotations

import time

from testing.emulator import wait_for
from testing.machines import StateMachines, machine
from testing.templates import outputs, resource, role, statement

ARN = {"Fn::GetAtt": ["Machine", "Arn"]}


class StartingRights(StateMachines):
    """What the role of a rule may start."""

    def test_rights_to_start(self) -> None:
        started = lambda: len(self.machines.list_executions(stateMachineArn=arn)["executions"])
        for grants, expected in ([], 0), ([statement("states:StartExecution", ARN)], 1):
            target = {"Id": "machine", "Arn": ARN, "RoleArn": {"Fn::GetAtt": ["Starter", "Arn"]}}
            stack = self.deploy(
                {
                    "Machine": machine({"StartAt": "Do", "States": {"Do": {"Type": "Pass", "End": True}}}),
                    "Rule": resource("Events::Rule", EventPattern={"source": ["test"]}, Targets=[target]),
                    "Role": role(), "Starter": role(*grants),
                },
                outputs(Machine={"Ref": "Machine"}),
            )
            arn = stack["Outputs"]["Machine"]
            self.events.put_events(Entries=[{"Source": "test", "DetailType": "test", "Detail": "{}"}])
            if expected:
                wait_for(started)
            time.sleep(0.2)  # Whatever else were to start would have started by now.
            self.assertEqual(started(), expected)
            self.delete(stack)
