"""Ends an evaluation that is nested too deeply, or that holds too much.

AWS: was measured to evaluate padding of so many characters and a nesting of so many levels, as the library counts
    them, and limits the memory of an evaluation.
    Source: Step Functions API reference, "TestState", whose answers to such expressions were published in 2026.
ministack: evaluates until the process has no memory or stack left.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from jsonata.functions import Functions

from aws.machines import MACHINES
from registry import calls, replaces

EXPRESSION_PADDING = 256 * 1024
EXPRESSION_DEPTH = 100

# How much memory a match of a pattern takes is not known; so many are few enough to be on the safe side.
EXPRESSION_MATCHES = 20_000

# Long enough for a busy machine, short enough to end an expression that would never end.
EXPRESSION_MILLISECONDS = 10_000

replace = calls(MACHINES, "_sfn_jsonata_replace", "(string=None, pattern=None, replacement=None, limit=None)")


@replaces(MACHINES, "_register_sfn_jsonata_functions", "(expr)")
def register_with_limits(register: Callable[[Any], None], expression: Any) -> None:
    """Gives an expression functions that know their limits."""
    register(expression)
    expression.register_lambda("pad", pad)
    expression.register_lambda("replace", replace_within_limit)
    expression.environment.set_runtime_bounds(EXPRESSION_MILLISECONDS, EXPRESSION_DEPTH)


def pad(text: str | None = None, width: int = 0, filler: str | None = None) -> Any:
    """Pads by no more than AWS does."""
    refuse(abs(width) - len(text or "") > EXPRESSION_PADDING)
    return Functions.pad(text, width, filler)


def replace_within_limit(text: Any = None, pattern: Any = None, by: Any = None, limit: Any = None) -> Any:
    """Replaces no more matches than AWS does."""
    if hasattr(pattern, "finditer") and isinstance(text, str):
        matches = itertools.islice(pattern.finditer(text), EXPRESSION_MATCHES + 1)
        refuse(sum(1 for _ in matches) > EXPRESSION_MATCHES)
    return replace(text, pattern, by, limit)


def refuse(is_too_much: bool) -> None:
    """Raises if so."""
    if is_too_much:
        raise ValueError("Expression evaluation memory limit exceeded: Check for excessive memory usage")
