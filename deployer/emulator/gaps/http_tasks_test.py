"""Calls a web service by the tasks of a state machine."""

from __future__ import annotations

import copy
import json
import socket
import subprocess
import sys
from typing import Any

from botocore.exceptions import ClientError

from testing.emulator import HERE, REGION, wait_for
from testing.machines import INVALID_STATE, KEY, StateMachines, rights_to_call, task
from testing.marks import holds_without_the_gap
from testing.templates import resource


class HttpTasks(StateMachines):
    """What an HTTP task sends, and what it makes of the answer."""

    def test_http_request(self) -> None:
        extra = {
            "HeaderParameters": [{"Key": "X-Both", "Value": "connection"}],
            "QueryStringParameters": [{"Key": "both", "Value": "connection"}],
            "BodyParameters": [{"Key": "both", "Value": "connection"}],
        }
        outputs = self.system(task("http:invoke"), rights_to_call(), {**KEY, "InvocationHttpParameters": extra})
        answer, _ = self.call(
            outputs, "/json?a=1", "POST", Headers={"X-Both": "task", "X-Own": "task"},
            QueryParameters={"both": "task", "own": ["1", "2"]}, RequestBody={"both": "task", "own": 1},
        )
        self.assertEqual(answer["ResponseBody"], {"said": [1, True]})
        self.assertEqual((answer["StatusCode"], answer["StatusText"]), (200, "OK"))
        self.assertEqual(answer["Headers"]["content-type"], ["application/json"])
        method, path, headers, body = self.endpoint.requests[0]
        self.assertEqual((method, path), ("POST", "/json?a=1&both=connection&own=1&own=2"))
        self.assertEqual(json.loads(body), {"both": "connection", "own": 1})
        self.assertEqual((headers["x-both"], headers["x-own"], headers["x-key"]), ("connection", "task", "first"))
        self.assertEqual(headers["user-agent"], f"Amazon|StepFunctions|HttpInvoke|{REGION}")
        self.assertEqual(headers["range"], "bytes=0-262144")
        self.assertEqual(headers["content-type"], "application/json; charset=UTF-8")
        error, cause = self.call(outputs, "/json", "POST", RequestBody="text")
        self.assertEqual(error, "States.Runtime", cause)

    def test_http_forms(self) -> None:
        outputs = self.system(task("http:invoke"), rights_to_call())
        forms = {
            "INDICES": "id%5B0%5D=1&id%5B1%5D=a+b", "BRACKETS": "id%5B%5D=1&id%5B%5D=a+b",
            "REPEAT": "id=1&id=a+b", "COMMAS": "id=1%2Ca+b",
        }
        for array_format, text in forms.items():
            options = {"ArrayFormat": array_format}
            self.call(
                outputs, "/text", "POST", RequestBody={"id": [1, "a b"], "deep": {"yes": True}},
                Headers={"Content-Type": "application/x-www-form-urlencoded"},
                Transform={"RequestBodyEncoding": "URL_ENCODED", "RequestEncodingOptions": options},
            )
            _, _, headers, body = self.endpoint.requests.pop()
            self.assertEqual(body, f"{text}&deep%5Byes%5D=true")
            self.assertEqual(headers["content-type"], "application/x-www-form-urlencoded")

    def test_http_answers(self) -> None:
        outputs = self.system(task("http:invoke"), rights_to_call())
        older = {"InvocationConfig": None, "Authentication": {"ConnectionArn": outputs["Arn"]}}
        for name in {}, older:
            self.assertEqual(self.call(outputs, "/text", **name)[0]["ResponseBody"], "1 \u00e9t\u00e9")
        expected = {
            "/broken": "States.Http.StatusCode.503", "/moved": "States.Http.StatusCode.302",
            "/binary": "States.Runtime", "/large": "States.DataLimitExceeded",
        }
        self.assertEqual({path: self.call(outputs, path)[0] for path in expected}, expected)
        self.assertEqual(self.call(outputs, "/broken")[1], "", "AWS keeps nothing of the answer")
        self.assertEqual(self.call(outputs, "/part")[0]["StatusCode"], 206)
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            closed = f"http://127.0.0.1:{unused.getsockname()[1]}/"
            self.assertEqual(self.call(outputs, "", ApiEndpoint=closed)[0], "States.Http.Socket")

    def test_http_requests_that_aws_does_not_send(self) -> None:
        outputs = self.system(task("http:invoke"), rights_to_call())
        for wrong in (
            {"Headers": {"Authorization": "Basic"}}, {"Headers": {"X-Forwarded-For": "me"}},
            {"Headers": {"cache-control": "no-store"}}, {"Headers": {"x-amz-date": "now"}},
            {"ApiEndpoint": "http://example.com/"}, {"ApiEndpoint": "file:///etc/hosts"},
            {"Method": "BREW"}, {"InvocationConfig": {}},
        ):
            error, cause = self.call(outputs, "/json", **wrong)
            self.assertEqual(error, "States.Runtime", wrong)
            self.assertNotIn("not yet implemented", cause)
        self.assertEqual(self.endpoint.requests, [])

    def test_http_rights(self) -> None:
        expected = (
            ("States.Http.AccessDenied", "is not authorized to perform states:InvokeHTTPEndpoint on API Endpoint"),
            ("Events.ConnectionResource.AccessDenied", "No permissions to call RetrieveConnectionCredentials"),
            ("Events.ConnectionResource.AccessDenied", "No permissions to call DescribeSecret and/or GetSecretValue"),
        )
        for missing, (name, text) in enumerate(expected):
            grants = [grant for n, grant in enumerate(rights_to_call()) if n != missing]
            outputs = self.system(task("http:invoke"), grants)
            error, cause = self.call(outputs, "/json")
            self.assertEqual(error, name, cause)
            self.assertIn(text, cause)
            self.delete(self.stack)
        outputs = self.system(task("http:invoke"), rights_to_call())
        error, cause = self.call(outputs, "/json", "DELETE")
        self.assertEqual(error, "States.Http.AccessDenied", "the condition on states:HTTPMethod counts")
        self.assertEqual(self.endpoint.requests, [])

    def test_credentials_that_are_refused(self) -> None:
        self.check_refusal("API_KEY", KEY, "/refused")

    def test_credentials_that_a_proxy_refuses(self) -> None:
        self.check_refusal("API_KEY", KEY, "/proxy")

    def test_password_that_is_refused(self) -> None:
        basic = {"BasicAuthParameters": {"Username": "user", "Password": "first"}}
        self.check_refusal("BASIC", basic, "/refused")

    def check_refusal(self, kind: str, parameters: dict[str, Any], path: str) -> None:
        """A refusal de-authorizes the connection, until it gets new parameters."""
        rights = copy.deepcopy(rights_to_call())
        rights[2]["Statement"][0]["Resource"] = "*"  # The secret will be another one.
        connection = resource(
            "Events::Connection", Name=self.id().rsplit(".")[-1], AuthorizationType=kind, AuthParameters=parameters,
        )
        outputs = self.system(task("http:invoke"), rights, Connection=connection)
        name, before = outputs["Name"], outputs["SecretArn"]
        self.assertRegex(self.call(outputs, path)[0], r"States\.Http\.StatusCode\.40[17]")
        self.assertEqual(self.call(outputs, "/json")[0], INVALID_STATE)
        state = lambda: self.events.describe_connection(Name=name)["ConnectionState"]
        wait_for(lambda: state() == "DEAUTHORIZED")
        self.assertEqual(self.call(outputs, "/json")[0], INVALID_STATE)
        self.assertEqual(self.events.describe_connection(Name=name)["AuthParameters"], {})
        with self.assertRaisesRegex(ClientError, "ResourceNotFound"):
            self.secrets.get_secret_value(SecretId=before)
        with self.assertRaisesRegex(ClientError, "ValidationException"):  # Nothing is left to complete it.
            part = {group: dict(list(members.items())[1:]) for group, members in parameters.items()}
            self.events.update_connection(Name=name, AuthorizationType=kind, AuthParameters=part)
        self.events.update_connection(Name=name, AuthorizationType=kind, AuthParameters=parameters)
        wait_for(lambda: state() == "AUTHORIZED")
        self.assertEqual(self.call(outputs, "/json")[0]["StatusCode"], 200)
        after = self.events.describe_connection(Name=name)["SecretArn"]
        self.assertNotEqual(after, before)
        self.assertIn("first", self.secrets.get_secret_value(SecretId=after)["SecretString"])
        self.delete(self.stack)

    @holds_without_the_gap
    def test_a_slow_answer_is_a_failed_connection(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
            call = f"http_tasks.called(urllib.request.Request({url!r}), {{}})"
            code = f"import urllib.request; from gaps import http_tasks; http_tasks.HTTP_SECONDS = 0.1; {call}"
            ended = subprocess.run(
                [sys.executable, "-B", "-c", code], cwd=HERE, env={"PATH": "/usr/bin:/bin"}, capture_output=True,
                text=True, timeout=60,
            )
        self.assertEqual(ended.returncode, 1, ended)
        self.assertIn("States.Http.Socket: TimeoutError", ended.stderr.splitlines()[-1])
