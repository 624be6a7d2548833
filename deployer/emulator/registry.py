"""Everything that is replaced of ministack or used of it, and whether it is what the code here was written for.

Most of these names are private, so ministack's version is pinned, and each name is written down with the shape
that it has: the parameters of what can be called, the type of anything else. Another shape ends the launcher
with one line for each, instead of an unexpected behavior. Nothing else reaches into ministack
(`registry_test.py` shows it), so what is registered here is the whole list.
"""

from __future__ import annotations

import dataclasses
import functools
import importlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

MINISTACK_VERSION = "1.5.33"

# The shape of what is not there.
NOTHING = "nothing"

STEP = re.compile(r"(?:^|\.)(\w+)|\[([^\]]+)\]")

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclasses.dataclass(frozen=True, order=True)
class Place:
    """A name in a module of ministack, or what lies below it.

    `_page` is a name, `ProvidedWorker._spawn` a member of a class, `_HANDLERS[SendMessage]` an entry of a table.
    """

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"

    def get(self) -> Any:
        """What is there now; raises if nothing is."""
        return functools.reduce(below, self.steps(), self.whole_module())

    def put(self, value: Any) -> None:
        """Puts a value there; a table that it lies in is made if need be."""
        *way, (member, key) = self.steps()
        holder = self.whole_module()
        for step in way:
            holder = holder.setdefault(step[1], {}) if step[1] else below(holder, step)
        if key:
            holder[key] = value
        else:
            setattr(holder, member, value)

    def steps(self) -> list[tuple[str, str]]:
        """Member or key of each step from the module down."""
        return STEP.findall(self.name)

    def whole_module(self) -> Any:
        """The module itself."""
        return importlib.import_module(f"ministack.{self.module}")


def below(holder: Any, step: tuple[str, str]) -> Any:
    """A member of a value, or an entry of a table."""
    member, key = step
    return holder[key] if key else getattr(holder, member)


@dataclasses.dataclass(frozen=True)
class Piece:
    """Something of ministack that a module here replaces, adds or uses."""

    owner: str
    place: Place
    expected: str
    # From what is there to what takes its place; None if it is only used.
    make: Callable[[Any], Any] | None = None
    everywhere: bool = False

    def problem(self) -> str | None:
        """What is there in place of what was expected, if it is something else."""
        reason = ""
        try:
            found = shape(self.place.get())
        except (ImportError, AttributeError, KeyError, TypeError) as error:
            found, reason = NOTHING, f" ({error})"
        if found == self.expected:
            return None
        expected = self.expected
        return f"{label(self.owner)}: `{self.place}` of ministack: expected {expected}, found {found}{reason}"

    def install(self) -> Iterator[Place]:
        """Puts the replacement in its place, and yields where that was."""
        if self.make is None:
            return
        is_new = self.expected == NOTHING
        found = None if is_new else self.place.get()
        places = list(places_of(found)) if self.everywhere else [self.place]
        replacement = self.make(found)
        for place in places:
            place.put(replacement)
            yield place


PIECES: list[Piece] = []


def replaces(module: str, name: str, expected: str, everywhere: bool = False) -> Callable[[Function], Function]:
    """Registers a function that stands in for one of ministack, which it is given before all other arguments.

    `everywhere` replaces it as well in all modules that have imported it by name.
    """

    def register(function: Function) -> Function:
        make = functools.partial(bound, function)
        PIECES.append(Piece(function.__module__, Place(module, name), expected, make, everywhere))
        return function

    return register


def changes(module: str, name: str, expected: str) -> Callable[[Function], Function]:
    """Registers a function that makes another value of one that ministack has."""

    def register(function: Function) -> Function:
        PIECES.append(Piece(function.__module__, Place(module, name), expected, function))
        return function

    return register


def adds(module: str, name: str) -> Callable[[Function], Function]:
    """Registers a function as an entry that a table of ministack does not have."""

    def register(function: Function) -> Function:
        PIECES.append(Piece(function.__module__, Place(module, name), NOTHING, lambda _: function))
        return function

    return register


def calls(module: str, name: str, expected: str) -> Callable[..., Any]:
    """Registers that a function of ministack is called; returns one that calls it, whatever replaces it by then."""
    place = uses(module, name, expected)
    return lambda *given, **named: place.get()(*given, **named)


def reads(module: str, name: str, expected: str) -> Callable[[], Any]:
    """Registers that a value of ministack is used; returns a function that returns it as it is by then."""
    return uses(module, name, expected).get


def uses(module: str, name: str, expected: str) -> Place:
    """Registers a use by the module that has called the caller of this function."""
    owner: str = sys._getframe(2).f_globals["__name__"]
    PIECES.append(Piece(owner, Place(module, name), expected))
    return PIECES[-1].place


def problems() -> list[str]:
    """What of ministack is not what was written down."""
    return [problem for piece in PIECES if (problem := piece.problem())]


def install(modules: Iterable[str]) -> list[Place]:
    """Replaces what these modules have registered, one module after the other; returns all places where that was."""
    return [place for name in modules for piece in PIECES if piece.owner == name for place in piece.install()]


def bound(function: Callable[..., Any], found: Any) -> Callable[..., Any]:
    """The function with its first argument given, as a function that becomes a method in a class."""

    def replacement(*given: Any, **named: Any) -> Any:
        return function(found, *given, **named)

    async def awaited_replacement(*given: Any, **named: Any) -> Any:
        return await function(found, *given, **named)

    # The web server looks which of the two it is.
    is_awaited = inspect.iscoroutinefunction(function)
    return functools.wraps(found)(awaited_replacement if is_awaited else replacement)


def places_of(value: Any) -> Iterator[Place]:
    """Where modules of ministack that are loaded have this very value by name."""
    for name, module in sorted(sys.modules.items()):
        if name.startswith("ministack."):
            for member in [member for member, held in vars(module).items() if held is value]:
                yield Place(name.removeprefix("ministack."), member)


def label(owner: str) -> str:
    """The module that a problem is about, as a person names it."""
    package, _, name = owner.replace("__main__", "launcher").rpartition(".")
    return f"gap `{name}`" if package in ("gaps", "guard") else f"module `{name}`"


class Elided:
    """A default that is an object of its own."""

    def __repr__(self) -> str:
        return "..."


def shape(value: Any) -> str:
    """The parameters of what can be called, without annotations; the type of anything else."""
    if not callable(value):
        return type(value).__name__
    return str(inspect.Signature([plain(entry) for entry in inspect.signature(value).parameters.values()]))


def plain(parameter: inspect.Parameter) -> inspect.Parameter:
    """The parameter without its annotation, and with a default that reads the same in every process."""
    default = parameter.default
    if default is not inspect.Parameter.empty and not isinstance(default, (bool, int, float, str, tuple, type(None))):
        default = Elided()
    return parameter.replace(annotation=inspect.Parameter.empty, default=default)
