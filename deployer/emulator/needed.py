"""Shows that each gap is still one: its tests fail while it is open.

`python -m unittest needed` tries all gaps, which takes a quarter of an hour, and
`python -m unittest needed.Needed.test_alarms` one. The tests of a gap are in the file of its name, or in one that
names its module in `GAP`. Each runs with an emulator of its own, so that none fails for what another has left behind.
"""

from __future__ import annotations

import contextlib
import importlib
import subprocess
import unittest
from collections.abc import Callable, Iterator
from typing import Any

import launcher
from testing.emulator import HERE, left_open, patience, stop_all
from testing.marks import MARK

# How long a test waits for what does not come while a gap is open.
SECONDS_TO_WAIT = 15.0


class Needed(unittest.TestCase):
    """For each gap, its tests without it."""

    maxDiff = None

    def check(self, gap: str) -> None:
        """All tests of a gap fail while it is open."""
        tests = list(tests_of(gap))
        self.assertNotEqual(tests, [], "no test shows this gap: write one in a file of its name that ends with `_test`")
        passed = [test.id() for test in tests if self.passes(test, gap)]
        self.assertEqual(passed, [], f"these pass without `{gap}`: it is no longer needed for what they show")

    def passes(self, test: unittest.TestCase, gap: str) -> bool:
        """Whether a test passes while a gap is open."""
        result = unittest.TestResult()
        with open_gap(launcher.name(gap)):
            unittest.TestSuite([test]).run(result)
        problems = [text for _, text in (*result.errors, *result.failures)]
        self.assertTrue(result.testsRun, f"{test.id()} did not begin: {problems}")
        self.assertEqual(result.skipped, [], "run this as a user who may run all tests")
        return not problems


def tests_of(gap: str) -> Iterator[unittest.TestCase]:
    """The tests that show a gap, which goes by the name of its module."""
    for path in sorted(HERE.glob("g*/*_test.py")):
        name = f"{path.parent.name}.{path.stem}"
        module = importlib.import_module(name)
        if getattr(module, "GAP", name.removesuffix("_test")) == gap:
            suites: Any = unittest.defaultTestLoader.loadTestsFromModule(module)
            for test in (test for suite in suites for test in suite):
                if not hasattr(getattr(test, test._testMethodName), MARK):
                    yield test


@contextlib.contextmanager
def open_gap(gap: str) -> Iterator[None]:
    """Leaves a gap open in all emulators that are started meanwhile."""
    before, left_open[:], patience[0] = patience[0], [gap], SECONDS_TO_WAIT
    try:
        yield
    finally:
        left_open.clear()
        patience[0] = before
        # It was killed, if it did not end by itself.
        with contextlib.suppress(subprocess.TimeoutExpired):
            stop_all()


def test_of(gap: str) -> Callable[[Needed], None]:
    """The test of one gap, for the class above."""
    return lambda self: self.check(gap)


for gap in launcher.GAPS:
    setattr(Needed, f"test_{launcher.name(gap)}", test_of(gap))
