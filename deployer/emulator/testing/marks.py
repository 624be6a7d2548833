"""Which tests in the file of a gap do not fail while it is open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Test = TypeVar("Test", bound=Callable[..., Any])

MARK = "holds_without_the_gap"


def holds_without_the_gap(test: Test) -> Test:
    """Marks a test that shows what a gap leaves as it is, or what ministack has by itself as well."""
    setattr(test, MARK, True)
    return test
