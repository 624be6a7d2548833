"""Which actions the handlers of CloudFormation's resource types call, by the table that a deployer's rights use."""

from __future__ import annotations

import functools
import json
import pathlib
from collections.abc import Iterator
from typing import Any

from aws.resources import Resource


@functools.cache
def handler_permissions() -> dict[str, dict[str, Any]]:
    """The actions by resource type, from the file beside the launcher or in the sources."""
    launcher = pathlib.Path(__file__).resolve().parent.parent
    places = (launcher / "handlers.json", launcher.parent.parent / "stacks/src/rights/handlers.json")
    text = next(place for place in places if place.is_file()).read_text(encoding="utf-8")
    table: dict[str, dict[str, Any]] = json.loads(text)
    return table


def needed_actions(resource: Resource, *operations: str) -> Iterator[str]:
    """What some operations on a resource with these properties call."""
    handlers = handler_permissions().get(resource.kind, {})
    for operation in operations:
        entries = (*handlers.get(operation, ()), *handlers.get("also", {}).get(operation, ()))
        for entry in entries:
            action, _, rest = entry.partition(" ")
            if rest != "never" and (not rest or has_property(resource.properties, rest.removeprefix("if "))):
                yield action


def has_property(value: Any, path: str) -> bool:
    """Whether there is a property of this path; in a list, any element may have it."""
    if isinstance(value, list):
        return any(has_property(element, path) for element in value)
    name, _, rest = path.partition(".")
    if not isinstance(value, dict) or name not in value:
        return False
    return not rest or has_property(value[name], rest)
