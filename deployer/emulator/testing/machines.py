"""Tests that run state machines."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from testing.emulated import Emulated
from testing.emulator import ACCOUNT, REGION, wait_for
from testing.templates import outputs, resource, role, statement

KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "first"}}
INVALID_STATE = "Events.ConnectionResource.InvalidConnectionState"
SECRET = {"Fn::GetAtt": ["Connection", "SecretArn"]}


class Endpoint(ThreadingHTTPServer):
    """A web service that keeps the requests and answers what its path says."""

    ANSWERS: dict[str, tuple[int, str, bytes]] = {
        "/json": (200, "application/json", b'{"said": [1, true]}'),
        "/text": (200, "text/plain; charset=utf-8", "1 \u00e9t\u00e9".encode()),
        "/binary": (200, "application/octet-stream", b"text"),
        "/large": (200, "application/json", b'"' + b"x" * 256 * 1024 + b'"'),
        "/part": (206, "application/json", b'{"said": [1, true]}'),
        "/refused": (401, "application/json", b'{"code": 16}'),
        "/proxy": (407, "text/plain", b""),
        "/moved": (302, "text/plain", b""),
        "/broken": (503, "text/plain", b"later"),
    }

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.requests: list[tuple[str, str, dict[str, str], str]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Answering(BaseHTTPRequestHandler):
    """One request to the endpoint."""

    server: Endpoint

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((self.command, self.path, headers, body))
        status, kind, text = self.server.ANSWERS[self.path.partition("?")[0]]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Location", "/json")
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = answer

    def log_message(self, *_: Any) -> None:
        """Keeps quiet."""


def machine(definition: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """A state machine whose role is the resource `Role`."""
    return resource(
        "StepFunctions::StateMachine", RoleArn={"Fn::GetAtt": ["Role", "Arn"]}, Definition=definition,
        **properties,
    )


def task(service: str, **fields: Any) -> dict[str, Any]:
    """A machine of one task, which takes its arguments from the input."""
    state = {
        "Type": "Task", "Resource": f"arn:aws:states:::{service}", "Arguments": "{% $states.input %}",
        "End": True, **fields,
    }
    return {"QueryLanguage": "JSONata", "StartAt": "Do", "States": {"Do": state, "Caught": {"Type": "Succeed"}}}


def rights_to_call() -> list[dict[str, Any]]:
    """What the role of an HTTP task needs, one policy for each step."""
    condition = {
        "StringEquals": {"states:HTTPMethod": ["GET", "POST"]},
        "StringLike": {"states:HTTPEndpoint": "http://127.0.0.1*"},
    }
    arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:*"
    return [
        statement("states:InvokeHTTPEndpoint", arn, Condition=condition),
        statement("events:RetrieveConnectionCredentials", {"Fn::GetAtt": ["Connection", "Arn"]}),
        statement(["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], SECRET),
    ]


def rights_to_update() -> list[dict[str, Any]]:
    """What an updater of the connection needs, one policy for each right."""
    secrets = {"Fn::Sub": (
        "arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:events!connection/${Connection}/*"
    )}
    return [
        statement("events:UpdateConnection", {"Fn::GetAtt": ["Connection", "ArnForPolicy"]}),
        *(
            statement(f"secretsmanager:{action}", secrets) for action in (
                "CreateSecret", "DeleteSecret", "GetSecretValue", "PutSecretValue", "UpdateSecret",
            )
        ),
    ]


class StateMachines(Emulated):
    """State machines, the web services that they call and the connections that they use."""

    machines: Any
    events: Any
    endpoint: Endpoint

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.machines, cls.events = cls.emulator.client("stepfunctions"), cls.emulator.client("events")
        cls.endpoint = Endpoint()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.endpoint.shutdown()
        cls.endpoint.server_close()
        super().tearDownClass()

    def setUp(self) -> None:
        self.endpoint.requests.clear()

    def system(
        self, definition: dict[str, Any], grants: list[dict[str, Any]], auth: Any = KEY, **more: Any
    ) -> dict[str, Any]:
        """A machine with a role and a connection; the outputs of its stack."""
        attributes = {name: {"Fn::GetAtt": ["Connection", name]} for name in ("Arn", "ArnForPolicy", "SecretArn")}
        self.stack = self.deploy(
            {
                "Connection": resource(
                    "Events::Connection", Name=self.id().rsplit(".")[-1], AuthorizationType="API_KEY",
                    AuthParameters=auth,
                ),
                "Role": role(*grants), "Machine": machine(definition), **more,
            },
            outputs(Machine={"Ref": "Machine"}, Name={"Ref": "Connection"}, **attributes),
        )
        self.assertEqual(self.stack["StackStatus"], "CREATE_COMPLETE", self.reasons(self.stack))
        made: dict[str, Any] = self.stack["Outputs"]
        return made

    def machine_alone(self, definition: dict[str, Any], *grants: dict[str, Any], **properties: Any) -> str:
        """A machine with a role and nothing else; its ARN."""
        self.stack = self.deploy(
            {"Role": role(*grants), "Machine": machine(definition, **properties)}, outputs(Machine={"Ref": "Machine"})
        )
        self.assertEqual(self.stack["StackStatus"], "CREATE_COMPLETE", self.reasons(self.stack))
        arn: str = self.stack["Outputs"]["Machine"]
        return arn

    def run_machine(self, arn: str, **given: Any) -> tuple[Any, str]:
        """The output, or error and cause, of an execution."""
        run = self.machines.start_execution(stateMachineArn=arn, input=json.dumps(given))["executionArn"]
        read = lambda: self.machines.describe_execution(executionArn=run)
        wait_for(lambda: read()["status"] != "RUNNING")
        ended = read()
        if ended["status"] == "SUCCEEDED":
            return json.loads(ended["output"]), ""
        return ended["error"], ended.get("cause", "")

    def call(self, outputs: dict[str, Any], path: str, method: str = "GET", **given: Any) -> tuple[Any, str]:
        """What a machine of one HTTP task ends with."""
        return self.run_machine(outputs["Machine"], **{
            "ApiEndpoint": self.endpoint.url + path, "Method": method,
            "InvocationConfig": {"ConnectionArn": outputs["Arn"]}, **given,
        })

    def passed(self, *states: dict[str, Any]) -> tuple[Any, str]:
        """What a machine of `Pass` states, one after the other, ends with."""
        chain = {
            f"S{n}": {"Type": "Pass", **state, **({"Next": f"S{n + 1}"} if n + 1 < len(states) else {"End": True})}
            for n, state in enumerate(states)
        }
        ended = self.run_machine(self.machine_alone({"QueryLanguage": "JSONata", "StartAt": "S0", "States": chain}))
        self.delete(self.stack)
        return ended
