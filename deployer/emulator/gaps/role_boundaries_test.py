"""Limits a role by a boundary that its template gives to it."""

from __future__ import annotations

from typing import Any

from testing.emulated import Emulated
from testing.emulator import ACCOUNT
from testing.templates import LOGS, logging_function, outputs, resource, statement


class RoleBoundaries(Emulated):
    """The permissions boundary of a role."""

    def limited(self, group: str, boundary: Any) -> dict[str, Any]:
        """A function that may log as far as a boundary lets it."""
        may = statement(LOGS, {"Fn::GetAtt": ["Logs", "Arn"]})
        made = logging_function(group, may)
        made["Role"]["Properties"]["PermissionsBoundary"] = boundary
        return made

    def policy(self, action: str) -> dict[str, Any]:
        return {"Boundary": resource("IAM::ManagedPolicy", PolicyDocument=statement(action, "*"))}

    def test_boundary_of_a_role(self) -> None:
        limited = self.limited("log-of-limited", {"Ref": "Boundary"})
        names = outputs(Name={"Ref": "Function"}, Role={"Ref": "Role"})
        made = self.deploy({**limited, **self.policy("s3:*")}, names)["Outputs"]

        def lines() -> list[str]:
            self.functions.invoke(FunctionName=made["Name"], Payload=b"{}")
            return self.lines("log-of-limited")

        self.assertEqual(lines(), [], "a right outside of the boundary is none")
        found = self.emulator.client("iam").get_role(RoleName=made["Role"])["Role"]
        self.assertIn(":policy/", found["PermissionsBoundary"]["PermissionsBoundaryArn"])
        self.deploy({**limited, **self.policy("logs:*")}, names, "UPDATE")
        self.assertNotEqual(lines(), [])

    def test_boundary_that_is_not_there(self) -> None:
        self.deploy({**self.limited("log-of-unlimited", {"Ref": "Boundary"}), **self.policy("s3:*")})
        unknown = f"arn:aws:iam::{ACCOUNT}:policy/nowhere"
        stack = self.deploy({**self.limited("log-of-unlimited", unknown), **self.policy("s3:*")}, kind="UPDATE")
        self.assert_fails(stack, f"Scope ARN: {unknown} does not exist", "UPDATE_ROLLBACK_COMPLETE")
