"""Who may do what: the policies of roles, of resources and of services that act for them."""

from __future__ import annotations

from typing import Any

from aws import scope
from registry import calls, reads

request_context = calls(
    "core.iam_evaluator", "EvalContext",
    "(principal_arn, principal_type, principal_account, action, resource_arn, region, source_ip=..., "
    "secure_transport=..., request_tags=..., tag_keys=..., service_context=..., principal_keys=...)",
)
evaluate = calls("core.iam_evaluator", "evaluate", "(ctx, policies, *limits)")
evaluate_policy = calls(
    "core.iam_evaluator", "evaluate_resource_policy", "(doc, ctx, service=None, named_only=False, direct_only=False)"
)
policies_of = calls("core.iam_evaluator", "_gather_role_policies", "(role_name, account_id)")
boundary = calls("core.iam_evaluator", "_permissions_boundary", "(store, name, account_id)")
roles = reads("services.iam", "_roles", "AccountScopedDict")


def role_allows(role: str, action: str, resource: str) -> bool:
    """Whether the policies of the role let it do this to the resource."""
    name = role.rsplit("/", 1)[-1]
    context = request_context(role, "AssumedRole", scope.account(), action, resource, scope.region())
    allowed = evaluate(context, policies_of(name, scope.account()), *boundary_of(name))
    return bool(allowed.decision == "Allow")


def boundary_of(role: str) -> list[Any]:
    """What the permissions boundary of the role allows, as ministack's evaluator takes it."""
    limits: list[Any] = boundary(roles(), role, scope.account())
    return limits


def may_assume(service: str, role: str, source: str) -> bool:
    """Whether the role trusts a service of AWS that acts for this resource."""
    trust = (roles().get(role.rsplit("/", 1)[-1]) or {}).get("AssumeRolePolicyDocument")
    context = request_context(
        "", "Service", scope.account(), "sts:AssumeRole", role, scope.region(), secure_transport=True,
        service_context={"aws:sourcearn": source, "aws:sourceaccount": scope.account()},
    )
    return bool(evaluate_policy(trust, context, service=f"{service}.amazonaws.com").decision == "Allow")
