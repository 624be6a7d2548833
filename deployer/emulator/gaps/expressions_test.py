"""Evaluates expressions that AWS evaluates, and larger ones that it does not."""

from __future__ import annotations

from typing import Any

from testing.machines import StateMachines

DEEP = lambda levels: "+".join(["1"] * levels)
MANY = lambda count: f"$length($replace($pad('', {count}, 'x'), /x/, 'yy'))"


class Expressions(StateMachines):
    """How much an evaluation holds."""

    def test_padding(self) -> None:
        self.assertEqual(self.value("$length($pad('', 262144, 'x'))"), 262144)
        self.assertEqual(self.value("$length($pad('', 131072, 'x') & $pad('', 131073, 'x'))"), 262145)
        self.assertEqual(self.value("$length($pad($pad('', 131072, 'x'), 262145, 'x'))"), 262145)
        self.refuses("$length($pad('', 262145, 'x'))")

    def test_nesting(self) -> None:
        self.assertEqual(self.value(DEEP(40)), 40)
        self.refuses(DEEP(200))

    def test_matches(self) -> None:
        self.assertEqual(self.value("$replace('a.b', '.', '-')"), "a-b")
        self.assertEqual(self.value(MANY(20000)), 40000)
        self.refuses(MANY(20001))

    def value(self, expression: str) -> Any:
        """What an expression is evaluated to, or the error."""
        return self.passed({"Output": f"{{% {expression} %}}"})[0]

    def refuses(self, expression: str) -> None:
        """An expression fails."""
        self.assertEqual(self.value(expression), "States.QueryEvaluationError", expression)
