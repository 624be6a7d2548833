"""Calls an API by the distribution in front of it."""

from __future__ import annotations

import json

from testing.emulator import REGION
from testing.sites import Sites, site


class DistributionApis(Sites):
    """An API behind a site."""

    def test_api_behind_a_site(self) -> None:
        stack = self.deployed(site("of-api"))
        host = self.host(stack)
        given = {"Content-Type": "application/json", "X-Own": "yes", "Origin": "http://elsewhere"}
        status, headers, text = self.visit(host, "/api/deep?a=1&a=2", b'{"do": "show"}', **given)
        self.assertEqual(status, 200)
        self.assertEqual(headers["strict-transport-security"], "max-age=31536000")
        seen = json.loads(text)
        sent = {name.lower(): value for name, value in seen["headers"].items()}
        self.assertEqual((seen["httpMethod"], seen["body"]), ("POST", '{"do": "show"}'))
        self.assertEqual((seen["path"], seen["multiValueQueryStringParameters"]), ("/api/deep", {"a": ["1", "2"]}))
        self.assertEqual((sent["content-type"], sent["x-own"]), ("application/json", "yes"))
        self.assertTrue(sent["host"].endswith(f".execute-api.{REGION}.amazonaws.com"), sent["host"])
        self.assertEqual(self.visit(host, "/api/deep", method="DELETE")[0], 200)
        self.remove(stack)
