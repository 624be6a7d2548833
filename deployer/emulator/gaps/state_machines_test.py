"""Deploys state machines with a log, without trust, and with variables that would be lost."""

from __future__ import annotations

from testing.machines import StateMachines, machine
from testing.templates import outputs, resource, role

GROUP = "/aws/vendedlogs/states/tested"
PASSING = {"StartAt": "Do", "States": {"Do": {"Type": "Pass", "End": True}}}


class Machines(StateMachines):
    """A state machine in a template."""

    def test_logging(self) -> None:
        logged = {"Level": "ALL", "IncludeExecutionData": False, "Destinations": [
            {"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": ["Logs", "Arn"]}}},
        ]}
        system = {
            "Logs": resource("Logs::LogGroup", LogGroupName=GROUP), "Role": role(),
            "Machine": machine(PASSING, LoggingConfiguration=logged),
        }
        name = outputs(Machine={"Ref": "Machine"})
        stack = self.deploy(system, name)

        def level() -> str:
            described = self.machines.describe_state_machine(stateMachineArn=stack["Outputs"]["Machine"])
            configuration = described["loggingConfiguration"]
            self.assertIn(GROUP, configuration["destinations"][0]["cloudWatchLogsLogGroup"]["logGroupArn"])
            found: str = configuration["level"]
            return found

        self.assertEqual(level(), "ALL")
        logged["Level"] = "ERROR"
        self.assertEqual(self.deploy(system, name, "UPDATE")["Outputs"], stack["Outputs"])
        self.assertEqual(level(), "ERROR")

    def test_role_that_trusts_another_service(self) -> None:
        stack = self.deploy({"Role": role(trusts=("scheduler",)), "Machine": machine(PASSING)})
        self.assert_fails(stack, "is authorized to assume the provided role")

    def test_variables_that_would_be_lost(self) -> None:
        assigning = {"Type": "Pass", "Assign": {"kept": 1}, "End": True}
        inner = {"StartAt": "Do", "States": {"Do": assigning}}
        outer = {"Type": "Parallel", "Branches": [inner], "End": True}
        definition = {"StartAt": "Both", "States": {"Both": outer}}
        stack = self.deploy({"Role": role(), "Machine": machine(definition)})
        self.assert_fails(stack, "would lose variables")
        self.delete(stack)
        assigning["QueryLanguage"] = "JSONata"
        stack = self.deploy({"Role": role(), "Machine": machine(definition)})
        self.assertEqual(stack["StackStatus"], "CREATE_COMPLETE", self.reasons(stack))
