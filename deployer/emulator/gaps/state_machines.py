"""Checks the trust of a state machine's role, stores its logging as described, and refuses what is lost.

AWS: makes a state machine only if its role trusts Step Functions, and describes its logging as the API names it.
    Source: Step Functions API reference, "CreateStateMachine"; Step Functions developer guide, "Creating an IAM role
    for your state machine".
ministack: asks no role, describes the logging in the words of the template, and drops the variables that a state
    without JSONata assigns: a definition with such a state is refused here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from aws import scope
from aws.rights import may_assume
from aws.stacks import (
    CREATE,
    PROVISIONERS,
    UPDATE,
    Created,
    Properties,
    is_true,
    physical_name,
    refusal,
    replaces_handler,
)
from registry import calls

MACHINE = "AWS::StepFunctions::StateMachine"

definition_of = calls(PROVISIONERS, "_sfn_definition", "(props)")


@replaces_handler(MACHINE, "create", CREATE)
def create_machine(create: Callable[..., Created], logical_id: str, properties: Properties, stack: str) -> Created:
    """Checks a new machine."""
    name = properties.get("StateMachineName") or physical_name(stack, logical_id, max_len=80)
    check_trust(f"arn:aws:states:{scope.region()}:{scope.account()}:stateMachine:{name}", properties)
    check_variables(properties)
    return create(logical_id, with_logging_named(properties), stack)


@replaces_handler(MACHINE, "update", UPDATE)
def update_machine(
    update: Callable[..., Created], arn: str, old: Properties, new: Properties, stack: str,
    logical_id: str | None = None,
) -> Created:
    """Checks a changed machine."""
    check_trust(arn, new)
    check_variables(new)
    return update(arn, with_logging_named(old), with_logging_named(new), stack, logical_id)


def check_trust(arn: str, properties: Properties) -> None:
    """Raises if the role does not trust Step Functions."""
    if not may_assume("states", properties.get("RoleArn", ""), arn):
        raise refusal(
            "Sfn", 400, "Neither the global service principal states.amazonaws.com, nor the regional "
            "one is authorized to assume the provided role."
        )


def check_variables(properties: Properties) -> None:
    """Raises if ministack would drop variables."""
    for state, language in states_of(json.loads(definition_of(properties))):
        parts = (state, *state.get("Choices", ()), *state.get("Catch", ()))
        if language != "JSONata" and any("Assign" in part for part in parts):
            raise ValueError("The emulator would lose variables (Assign) of states without JSONata")


def states_of(machine: dict[str, Any], language: str = "JSONPath") -> Iterator[tuple[dict[str, Any], str]]:
    """All states of a definition, each with its query language."""
    language = machine.get("QueryLanguage", language)
    for state in machine.get("States", {}).values():
        yield state, state.get("QueryLanguage", language)
        for name in ("ItemProcessor", "Iterator"):
            yield from states_of(state.get(name, {}), language)
        for branch in state.get("Branches", ()):
            yield from states_of(branch, language)


def with_logging_named(properties: Properties) -> Properties:
    """The properties with the members of the logging named as the API does."""
    logging_configuration = properties.get("LoggingConfiguration")
    if logging_configuration is None:
        return properties
    return {**properties, "LoggingConfiguration": lower_names(logging_configuration)}


def lower_names(value: Any) -> Any:
    """The value with the names of its members beginning in lower case."""
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: lower_names(member) for name, member in value.items()}
    if isinstance(value, list):
        return [lower_names(member) for member in value]
    return is_true(value) if value in ("true", "false") else value
