"""Waits between attempts as long as a retrier says.

AWS: waits `IntervalSeconds`, times `BackoffRate` for each attempt, up to `MaxDelaySeconds`, and with jitter if asked
    for.
    Source: Step Functions developer guide, "Handling errors in Step Functions workflows".
ministack: waits a minute at most, without jitter or a longest delay.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from aws.machines import MACHINES, running_machine
from registry import calls, replaces

sleep = calls(MACHINES, "_scaled_sleep", "(seconds)")


@replaces(MACHINES, "_find_matching_retrier", "(retriers, error, retry_counts)")
def find_and_wait(find: Callable[..., Any], retriers: Any, error: str, counts: dict[int, int]) -> Any:
    """Waits here, and leaves nothing to wait for to ministack."""
    retrier, index = find(retriers, error, counts)
    # TestState only asks; outside of a running machine nothing waits.
    if retrier is None or running_machine.get() is None:
        return retrier, index
    delay = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2) ** counts.get(index, 0)
    delay = min(delay, retrier.get("MaxDelaySeconds", delay))
    is_spread = retrier.get("JitterStrategy") == "FULL"
    sleep(random.uniform(0, delay) if is_spread else delay)
    return {**retrier, "IntervalSeconds": 0}, index
