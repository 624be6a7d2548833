"""Attacks the emulator as a web page would."""

from __future__ import annotations

import socket

from guard.requests import HEALTH
from testing.emulator import ACCOUNT, REGION
from testing.guarded import EVIL, Guarded
from testing.marks import holds_without_the_gap


class Pages(Guarded):
    """What a page of another site sends is refused, however well it is signed."""

    def test_origins(self) -> None:
        body, kind = self.query("GetCallerIdentity")
        headers = self.signed("sts", "POST", "/", body, kind)
        self.assertEqual(self.send("POST", "/", headers, body)[0], 200)
        own = f"http://127.0.0.1:{self.port}"
        for origin in (EVIL, "null", own, f"{own}.evil.example", "http://localhost:1", ""):
            self.refused(self.send("POST", "/", {**headers, "Origin": origin}, body), "a web page may call")
        for site in ("cross-site", "same-site", "same-origin"):
            self.refused(self.send("POST", "/", {**headers, "Sec-Fetch-Site": site}, body), "a web page may call")
        self.assertEqual(self.send("POST", "/", {**headers, "Sec-Fetch-Site": "none"}, body)[0], 200)

    def test_preflights(self) -> None:
        asks = {"Origin": EVIL, "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization,x-amz-date,x-amz-target"}
        for path in ("/", "/2015-03-31/functions", "/code/code.zip", HEALTH):
            self.refused(self.send("OPTIONS", path, asks), "a web page may call")
        self.refused(self.send("OPTIONS", "/", {}), "AccessDenied")

    def test_hosts(self) -> None:
        body, kind = self.query("GetCallerIdentity")
        for host in ("evil.example", "127.0.0.1.evil.example", "localhost.evil.example", f"evil.example:{self.port}",
                     "127.0.0.1@evil.example", "128.0.0.1", "127.0.0.1:80:80", "127.0.0.999", "0.0.0.0", "::1",
                     "a.cloudfront.localhost.evil.example", f"{'a' * 8}.execute-api.{REGION}.amazonaws.com.evil.example",
                     "code.s3.amazonaws.com", "code.127.0.0.1"):
            headers = self.signed("sts", "POST", "/", body, {**kind, "Host": host})
            self.refused(self.send("POST", "/", headers, body, host=host), "names another machine")
        for host in ("localhost", f"LocalHost:{self.port}", "127.0.0.1", "127.9.9.9:80", "[::1]", "[::1]:80"):
            headers = self.signed("sts", "POST", "/", body, {**kind, "Host": host})
            self.assertEqual(self.send("POST", "/", headers, body, host=host)[0], 200, host)

    def test_pages_of_the_emulator(self) -> None:
        self.assertEqual(self.send("GET", HEALTH, {})[0], 200)
        self.refused(self.send("GET", HEALTH, {"Origin": EVIL}), "a web page may call")
        for method, path in (
            ("POST", "/_ministack/reset"), ("POST", "/_ministack/config"), ("GET", "/_ministack/sqs/messages"),
            ("GET", "/_ministack/ses/messages"), ("GET", "/_ministack/ready"), ("POST", HEALTH),
            ("GET", "/_ministack/lambda-code/f"), ("GET", f"/_ministack/lambda-code/{ACCOUNT}/{REGION}/f"),
            ("PUT", "/_ministack/cfn-response/x"), ("POST", "/_ministack/rds/iam-auth"), ("POST", "/_ministack/eks-auth/x"),
            ("GET", "/_localstack/health"), ("GET", "/_alb/x/y"), ("GET", "/_aws/lambda-url/x/"), ("POST", "/%5fministack/reset"),
        ):
            self.refused(self.send(method, path, {}), "the emulator has no such page")
            headers = self.signed("s3", method, path)
            self.refused(self.send(method, path, headers), "the emulator has no such page")
        for method, path in (("GET", "/health"), ("POST", "/oauth2/token"), ("POST", "/v2/email/x"), ("GET", "/iceberg/v1/config"),
                             ("GET", "/v20180820/x"), ("POST", "/Execute"), ("GET", "/v2/x/tags/list"), ("GET", "/code/code.zip")):
            self.assertIn(self.send(method, path, {})[0], (400, 403), path)
        self.assertIn("code", [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]])

    @holds_without_the_gap
    def test_sockets(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            upgrade = f"GET /_aws/execute-api/aaaaaaaa/s HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\n" \
                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
            connection.sendall(upgrade.encode())
            self.assertIn(b" 403 ", connection.recv(100))
