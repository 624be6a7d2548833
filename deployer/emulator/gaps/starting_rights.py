"""Drops what a rule or a schedule starts without the right of its role to start it.

AWS: EventBridge starts a state machine as the role of the target.
    Source: EventBridge user guide, "IAM roles for sending events to targets in Amazon EventBridge".
ministack: starts it without asking: it ignores the role of a target.
    Issue: https://github.com/ministackorg/ministack/pull/664
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from aws.rights import role_allows
from registry import replaces

log = logging.getLogger("launcher")


@replaces("services.eventbridge", "_invoke_target", "(target, event, rule, view=None)")
def invoke_if_permitted(invoke: Callable[..., None], target: dict[str, Any], *rest: Any, **named: Any) -> None:
    """Asks for the role's right to start a state machine."""
    arn = target.get("Arn", "")
    if ":states:" in arn and not role_allows(target.get("RoleArn", ""), "states:StartExecution", arn):
        log.warning("%s may not start %s", target.get("RoleArn"), arn)
        return
    invoke(target, *rest, **named)
