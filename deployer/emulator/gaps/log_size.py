"""Forgets the logs of the oldest invocations before memory runs out.

AWS: keeps logs as long as their group says, at no cost to the functions.
    Source: CloudWatch Logs user guide, "Working with log groups and log streams".
ministack: makes a log stream for each invocation, and keeps all of them in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws.logs import FUNCTIONS, WRITE, WRITE_TAKES, config_of, group_of
from registry import reads, replaces

# The logs of so many invocations are kept for each log group.
KEPT_STREAMS = 20_000

log_groups = reads("services.cloudwatch_logs", "_log_groups", "AccountRegionScopedDict")


@replaces(FUNCTIONS, WRITE, WRITE_TAKES)
def write_and_forget(write: Callable[..., None], function: dict[str, Any], *rest: Any, **named: Any) -> None:
    """Drops the oldest streams of the group that was written to."""
    write(function, *rest, **named)
    streams = (log_groups().get(group_of(config_of(function))) or {}).get("streams", {})
    while len(streams) > KEPT_STREAMS:
        streams.pop(next(iter(streams)), None)
