"""Where a function logs, and how ministack writes it down."""

from __future__ import annotations

from typing import Any

# The function of ministack that writes what a function has said, and its parameters.
FUNCTIONS = "services.lambda_svc"
WRITE = "_emit_lambda_logs"
WRITE_TAKES = "(func, request_id, log_text, error, duration_ms, *, log_source=None)"
# The function of ministack that calls a function in one of its processes.
EXECUTE = "_execute_function_provided_warm"
EXECUTE_TAKES = "(func, event, request_id)"


def config_of(function: dict[str, Any]) -> dict[str, Any]:
    """The configuration of a function as ministack keeps it."""
    config: dict[str, Any] = function.get("config") or function
    return config


def group_of(config: dict[str, Any]) -> str:
    """The log group of a function."""
    chosen = (config.get("LoggingConfig") or {}).get("LogGroup")
    return chosen or f"/aws/lambda/{config['FunctionName']}"
