"""Tests that propose new stacks."""

from __future__ import annotations

import json
from typing import Any

from testing.emulated import Emulated
from testing.templates import resource


class Proposals(Emulated):
    """Change sets for stacks that are not there yet."""

    def propose(self, name: str, stack: str, **more: Any) -> dict[str, Any]:
        """A change set of this name for a new stack."""
        template = json.dumps({"Resources": {"Queue": resource("SQS::Queue")}})
        made: dict[str, Any] = self.stacks.create_change_set(
            StackName=stack, ChangeSetName=name, ChangeSetType="CREATE", TemplateBody=template, **more,
        )
        return made

    def listed(self, stack: str) -> list[str]:
        """The names of the change sets of a stack."""
        pages = self.stacks.get_paginator("list_change_sets").paginate(StackName=stack)
        return [entry["ChangeSetName"] for page in pages for entry in page["Summaries"]]
