"""Ends the lines of a function's log at line feeds only.

AWS: a line of output that ends at a line feed is one event of the log.
    Source: Lambda developer guide, "Sending Lambda function logs to CloudWatch Logs".
ministack: ends a line at every character that Unicode calls a separator of lines, and makes two events of a text
    that has one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws.logs import FUNCTIONS, WRITE, WRITE_TAKES
from registry import replaces


class Output(str):
    """What a function wrote, whose lines end at a line feed only."""

    def splitlines(self, keepends: bool = False) -> list[str]:
        return self.removesuffix("\n").split("\n")


@replaces(FUNCTIONS, WRITE, WRITE_TAKES)
def write_lines(
    write: Callable[..., None], function: dict[str, Any], request: str, text: str, *rest: Any, **named: Any
) -> None:
    """Writes a text that knows where its lines end."""
    write(function, request, Output(text or ""), *rest, **named)
