"""Lets a simulation of policies see the context that it is given.

AWS: conditions are weighed with the entries of `ContextEntries`.
    Source: IAM API reference, "SimulatePrincipalPolicy".
ministack: ignores them.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any

from registry import calls, replaces

IAM = "services.iam"

parameter = calls(IAM, "_p", "(params, key, default='')")

# What a simulated request brings with it, by key in lower case.
SIMULATED: contextvars.ContextVar[dict[str, Any]] = contextvars.ContextVar("simulated", default={})


@replaces(IAM, "_IAM_HANDLERS[SimulatePrincipalPolicy]", "(p)")
def simulate_in_context(simulate: Callable[..., Any], request: dict[str, Any]) -> Any:
    """Remembers the entries while the simulation runs."""
    entries = {}
    for number in range(1, 50):
        entry = f"ContextEntries.member.{number}"
        if key := parameter(request, f"{entry}.ContextKeyName"):
            entries[key.lower()] = parameter(request, f"{entry}.ContextKeyValues.member.1")
    token = SIMULATED.set(entries)
    try:
        return simulate(request)
    finally:
        SIMULATED.reset(token)


@replaces("core.iam_evaluator", "evaluate", "(ctx, policies, *limits)")
def evaluate_in_context(evaluate: Callable[..., Any], context: Any, *layers: Any) -> Any:
    """Adds the entries to the context of the request."""
    context.service_context.update(SIMULATED.get())
    return evaluate(context, *layers)
