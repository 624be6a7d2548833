"""Drops the output of a function whose role may not write to its log group.

AWS: Lambda writes the log as the function's role.
    Source: Lambda developer guide, "Sending Lambda function logs to CloudWatch Logs".
ministack: writes it without asking.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from aws.logs import FUNCTIONS, WRITE, WRITE_TAKES, config_of, group_of
from aws.rights import role_allows
from registry import replaces

log = logging.getLogger("launcher")


@replaces(FUNCTIONS, WRITE, WRITE_TAKES)
def write_if_permitted(write: Callable[..., None], function: dict[str, Any], *rest: Any, **named: Any) -> None:
    """Asks for the role's rights before anything is written."""
    config = config_of(function)
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        if not role_allows(config["Role"], action, some_stream_of(config)):
            log.warning("%s drops its log: its role may not %s", config["FunctionName"], action)
            return
    write(function, *rest, **named)


def some_stream_of(config: dict[str, Any]) -> str:
    """The ARN of some log stream of the function."""
    _, _, _, region, account = config["FunctionArn"].split(":")[:5]
    return f"arn:aws:logs:{region}:{account}:log-group:{group_of(config)}:log-stream:any"
