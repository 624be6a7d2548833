"""Shows that what is registered is all that is replaced of ministack, and all that is used of it."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import unittest
from collections.abc import Iterator
from pathlib import Path

import launcher
import needed
from testing.emulator import HERE

# What reaches into other modules by name.
REACHING = {"setattr", "delattr", "vars", "globals", "eval", "exec", "__import__"}
# Modules that load others by name: the one that keeps the list, and the one that loads the gaps.
LOADING = ("registry.py", "launcher.py")

def sources() -> Iterator[Path]:
    """The files that the executable embeds."""
    for path in sorted(HERE.rglob("*.py")):
        if "testing" not in path.parts and not path.name.endswith("_test.py") and path.name != "needed.py":
            yield path


class Registry(unittest.TestCase):
    """What is registered."""

    def test_every_change_of_ministack_is_registered(self) -> None:
        said = subprocess.run(
            [sys.executable, "-B", "-m", "testing.changes"], cwd=HERE, env={"PATH": "/usr/bin:/bin"},
            capture_output=True, text=True, timeout=120,
        )
        self.assertEqual(said.returncode, 0, said.stderr)
        unknown, unchanged, count = json.loads(said.stdout.splitlines()[-1])
        self.assertEqual(unknown, [], "replace it by a decorator of registry.py")
        self.assertEqual(unchanged, [], "nothing was replaced there")
        self.assertGreater(count, 90)

    def test_nothing_but_the_registry_reaches_into_other_modules(self) -> None:
        findings = [finding for path in sources() for finding in self.reaching(path)]
        self.assertEqual(findings, [], "go through `replaces`, `changes`, `adds`, `calls` or `reads` of registry.py")

    def reaching(self, path: Path) -> Iterator[str]:
        """Where a file assigns to a member of something else than itself, or takes another way into a module."""
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            place = f"{path.relative_to(HERE)}:{getattr(node, 'lineno', 0)}"
            targets = getattr(node, "targets", None) or [getattr(node, "target", None)]
            for target in (part for whole in targets if whole for part in ast.walk(whole)):
                is_member = isinstance(target, ast.Attribute) and isinstance(target.ctx, (ast.Store, ast.Del))
                if is_member and not (isinstance(target.value, ast.Name) and target.value.id == "self"):
                    yield f"{place}: {ast.unparse(target)}"
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [entry.name for entry in node.names]
                modules = [getattr(node, "module", None) or "", *names]
                if any(name.partition(".")[0] == "ministack" for name in modules):
                    yield f"{place}: {ast.unparse(node)}"
            if path.name not in LOADING and isinstance(node, (ast.Name, ast.Attribute)):
                name = node.id if isinstance(node, ast.Name) else node.attr
                if name in REACHING or name in ("import_module", "__dict__"):
                    yield f"{place}: {name}"

    def test_every_gap_is_closed(self) -> None:
        of_folder = {
            f"{path.parent.name}.{path.stem}" for path in sources()
            if path.parent.name in ("gaps", "guard") and re.search(r"^@(replaces|changes|adds)", path.read_text(), re.M)
        }
        self.assertEqual(of_folder, set(launcher.GAPS), "name it in GAPS of launcher.py")

    def test_every_gap_has_a_test(self) -> None:
        without = [gap for gap in launcher.GAPS if not list(needed.tests_of(gap))]
        self.assertEqual(without, [], "write one that fails without the gap")

    def test_every_gap_says_what_it_is(self) -> None:
        for gap in launcher.GAPS:
            text = ast.get_docstring(ast.parse((HERE / f"{gap.replace('.', '/')}.py").read_text())) or ""
            for part in (r"\A[A-Z][^\n]*\.\n\nAWS: ", r"^    Source: |^AWS: has no counterpart", r"^ministack: "):
                self.assertRegex(text, re.compile(part, re.M), gap)
            for issue in re.findall(r"^    Issue: (.*)$", text, re.M):
                self.assertRegex(issue, r"^https://github\.com/ministackorg/ministack/(issues|pull)/\d+$", gap)
