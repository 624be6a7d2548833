"""Sends requests whose signature is missing, old, of another request or by another key."""

from __future__ import annotations

import hashlib
import io
import json
import re
from datetime import datetime, timedelta, timezone
from typing import Any
from unittest import mock

from botocore.auth import S3SigV4Auth
from botocore.credentials import Credentials

from testing.emulator import ACCOUNT, REGION
from testing.guarded import EVIL, Guarded, code_of
from testing.marks import holds_without_the_gap
from testing.templates import statement

# The gap that these tests show.
GAP = "guard.requests"


class Signatures(Guarded):
    """A signature is taken if a key of this stage made it, over exactly this request, about now."""

    def code_of(self, service: str, call: str, key: str, secret: str, token: str | None = None, **given: Any) -> str:
        """The error code of a call with this key; empty if it succeeded."""
        return code_of(self.emulator.client_with(service, key, secret, token), call, **given)

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

    @holds_without_the_gap
    def test_text_that_needs_no_preflight(self) -> None:
        scope = f"X-Amz-Credential={{}}%2F{datetime.now(timezone.utc):%Y%m%d}%2F{REGION}%2Flambda%2Faws4_request"
        now = f"{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}"
        rest = f"&X-Amz-Date={now}&X-Amz-Expires=300&X-Amz-SignedHeaders=host&X-Amz-Signature=0"
        for algorithm in ("X-Amz-Algorithm=AWS4-HMAC-SHA256&", "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256&", ""):
            for key in ("test", self.root.access_key, ACCOUNT):
                path = f"/2015-03-31/functions?{algorithm}{scope.format(key)}{rest}"
                status, _, _ = self.send("POST", path, {"Content-Type": "text/plain"}, b'{"FunctionName":"x"}')
                self.assertIn(status, (400, 403))
        names = [function["FunctionName"] for function in self.functions.list_functions()["Functions"]]
        self.assertNotIn("x", names)

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

    @holds_without_the_gap
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

    @holds_without_the_gap
    def test_streams_to_a_bucket(self) -> None:
        for size in (0, 1, 3 * 1024 * 1024):
            for algorithm in ("CRC32", "SHA256"):
                self.s3.put_object(Bucket="code", Key="é /+~", Body=io.BytesIO(b"x" * size), ChecksumAlgorithm=algorithm)
                self.assertEqual(len(self.s3.get_object(Bucket="code", Key="é /+~")["Body"].read()), size)
