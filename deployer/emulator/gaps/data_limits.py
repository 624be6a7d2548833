"""Fails a state whose arguments, output or variables are larger than AWS takes, and sets variables all at once.

AWS: arguments and output have up to 256 KiB, so have the variables that one state assigns, and those of an execution
    have up to 10 MiB. What `Assign` assigns is seen by the next state. It is caught by its name alone, as the result
    of a task is; for variables, AWS does not say whether it is.
    Source: Step Functions developer guide, "Passing data between states with variables".
ministack: takes any size, and lets an assignment see the one before it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws.machines import MACHINES, STATE_PAYLOAD_BYTES, failed_task, json_bytes, too_large
from registry import calls, replaces

# Variables of one execution.
VARIABLES_BYTES = 10 * 1024 * 1024

evaluate = calls(MACHINES, "_apply_jsonata_template", "(value, raw_input, ctx=None, result=None, error_output=None)")


@replaces(MACHINES, "_apply_jsonata_arguments", "(state_def, raw_input, ctx=None)")
@replaces(
    MACHINES, "_apply_jsonata_output", "(state_def, raw_input, ctx=None, result=None, error_output=None, default=None)"
)
def evaluate_within_limit(evaluate_it: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Weighs the arguments or the output of a state."""
    value = evaluate_it(*given, **named)
    if json_bytes(value) > STATE_PAYLOAD_BYTES:
        raise too_large()
    return value


@replaces(MACHINES, "_apply_state_assign", "(state_def, raw_input, ctx, result=None, error_output=None)")
def assign(
    _assign: Callable[..., None], state: dict[str, Any], given: Any, ctx: dict[str, Any] | None, **sources: Any
) -> None:
    """Evaluates all assignments before the first variable is set, and weighs the variables."""
    if not isinstance(state.get("Assign"), dict) or ctx is None:
        return
    new = {name: evaluate(template, given, ctx, **sources) for name, template in state["Assign"].items()}
    known = ctx.setdefault("variables", {})
    if sum(map(json_bytes, new.values())) > STATE_PAYLOAD_BYTES:
        raise failed_task(
            "States.DataLimitExceeded",
            f"The variables that the state assigns exceed the limit of {STATE_PAYLOAD_BYTES} bytes.",
        )
    if sum(map(json_bytes, {**known, **new}.values())) > VARIABLES_BYTES:
        raise failed_task("States.DataLimitExceeded", "Execution total variable size limit exceeded.")
    known.update(new)
