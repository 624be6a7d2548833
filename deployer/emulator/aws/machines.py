"""Which state machine a task belongs to, what its role may do, and how a task fails."""

from __future__ import annotations

import contextvars
import json
from collections.abc import Callable
from typing import Any

from aws import rights, scope
from registry import calls, reads, replaces

MACHINES = "services.stepfunctions"
STATE_PAYLOAD_BYTES = 256 * 1024

execution_error = calls(MACHINES, "_ExecutionError", "(error, cause)")
executions = reads(MACHINES, "_executions", "AccountRegionScopedDict")
state_machines = reads(MACHINES, "_state_machines", "AccountRegionScopedDict")
policy_of = calls("core.iam_evaluator", "_resource_policy", "(service, resource_arn)")
services_with_policies = reads("core.iam_evaluator", "_POLICY_REQUIRED", "frozenset")
combine_policies = calls(
    "core.iam_evaluator", "combine_resource_policy", "(identity, ctx, policy, owner_account, required=False, limits=())"
)
denial_message = calls(
    "core.iam_actions", "identity_denial_message", "(action, principal_arn, resource, explicit_deny)"
)

# The state machine whose task this thread runs.
running_machine: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar(
    "running_machine", default=None
)


@replaces(MACHINES, "_run_execution", "(exec_arn)")
def run_execution(run: Callable[[str], None], arn: str) -> None:
    """Remembers whose tasks run."""
    execution = executions().get(arn) or {}
    token = running_machine.set(state_machines().get(execution.get("stateMachineArn")))
    try:
        run(arn)
    finally:
        running_machine.reset(token)


def failed_task(error: str, cause: str) -> Exception:
    """The failure of a task, as ministack's interpreter takes it."""
    failure: Exception = execution_error(error, cause)
    return failure


def too_large() -> Exception:
    """The failure of a task whose result does not fit."""
    return failed_task(
        "States.DataLimitExceeded",
        "The state/task returned a result with a size exceeding the maximum number of bytes "
        f"service limit of {STATE_PAYLOAD_BYTES}.",
    )


def json_bytes(value: Any) -> int:
    """The size of a value as JSON in UTF-8."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))


def task_denial(action: str, *resources: str, keys: dict[str, str] | None = None) -> str | None:
    """Why the running machine's role may do this to none of the resources; None if it may.

    A resource that AWS knows by two ARNs is named by both. The keys are those of conditions. Outside
    of a machine, as in TestState, there is no role to ask.
    """
    machine = running_machine.get()
    if machine is None:
        return None
    role = machine["roleArn"].rsplit("/", 1)[-1]
    session = f"arn:aws:sts::{scope.account()}:assumed-role/{role}/{machine['name']}"
    decision = None
    for resource in resources:
        decision = role_decision(role, session, action, resource, keys or {})
        if decision == "Allow":
            return None
    text: str = denial_message(action, session, resources[0], decision == "Deny")
    return text


def role_decision(role: str, session: str, action: str, resource: str, keys: dict[str, str]) -> str:
    """What the policies of a role, and that of the resource, say together."""
    service, limits = action.split(":")[0], rights.boundary_of(role)
    context = rights.request_context(
        session, "AssumedRole", scope.account(), action, resource, scope.region(), secure_transport=True,
        service_context={name.lower(): value for name, value in keys.items()},
    )
    found = rights.evaluate(context, rights.policies_of(role, scope.account()), *limits)
    policy = policy_of(service, resource)
    if policy is not None:
        required = service in services_with_policies()
        found = combine_policies(found, context, *policy, required=required, limits=tuple(limits))
    return str(found.decision)
