"""Tries the doors of other services under the names of sites and APIs."""

from __future__ import annotations

from guard.requests import HEALTH
from testing.emulator import REGION
from testing.guarded import EVIL, Guarded


class PublicDoors(Guarded):
    """What the name of an API or a distribution opens."""

    def test_names_of_sites_open_no_other_door(self) -> None:
        hosts = (f"x.cloudfront.localhost:{self.port}", f"{'a' * 8}.execute-api.{REGION}.amazonaws.com")
        for host in hosts:
            for method, path in (("POST", "/_ministack/reset"), ("POST", "/_ministack/config"), ("GET", HEALTH),
                                 ("GET", "/code/code.zip"), ("POST", "/v2/email/x"), ("GET", "/oauth2/authorize"),
                                 ("GET", "/2015-03-31/functions"), ("GET", "/iceberg/v1/config")):
                answer = self.send(method, path, {"Origin": EVIL}, host=host)
                self.assertEqual((answer[0], answer[2]), (404, b'{"message": "Not Found"}'), (host, path))
        for path in ("/_aws/execute-api/aaaaaaaa/s/x", "/restapis/aaaaaaaa/s/_user_request_/x"):
            headers = {"Origin": EVIL, "X-Amz-Target": "secretsmanager.ListSecrets"}
            self.assertEqual(self.send("POST", path, headers, b"{}")[0], 404, path)
        self.assertIn("code", [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]])
