"""Calls an API by the URL that its stack prints."""

from __future__ import annotations

from testing.emulated import Emulated
from testing.templates import api, function, outputs, permission, role


class ApiHosts(Emulated):
    """The host names of APIs."""

    def test_api_by_its_host(self) -> None:
        called = {"Role": role(), "Function": function(), "Permission": permission(), **api(stage="s")}
        host = outputs(Host={"Fn::Sub": "${Api}.execute-api.${AWS::Region}.amazonaws.com"})
        headers = {"Host": self.deploy(called, host)["Outputs"]["Host"]}
        self.assertEqual(self.emulator.get("/s/", b"{}", **headers), (200, b"done"))
