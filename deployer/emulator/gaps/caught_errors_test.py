"""Catches and retries what can be caught, and what cannot."""

from __future__ import annotations

from typing import Any

from testing.machines import StateMachines, rights_to_call, task

TOO_LARGE = "States.DataLimitExceeded"


class CaughtErrors(StateMachines):
    """Which errors a state catches."""

    def test_catch_of_all(self) -> None:
        self.check({"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]})
        catch = [{"ErrorEquals": [TOO_LARGE], "Next": "Caught"}]
        outputs = self.system(task("http:invoke", Catch=catch), rights_to_call())
        self.assertEqual(self.call(outputs, "/large")[0]["Error"], TOO_LARGE)

    def test_retry_of_failed_tasks(self) -> None:
        self.check({"Retry": [{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 1, "IntervalSeconds": 1}]})
        self.assertEqual(len(self.endpoint.requests), 2, "each was tried once")

    def check(self, field: dict[str, Any]) -> None:
        """A field that names all errors leaves two out."""
        outputs = self.system(task("http:invoke", **field), rights_to_call())
        self.assertEqual(self.call(outputs, "/binary")[0], "States.Runtime")
        self.assertEqual(self.call(outputs, "/large")[0], TOO_LARGE)
        self.delete(self.stack)
