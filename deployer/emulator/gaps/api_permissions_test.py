"""Calls a function by an API that it does not know."""

from __future__ import annotations

from testing.emulated import Emulated
from testing.templates import api, function, outputs, permission, role


class ApiPermissions(Emulated):
    """Which APIs may call a function."""

    def test_api(self) -> None:
        called = {"Role": role(), "Function": function(), **api(stage="s")}
        path = f"/_aws/execute-api/{self.deploy(called, outputs(Id={'Ref': 'Api'}))['Outputs']['Id']}/s/"
        self.assertEqual(self.emulator.get(path, b"{}")[0], 500)
        called["Permission"] = permission(calls="*/POST/")
        self.deploy(called, outputs(Id={"Ref": "Api"}), "UPDATE")
        self.assertEqual(self.emulator.get(path, b"{}"), (200, b"done"))
