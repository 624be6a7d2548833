"""Fails an operation on a resource of a stack that the caller of CloudFormation may not do.

AWS: CloudFormation acts with the caller's rights, so the deployer needs what the handlers of the resource types
    call. Nothing is asked of the root user.
    Source: CloudFormation user guide, "Control CloudFormation access with AWS Identity and Access Management".
ministack: asks for the right to call CloudFormation only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws import rights, scope
from aws.callers import CALLER
from aws.handlers import needed_actions
from aws.resources import API_DESTINATIONS, Resource, function_of
from aws.stacks import Created, Properties, refusal
from registry import calls, replaces

STACKS = "services.cloudformation.stacks"

SERVICES_WITH_ROLES = {
    "AWS::Lambda::Function": "lambda", "AWS::Scheduler::Schedule": "scheduler",
    "AWS::StepFunctions::StateMachine": "states",
}

principal_of = calls("core.iam_evaluator", "resolve_principal", "(access_key_id, account_id, credential=None)")


@replaces(STACKS, "_provision_resource", "(resource_type, logical_id, props, stack_name)")
def create_resource(
    create: Callable[..., Created], kind: str, logical_id: str, properties: Properties, stack: str
) -> Created:
    """Asks for what making a resource takes."""
    check_caller(Resource(kind, logical_id, properties, stack), "create", "read")
    return create(kind, logical_id, properties, stack)


@replaces(
    STACKS, "_update_resource",
    "(resource_type, physical_id, old_props, new_props, stack_name, logical_id=None, old_attrs=None)",
)
def update_resource(
    update: Callable[..., Created], kind: str, identifier: str, old: Properties, new: Properties, stack: str,
    logical_id: str = "", *rest: Any,
) -> Created:
    """Asks for what changing a resource takes, if it changes."""
    if old != new:
        check_caller(Resource(kind, logical_id, new, stack, identifier), "update", "read")
    return update(kind, identifier, old, new, stack, logical_id, *rest)


@replaces(STACKS, "_delete_resource", "(resource_type, physical_id, props, stack_name=None, logical_id=None)")
def delete_resource(
    delete: Callable[..., None], kind: str, identifier: str, properties: Properties, stack: str = "",
    logical_id: str = "",
) -> None:
    """Asks for what deleting a resource takes."""
    check_caller(Resource(kind, logical_id, properties, stack, identifier), "delete")
    delete(kind, identifier, properties, stack, logical_id)


def check_caller(resource: Resource, *operations: str) -> None:
    """Raises if the user who started the stack's operation may not do what it takes."""
    account = scope.account()
    caller: Any = principal_of(CALLER.get(), account) if CALLER.get() else None
    # The root user, and ministack itself, may do everything.
    if getattr(caller, "policies", None) is None:
        return
    for action in needed_actions(resource, *operations):
        for target in resource.targets(action):
            context = rights.request_context(
                caller.arn, caller.type, account, action, target, scope.region(),
                source_ip="cloudformation.amazonaws.com", secure_transport=True,
                principal_keys=caller.keys, service_context=call_context(resource, action),
            )
            decision = rights.evaluate(context, caller.policies, *caller.limits).decision
            if decision != "Allow":
                service = action.split(":")[0]
                raise refusal(
                    service.capitalize(), 403, f"User: {caller.arn} is not authorized to perform: {action} "
                    f"on resource: {target} because no identity-based policy allows the {action} action"
                )


def call_context(resource: Resource, action: str) -> dict[str, Any]:
    """What a call that CloudFormation makes for a resource brings with it, in IAM's words."""
    context: dict[str, Any] = {
        "aws:calledvia": ["cloudformation.amazonaws.com"], "aws:viaawsservice": "true",
    }
    if action == "iam:PassRole":
        context["iam:passedtoservice"] = f"{SERVICES_WITH_ROLES[resource.kind]}.amazonaws.com"
    if action == "iam:CreateServiceLinkedRole":
        context["iam:awsservicename"] = API_DESTINATIONS
    if resource.kind == "AWS::IAM::Role" and resource.properties.get("PermissionsBoundary"):
        context["iam:permissionsboundary"] = resource.properties["PermissionsBoundary"]
    if resource.kind == "AWS::Lambda::EventSourceMapping":
        context["lambda:functionarn"] = function_of(resource)[0]
    if action in ("kms:Decrypt", "kms:GenerateDataKey"):
        context["kms:encryptioncontext:aws:states:statemachinearn"] = resource.arn()
    return context
