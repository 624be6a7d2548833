"""Closes all gaps, and compares what is another value in ministack's modules then with what the registry says.

Prints, as JSON, what has changed and is not registered, what is registered and has not changed, and how much is
registered. A place is the object that holds a value, and the name there: one table may be known in several modules.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

import launcher
import registry

Place = tuple[int, str]
Snapshot = dict[Place, tuple[str, Any]]

# Tables of tables are looked into so far.
DEPTH = 3


def inside(holder: Any, entries: Mapping[str, Any], name: str, depth: int) -> Iterator[tuple[Place, tuple[str, Any]]]:
    """The values that something holds, and what those that are tables or classes hold."""
    for key, value in list(entries.items()):
        if isinstance(value, ModuleType):
            continue
        below = f"{name}[{key}]" if isinstance(holder, dict) else f"{name}.{key}"
        yield (id(holder), key), (below, value)
        if depth and isinstance(value, dict):
            yield from inside(value, value, below, depth - 1)
        elif depth and isinstance(value, type) and value.__module__.startswith("ministack."):
            yield from inside(value, vars(value), below, 0)


def snapshot() -> Snapshot:
    """All values in the modules of ministack."""
    found: Snapshot = {}
    for name, module in sorted(sys.modules.items()):
        if name.startswith("ministack."):
            found.update(inside(module, vars(module), name.removeprefix("ministack."), DEPTH))
    return found


def holder_of(place: registry.Place) -> Place:
    """A registered place as this file names it."""
    *way, (member, key) = place.steps()
    holder = place.whole_module()
    for step in way:
        holder = registry.below(holder, step)
    return id(holder), member or key


def main() -> None:
    """Compares."""
    launcher.stop_on_another_ministack()
    before = snapshot()
    places = [*launcher.close_gaps([]), *registry.install(["journal"])]
    after, registered = snapshot(), {holder_of(place): str(place) for place in places}
    holders = {holder for holder, _ in after}
    changed = {
        place: name for place, (name, value) in after.items()
        if place not in before or before[place][1] is not value
    } | {place: name for place, (name, _) in before.items() if place not in after and place[0] in holders}
    # A table that is new is what it holds; if it is registered as a whole, that is not looked at.
    tables = {id(value) for _, value in before.values()}
    new = {place: value for place, (_, value) in after.items() if isinstance(value, dict) and id(value) not in tables}
    whole = {id(value) for place, value in new.items() if place in registered}
    unknown = [
        name for place, name in changed.items()
        if place not in registered and place not in new and place[0] not in whole
    ]
    unchanged = [name for place, name in registered.items() if place not in changed]
    print(json.dumps([sorted(unknown), sorted(unchanged), len(registered)]))


if __name__ == "__main__":
    main()
