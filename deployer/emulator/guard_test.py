"""Attacks the emulator as a web page, another user or a guesser would: `python -m unittest guard_test`."""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import unittest
import zipfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from unittest import mock

import botocore.session
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

import guard
import keeper
from launcher_test import (
    ACCOUNT, BOOTSTRAP, HERE, REGION, Emulated, Emulator, function, resource, role, statement, wait_for,
)

EVIL = "https://evil.example"
# What one of a function's first lines of output is to be, so that the test learns of its surroundings.
REVEALING = BOOTSTRAP.replace(
    'print("called", flush=True)',
    'print("called", flush=True); print("environ " + json.dumps(dict(os.environ)), flush=True)',
)


def call(
    port: int, method: str, path: str, headers: dict[str, str], body: bytes = b"", host: str | None = "",
) -> tuple[int, dict[str, str], bytes]:
    """Sends exactly these headers and a `Host`, the own one unless another is given; None sends none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        if host is not None:
            connection.putheader("Host", host or f"127.0.0.1:{port}")
        for name, value in headers.items():
            connection.putheader(name, value)
        if body and "Content-Length" not in headers:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None)
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


class Guarded(Emulated):
    """Tests that attack one emulator."""

    def setUp(self) -> None:
        self.port = self.emulator.port
        self.root = Credentials(self.emulator.root["access_key_id"], self.emulator.root["secret_access_key"])

    def send(self, method: str, path: str, headers: dict[str, str], body: bytes = b"", **more: Any) -> Any:
        return call(self.port, method, path, headers, body, **more)

    def signed(
        self, service: str, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None,
        key: Credentials | None = None, signer: Any = SigV4Auth,
    ) -> dict[str, str]:
        """The headers of a request with its signature."""
        host = {"Host": f"127.0.0.1:{self.port}"}
        request = AWSRequest(method, self.emulator.url + path, data=body, headers={**host, **(headers or {})})
        signer(key or self.root, service, REGION).add_auth(request)
        return {name: value for name, value in request.headers.items() if name != "Host"}

    def query(self, action: str) -> tuple[bytes, dict[str, str]]:
        body = f"Action={action}&Version=2011-06-15".encode()
        return body, {"Content-Type": "application/x-www-form-urlencoded"}

    def refused(self, answer: tuple[int, dict[str, str], bytes], words: str, status: int = 403) -> None:
        self.assertEqual(answer[0], status, answer)
        self.assertIn(words.encode(), answer[2])
        self.assertEqual([name for name in answer[1] if name.startswith("access-control-")], [])


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
        for path in ("/", "/2015-03-31/functions", "/code/code.zip", guard.HEALTH):
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
        self.assertEqual(self.send("GET", guard.HEALTH, {})[0], 200)
        self.refused(self.send("GET", guard.HEALTH, {"Origin": EVIL}), "a web page may call")
        for method, path in (
            ("POST", "/_ministack/reset"), ("POST", "/_ministack/config"), ("GET", "/_ministack/sqs/messages"),
            ("GET", "/_ministack/ses/messages"), ("GET", "/_ministack/ready"), ("POST", guard.HEALTH),
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

    def test_names_of_sites_open_no_other_door(self) -> None:
        hosts = (f"x.cloudfront.localhost:{self.port}", f"{'a' * 8}.execute-api.{REGION}.amazonaws.com")
        for host in hosts:
            for method, path in (("POST", "/_ministack/reset"), ("POST", "/_ministack/config"), ("GET", guard.HEALTH),
                                 ("GET", "/code/code.zip"), ("POST", "/v2/email/x"), ("GET", "/oauth2/authorize"),
                                 ("GET", "/2015-03-31/functions"), ("GET", "/iceberg/v1/config")):
                answer = self.send(method, path, {"Origin": EVIL}, host=host)
                self.assertEqual((answer[0], answer[2]), (404, b'{"message": "Not Found"}'), (host, path))
        for path in ("/_aws/execute-api/aaaaaaaa/s/x", "/restapis/aaaaaaaa/s/_user_request_/x"):
            headers = {"Origin": EVIL, "X-Amz-Target": "secretsmanager.ListSecrets"}
            self.assertEqual(self.send("POST", path, headers, b"{}")[0], 404, path)
        self.assertIn("code", [bucket["Name"] for bucket in self.s3.list_buckets()["Buckets"]])

    def test_sockets(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            upgrade = f"GET /_aws/execute-api/aaaaaaaa/s HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\n" \
                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
            connection.sendall(upgrade.encode())
            self.assertIn(b" 403 ", connection.recv(100))


class Keys(Guarded):
    """A signature is taken if a key of this stage made it, over exactly this request, about now."""

    def code_of(self, service: str, call: str, key: str, secret: str, token: str | None = None, **given: Any) -> str:
        """The error code of a call with this key; empty if it succeeded."""
        client = botocore.session.Session().create_client(
            service, REGION, endpoint_url=self.emulator.url, aws_access_key_id=key, aws_secret_access_key=secret,
            aws_session_token=token, config=Config(retries={"max_attempts": 0}),
        )
        try:
            getattr(client, call)(**given)
            return ""
        except ClientError as error:
            return str(error.response["Error"]["Code"])

    def test_wrong_keys(self) -> None:
        root = self.root
        flipped = root.secret_key[:-1] + ("0" if root.secret_key[-1] != "0" else "1")
        for key, secret in (("test", "test"), (ACCOUNT, "test"), ("LOCALROOT0", root.secret_key), ("test", root.secret_key)):
            self.assertEqual(self.code_of("sts", "get_caller_identity", key, secret), "InvalidClientTokenId")
            self.assertEqual(self.code_of("s3", "list_buckets", key, secret), "InvalidAccessKeyId")
            self.assertEqual(self.code_of("lambda", "list_functions", key, secret), "UnrecognizedClientException")
            self.assertEqual(self.code_of("secretsmanager", "list_secrets", key, secret), "UnrecognizedClientException")
        self.assertEqual(self.code_of("sts", "get_caller_identity", root.access_key, flipped), "SignatureDoesNotMatch")
        self.assertEqual(self.code_of("s3", "list_buckets", root.access_key, flipped), "SignatureDoesNotMatch")
        self.assertEqual(self.code_of("logs", "describe_log_groups", root.access_key, flipped), "InvalidSignatureException")
        for service, call in (("sts", "get_caller_identity"), ("s3", "list_buckets"), ("logs", "describe_log_groups")):
            self.assertEqual(self.code_of(service, call, root.access_key, root.secret_key), "")

    def test_without_signature(self) -> None:
        body, kind = self.query("GetCallerIdentity")
        self.refused(self.send("POST", "/", kind, body), "MissingAuthenticationToken")
        target = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "Content-Type": "application/x-amz-json-1.0"}
        self.refused(self.send("POST", "/", target, b"{}"), "MissingAuthenticationToken", 400)
        self.refused(self.send("GET", "/code/code.zip", {}), "AccessDenied")
        self.refused(self.send("GET", "/2015-03-31/functions/", {}), "Missing Authentication Token")
        self.refused(self.send("GET", "/code/code.zip", {"Authorization": f"AWS {self.root.access_key}:x"}), "InvalidRequest", 400)

    def test_text_that_needs_no_preflight(self) -> None:
        scope = f"X-Amz-Credential={{}}%2F{datetime.now(timezone.utc):%Y%m%d}%2F{REGION}%2Flambda%2Faws4_request"
        now = f"{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}"
        rest = f"&X-Amz-Date={now}&X-Amz-Expires=300&X-Amz-SignedHeaders=host&X-Amz-Signature=0"
        for algorithm in ("X-Amz-Algorithm=AWS4-HMAC-SHA256&", "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&", ""):
            for key in ("test", self.root.access_key, ACCOUNT):
                path = f"/2015-03-31/functions?{algorithm}{scope.format(key)}{rest}"
                status, _, _ = self.send("POST", path, {"Content-Type": "text/plain"}, b'{"FunctionName":"x"}')
                self.assertIn(status, (400, 403))
        self.assertEqual(self.functions.list_functions()["Functions"], [])

    def test_signature_of_another_request(self) -> None:
        body, kind = self.query("GetCallerIdentity")
        headers = self.signed("sts", "POST", "/", body, kind)
        other, _ = self.query("GetSessionToken")
        self.refused(self.send("POST", "/", headers, other), "SignatureDoesNotMatch")
        self.refused(self.send("POST", "/?a=b", headers, body), "SignatureDoesNotMatch")
        self.refused(self.send("PUT", "/", headers, body), "SignatureDoesNotMatch")
        self.refused(self.send("POST", "/", headers, body, host="localhost"), "SignatureDoesNotMatch")
        changed = dict(headers)
        last = changed["Authorization"][-1]
        changed["Authorization"] = changed["Authorization"][:-1] + ("0" if last != "0" else "1")
        self.refused(self.send("POST", "/", changed, body), "SignatureDoesNotMatch")
        # A digest that was signed speaks for its own body only.
        digest = hashlib.sha256(body).hexdigest()
        headers = self.signed("sts", "POST", "/", body, {**kind, "X-Amz-Content-SHA256": digest})
        self.assertEqual(self.send("POST", "/", headers, body)[0], 200)
        self.refused(self.send("POST", "/", headers, other), "SignatureDoesNotMatch")
        open_body = self.signed("sts", "POST", "/", body, {**kind, "X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"})
        self.refused(self.send("POST", "/", open_body, body), "SignatureDoesNotMatch")

    def test_object_whose_body_was_exchanged(self) -> None:
        headers = self.signed("s3", "PUT", "/code/object", b"mine", signer=S3SigV4Auth)
        self.refused(self.send("PUT", "/code/object", headers, b"evil"), "XAmzContentSHA256Mismatch")
        self.assertEqual(self.send("PUT", "/code/object", headers, b"mine")[0], 200)

    def test_key_that_is_named_twice(self) -> None:
        body, kind = self.query("GetCallerIdentity")
        session = self.session()
        headers = self.signed("sts", "POST", "/", body, kind, session)
        self.assertIn(b"assumed-role", self.send("POST", "/", headers, body)[2])
        scope = re.search("Credential=[^,]+", headers["Authorization"])
        forged = scope[0].replace(session.access_key, self.root.access_key)
        headers["Authorization"] = headers["Authorization"].replace(scope[0], f"{forged}, {scope[0]}")
        self.refused(self.send("POST", "/", headers, body), "InvalidClientTokenId")

    def test_time(self) -> None:
        body, kind = self.query("GetCallerIdentity")
        for minutes, words in ((-16, "Signature expired"), (16, "Signature not yet current")):
            moment = datetime.now(timezone.utc) + timedelta(minutes=minutes)
            with mock.patch("botocore.auth.get_current_datetime", lambda *_, **__: moment.replace(tzinfo=None)):
                headers = self.signed("sts", "POST", "/", body, kind)
            self.refused(self.send("POST", "/", headers, body), words)

    def test_links(self) -> None:
        client = self.emulator.client("s3", "s3v4")
        client.put_object(Bucket="code", Key="linked", Body=b"content")
        link = client.generate_presigned_url("get_object", {"Bucket": "code", "Key": "linked"}, ExpiresIn=60)
        path = link.removeprefix(self.emulator.url)
        self.assertEqual(self.send("GET", path, {})[::2], (200, b"content"))
        self.refused(self.send("GET", path, {"Origin": EVIL}), "a web page may call")
        self.assertEqual(self.send("GET", path.replace("linked", "code.zip"), {})[0], 403)
        self.assertEqual(self.send("GET", path.replace("Expires=60", "Expires=6000"), {})[0], 403)
        old = client.generate_presigned_url("get_object", {"Bucket": "code", "Key": "linked"}, ExpiresIn=-5)
        self.assertEqual(self.send("GET", old.removeprefix(self.emulator.url), {})[0], 403)

    def session(self) -> Credentials:
        """A session of a role that may list buckets."""
        iam = self.emulator.client("iam")
        trust = statement("sts:AssumeRole", "*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
        del trust["Statement"][0]["Resource"]
        try:
            iam.create_role(RoleName="lister", AssumeRolePolicyDocument=json.dumps(trust))
            policy = json.dumps(statement("s3:ListAllMyBuckets", "*"))
            iam.put_role_policy(RoleName="lister", PolicyName="p", PolicyDocument=policy)
        except iam.exceptions.EntityAlreadyExistsException:
            pass
        arn = f"arn:aws:iam::{ACCOUNT}:role/lister"
        given = self.emulator.client("sts").assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
        return Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

    def test_sessions_and_users(self) -> None:
        session = self.session()
        key, secret, token = session.access_key, session.secret_key, session.token
        self.assertEqual(self.code_of("s3", "list_buckets", key, secret, token), "")
        self.assertEqual(self.code_of("lambda", "list_functions", key, secret, token), "AccessDeniedException")
        self.assertEqual(self.code_of("s3", "list_buckets", key, "x" * 40, token), "SignatureDoesNotMatch")
        self.assertEqual(self.code_of("s3", "list_buckets", key, secret, "other"), "InvalidToken")
        self.assertEqual(self.code_of("s3", "list_buckets", key, secret), "InvalidAccessKeyId")
        iam = self.emulator.client("iam")
        iam.create_user(UserName="u")
        user = iam.create_access_key(UserName="u")["AccessKey"]
        self.assertEqual(self.code_of("s3", "list_buckets", user["AccessKeyId"], user["SecretAccessKey"]), "AccessDenied")
        self.assertEqual(self.code_of("s3", "list_buckets", user["AccessKeyId"], "x" * 40), "SignatureDoesNotMatch")
        iam.update_access_key(UserName="u", AccessKeyId=user["AccessKeyId"], Status="Inactive")
        self.assertEqual(self.code_of("s3", "list_buckets", user["AccessKeyId"], user["SecretAccessKey"]), "InvalidAccessKeyId")

    def test_streams_to_a_bucket(self) -> None:
        for size in (0, 1, 3 * 1024 * 1024):
            for algorithm in ("CRC32", "SHA256"):
                self.s3.put_object(Bucket="code", Key="é /+~", Body=io.BytesIO(b"x" * size), ChecksumAlgorithm=algorithm)
                self.assertEqual(len(self.s3.get_object(Bucket="code", Key="é /+~")["Body"].read()), size)


class Functions(Guarded):
    """A function has the key of its own session and no other, and its Runtime API is its own."""

    environ: dict[str, str]

    def setUp(self) -> None:
        super().setUp()
        code = io.BytesIO()
        with zipfile.ZipFile(code, "w") as file:
            file.writestr("bootstrap", REVEALING)
        self.s3.put_object(Bucket="code", Key="revealing.zip", Body=code.getvalue())
        rights = statement(["logs:CreateLogStream", "logs:PutLogEvents"], "*")
        stack = self.deploy({
            "Role": role(rights), "Logs": resource("Logs::LogGroup", LogGroupName=self.id()),
            "Function": function(Code={"S3Bucket": "code", "S3Key": "revealing.zip"},
                                 LoggingConfig={"LogGroup": {"Ref": "Logs"}}),
        }, {"Name": {"Value": {"Ref": "Function"}}, "Role": {"Value": {"Fn::GetAtt": ["Role", "Arn"]}}})
        self.name, self.role = stack["Outputs"]["Name"], stack["Outputs"]["Role"]
        self.assertNotIn("FunctionError", self.functions.invoke(FunctionName=self.name, Payload=b"{}"))
        logs = self.emulator.client("logs")
        lines = [event["message"] for event in logs.filter_log_events(logGroupName=self.id())["events"]]
        told = next(line for line in lines if line.startswith("environ "))
        self.environ = json.loads(told.removeprefix("environ "))

    def test_keys_of_functions(self) -> None:
        for secret in (self.root.access_key, self.root.secret_key):
            self.assertNotIn(secret, json.dumps(self.environ))
        key, secret, token = (self.environ[f"AWS_{name}"] for name in
                              ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"))
        body, kind = self.query("GetCallerIdentity")
        headers = self.signed("sts", "POST", "/", body, kind, Credentials(key, secret, token))
        self.assertIn(b":assumed-role/", self.send("POST", "/", headers, body)[2])
        # The names of a function and its role are known; they must not give its key away.
        arn = self.functions.get_function(FunctionName=self.name)["Configuration"]["FunctionArn"]
        digest = hashlib.sha256(f"{arn}:{self.role}".encode()).hexdigest()
        guessed = Credentials(key, hashlib.sha256(f"secret:{digest}".encode()).hexdigest(), token)
        headers = self.signed("sts", "POST", "/", body, kind, guessed)
        self.refused(self.send("POST", "/", headers, body), "SignatureDoesNotMatch")

    def test_runtime_api(self) -> None:
        port = int(self.environ["AWS_LAMBDA_RUNTIME_API"].rsplit(":", 1)[1])
        events = "/2018-06-01/runtime/invocation/next"
        answers = "/2018-06-01/runtime/invocation/x/response"
        for headers, host in (({"Origin": EVIL}, ""), ({"Origin": "null"}, ""), ({"Sec-Fetch-Site": "cross-site"}, ""),
                              ({}, "evil.example"), ({}, None), ({}, f"127.0.0.1.evil.example:{port}")):
            for method, path in (("GET", events), ("POST", answers), ("OPTIONS", events)):
                status, answer, _ = call(port, method, path, headers, host=host)
                self.assertEqual(status, 403, (method, headers, host))
                self.assertNotIn("access-control-allow-origin", answer)
        self.assertEqual(call(port, "POST", answers, {}, b"{}")[0], 400, "the owner is let in")
        self.assertNotIn("FunctionError", self.functions.invoke(FunctionName=self.name, Payload=b"{}"))

    @unittest.skipUnless(os.getuid() == 0, "only the administrator can become another user")
    def test_another_user(self) -> None:
        runtime = int(self.environ["AWS_LAMBDA_RUNTIME_API"].rsplit(":", 1)[1])
        # What it needs is loaded before, for another user may not read our files.
        script = "import encodings.idna, os, socket, sys\nos.setuid(65534)\nfor port in sys.argv[1:]:\n" \
            " c = socket.create_connection(('127.0.0.1', int(port)))\n" \
            " c.sendall(b'GET /_ministack/health HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n')\n" \
            " print(c.recv(100).split()[1].decode())"
        said = subprocess.run([sys.executable, "-c", script, str(self.port), str(runtime)], capture_output=True, text=True, check=True)
        self.assertEqual(said.stdout.split(), ["403", "403"])


class Connections(unittest.TestCase):
    """Who holds the other end of a connection."""

    def test_owners(self) -> None:
        client, server = ("127.0.0.1", 0x1234), ("127.0.0.1", 0x50)
        row = "   1: 0100007F:{} 0100007F:{} 01 00000000:00000000 00:00000000 00000000 {} 0 {} 1 x"
        head, mine = "  sl  local_address rem_address ...", row.format("1234", "0050", os.getuid(), 77)
        other_end = row.format("0050", "1234", os.getuid(), 78)
        for rows, expected in (
            ([mine], True), ([other_end, mine], True), ([], False), ([other_end], False),
            ([row.format("1234", "0050", 0, 77)], True), ([row.format("1234", "0050", 65534, 77)], False),
            ([row.format("1234", "0050", os.getuid(), 0)], False), ([row.format("1235", "0050", os.getuid(), 77)], False),
            (["1: broken"], False),
        ):
            with tempfile.NamedTemporaryFile("w") as file, mock.patch.object(guard, "CONNECTIONS", file.name):
                file.write("\n".join([head, *rows]) + "\n")
                file.flush()
                with self.assertLogs("guard") if rows == ["1: broken"] else mock.MagicMock():
                    self.assertEqual(guard.is_of_this_user(client, server), expected, rows)
        with mock.patch.object(guard, "CONNECTIONS", "/nowhere"), self.assertLogs("guard"):
            self.assertFalse(guard.is_of_this_user(client, server))


class Forgetful(Emulator):
    """An emulator that keeps the logs of two invocations."""

    command = ["-c", "import launcher; launcher.KEPT_STREAMS = 2; launcher.main()"]


class Logs(Emulated):
    """The logs of functions do not fill the memory."""

    @classmethod
    def setUpClass(cls) -> None:
        with mock.patch("launcher_test.Emulator", Forgetful):
            super().setUpClass()

    def test_oldest_invocations(self) -> None:
        rights = statement(["logs:CreateLogStream", "logs:PutLogEvents"], "*")
        name = self.deploy({
            "Role": role(rights), "Logs": resource("Logs::LogGroup", LogGroupName="bounded"),
            "Function": function(LoggingConfig={"LogGroup": {"Ref": "Logs"}}),
        }, {"Name": {"Value": {"Ref": "Function"}}})["Outputs"]["Name"]
        for n in range(4):
            self.functions.invoke(FunctionName=name, Payload=json.dumps({"say": f"said {n}"}).encode())
        logs = self.emulator.client("logs")
        lines = [event["message"] for event in logs.filter_log_events(logGroupName="bounded")["events"]]
        self.assertEqual([line for line in lines if line.startswith("said")], ["said 2", "said 3"])


class Kept(Emulator):
    """An emulator that looks after a state file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with (folder / "emulator.log").open("wb") as self.output:
            super().__init__()

    def settings(self) -> dict[str, str]:
        return {**super().settings(), "folder": str(self.folder)}

    def write_state(self, pid: int) -> None:
        beside = self.folder / "state.new"
        beside.write_text(json.dumps({"emulator": {"pid": pid}}))
        beside.replace(self.folder / "state.json")


class Keeper(unittest.TestCase):
    """The process ends when nobody could stop it any more, and its files stay small."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_state_file(self) -> None:
        for spoil in (lambda e: (self.folder / "state.json").unlink(),
                      lambda e: (self.folder / "state.json").write_text("{"),
                      lambda e: e.write_state(e.process.pid + 1)):
            emulator = Kept(self.folder)
            self.addCleanup(emulator.stop)
            emulator.write_state(emulator.process.pid)
            (self.folder / "stacks.json").unlink(missing_ok=True)
            wait_for(lambda: (self.folder / "stacks.json").exists())
            self.assertIsNone(emulator.process.poll())
            spoil(emulator)
            emulator.process.wait(timeout=30)
            self.assertIn("so that no command could stop it", (self.folder / "emulator.log").read_text())

    def test_deployed_stacks(self) -> None:
        emulator = Kept(self.folder)
        self.addCleanup(emulator.stop)
        emulator.write_state(emulator.process.pid)
        stacks, list_of_names = emulator.client("cloudformation"), self.folder / "stacks.json"
        template = json.dumps({"Resources": {"Queue": resource("SQS::Queue")}})
        stacks.create_stack(StackName="there", TemplateBody=template)
        wait_for(lambda: list_of_names.exists() and json.loads(list_of_names.read_text()) == ["there"])
        stacks.delete_stack(StackName="there")
        wait_for(lambda: json.loads(list_of_names.read_text()) == [])

    def test_log(self) -> None:
        path = self.folder / "emulator.log"
        script = f"import keeper, os, pathlib; keeper.LOG_BYTES = 1000; path = pathlib.Path({str(path)!r})\n" \
            "for n in range(10):\n os.write(1, b'%d' % n * 600); keeper.bound_log(path)"
        with path.open("wb") as file:
            subprocess.run([sys.executable, "-B", "-c", script], cwd=HERE, stdout=file, check=True)
        old = path.with_name("emulator.log.old")
        self.assertEqual((path.read_bytes(), old.read_bytes()), (b"", b"8" * 600 + b"9" * 600))
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)


if __name__ == "__main__":
    unittest.main()
