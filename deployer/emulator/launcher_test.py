"""Starts the launcher with what it was not written for."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from testing.emulator import HERE

# Runs the launcher beside a module of ministack that was changed before.
CHANGED = """
import importlib, launcher
module = importlib.import_module("ministack.{module}")
{change}
launcher.main()
"""


class Starting(unittest.TestCase):
    """What stops the launcher before it serves."""

    def last_lines(self, *arguments: str, **environment: str) -> list[str]:
        """What a launcher says that ends at once."""
        ended = subprocess.run(
            [sys.executable, "-B", *arguments], cwd=HERE, env={**environment, "PATH": "/usr/bin:/bin"},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, start_new_session=True,
        )
        self.assertNotEqual(ended.returncode, 0, ended)
        return [line for line in ended.stderr.splitlines() if line.startswith("launcher")]

    def changed(self, module: str, change: str) -> list[str]:
        """What a launcher says that finds another module."""
        return self.last_lines("-c", CHANGED.format(module=module, change=change))

    def test_another_version(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            info = Path(folder, "ministack-9.9.dist-info")
            info.mkdir()
            (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ministack\nVersion: 9.9\n")
            (line,) = self.last_lines("launcher.py", PYTHONPATH=folder)
        self.assertIn("ministack 9.9 is installed", line)

    def test_function_with_other_parameters(self) -> None:
        change = "module._dispatch_alarm_actions = lambda alarm, new_state, old_state, reason: None"
        self.assertEqual(self.changed("services.cloudwatch", change), [
            "launcher: gap `alarms`: `services.cloudwatch._dispatch_alarm_actions` of ministack: "
            "expected (alarm, old_state, new_state, reason), found (alarm, new_state, old_state, reason)"
        ])

    def test_function_that_is_gone(self) -> None:
        lines = self.changed("services.stepfunctions", "del module._find_matching_retrier")
        self.assertEqual(lines, [
            "launcher: gap `retries`: `services.stepfunctions._find_matching_retrier` of ministack: "
            "expected (retriers, error, retry_counts), found nothing "
            "(module 'ministack.services.stepfunctions' has no attribute '_find_matching_retrier')"
        ])

    def test_value_of_another_type(self) -> None:
        lines = self.changed("services.sns", "module._topics = []")
        self.assertEqual(lines, [
            "launcher: gap `foreign_topics`: `services.sns._topics` of ministack: "
            "expected AccountRegionScopedDict, found list"
        ])

    def test_gap_that_ministack_has_closed(self) -> None:
        change = 'module._SERVICE_DISPATCH["arn:aws:states:::http:invoke"] = lambda resource, data: None'
        self.assertEqual(self.changed("services.stepfunctions", change), [
            "launcher: gap `http_tasks`: `services.stepfunctions._SERVICE_DISPATCH[arn:aws:states:::http:invoke]` "
            "of ministack: expected nothing, found (resource, data)"
        ])

    def test_each_problem_has_a_line(self) -> None:
        lines = self.changed("services.eventbridge", "del module._create_connection, module._delete_connection")
        gaps = sorted(line.split("`")[1:4:2] for line in lines)
        self.assertEqual(gaps, [
            [gap, f"services.eventbridge._{action}_connection"]
            for gap in ("connection_resources", "connections") for action in ("create", "delete")
        ])

    def test_gap_that_is_not_known(self) -> None:
        (line,) = self.last_lines("launcher.py", "--without", "nothing")
        self.assertIn("argument --without: invalid choice: 'nothing'", line)
