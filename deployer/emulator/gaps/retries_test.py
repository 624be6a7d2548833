"""Measures how far attempts are apart."""

from __future__ import annotations

import json
import subprocess
import sys
import unittest

from testing.emulator import HERE, left_open

RETRIER = {
    "ErrorEquals": ["E"], "IntervalSeconds": 5, "MaxAttempts": 7, "BackoffRate": 2, "MaxDelaySeconds": 300,
}
# Asks for the retrier of each attempt: outside of a machine, and within one. Says what is left to wait for, and what
# was waited for.
SCRIPT = f"""
import importlib, json, launcher, sys
launcher.stop_on_another_ministack()
launcher.close_gaps(json.loads(sys.argv[1]))
machines = importlib.import_module("ministack.services.stepfunctions")
waited = []
machines._scaled_sleep = waited.append
attempts = lambda: [
    machines._find_matching_retrier([{RETRIER!r}], "E", {{0: count}})[0]["IntervalSeconds"] for count in range(7)
]
left = attempts()
importlib.import_module("aws.machines").running_machine.set({{}})
print(json.dumps([left + attempts(), waited]))
"""


class Retries(unittest.TestCase):
    """How long a machine waits."""

    def test_attempts_are_as_far_apart_as_their_retrier_says(self) -> None:
        said = subprocess.run(
            [sys.executable, "-B", "-c", SCRIPT, json.dumps(left_open)], cwd=HERE, env={"PATH": "/usr/bin:/bin"},
            capture_output=True, text=True, timeout=60,
        )
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertEqual(json.loads(said.stdout), [[5] * 7 + [0] * 7, [5, 10, 20, 40, 80, 160, 300]])
