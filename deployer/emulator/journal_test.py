"""Shows what is reported of an event on its way, and what is not."""

from __future__ import annotations

import json
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import journal
from testing.emulated import Emulated
from testing.emulator import REGION, Emulator, wait_for
from testing.templates import api, function, outputs, permission, resource, role, statement

TOKEN = "token-of-the-control-interface"
SECRET = "secret-in-the-path"
BODY = "what a person wrote"


class Page:
    """The control interface of stand-ins, as far as the journal needs it."""

    def __init__(self) -> None:
        self.runs: list[dict[str, Any]] = []
        self.tokens: set[str] = set()
        self.bodies: list[bytes] = []
        self.status = 204
        page = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                page.tokens.add(self.headers["x-control-token"])
                page.bodies.append(body)
                if page.status == 204 and self.path == "/_control/journal":
                    page.runs += json.loads(body)["invocations"]
                self.send_response(page.status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def ended(self, name: str) -> list[dict[str, Any]]:
        """The ended runs of functions of this name."""
        return [run for run in self.runs if name in run["function"] and "ended" in run]


class Told(Emulator):
    """An emulator that has someone to report to."""

    page: Page

    def settings(self) -> dict[str, str]:
        return {**super().settings(), "stand_ins": self.page.url, "control_token": TOKEN}


class Journal(Emulated):
    """What is reported of requests, of messages and of functions that die."""

    kind = Told

    @classmethod
    def setUpClass(cls) -> None:
        cls.page = Told.page = Page()
        super().setUpClass()

    @classmethod
    def tearDownClass(cls) -> None:
        super().tearDownClass()
        cls.page.server.shutdown()

    def test_somebody_who_tells_is_known_at_once(self) -> None:
        wait_for(lambda: b'{"invocations": []}' in self.page.bodies)
        self.assertEqual(self.page.tokens, {TOKEN})

    def test_request(self) -> None:
        stack = self.deploy(
            {
                "Role": role(), "Asked": function(), "Permission": permission("Asked"),
                **api("{token}", function="Asked"),
            },
            outputs(Id={"Ref": "Api"}),
        )
        path = f"/_aws/execute-api/{stack['Outputs']['Id']}/v1/{SECRET}"
        self.assertEqual(self.emulator.get(path, json.dumps({"text": BODY}).encode())[0], 200)
        wait_for(lambda: self.page.ended("Asked"))
        [run] = self.page.ended("Asked")
        self.assertEqual(run["request"], {"method": "POST", "resource": "/{token}", "status": 200})
        self.assertEqual(run["lines"], ["called"])
        self.assertTrue(run["began"] <= run["ended"] and "error" not in run and run["process"] > 1, run)
        [started] = [told for told in self.page.runs if told["id"] == run["id"] and "ended" not in told]
        self.assertEqual(started["request"], {"method": "POST", "resource": "/{token}"})
        told = b"".join(self.page.bodies).decode()
        self.assertNotIn(SECRET, told)
        self.assertNotIn(BODY, told)

    def test_message(self) -> None:
        queue, topic = {"Fn::GetAtt": ["Queue", "Arn"]}, {"Ref": "Topic"}
        polls = ["sqs:ReceiveMessage", "sqs:GetQueueAttributes", "sqs:DeleteMessage"]
        delivers = statement("sqs:SendMessage", queue, Principal={"Service": "sns.amazonaws.com"})
        stack = self.deploy(
            {
                "Topic": resource("SNS::Topic"), "Queue": resource("SQS::Queue"), "Served": function(),
                "Policy": resource("SQS::QueuePolicy", Queues=[{"Ref": "Queue"}], PolicyDocument=delivers),
                "Subscription": {
                    **resource("SNS::Subscription", TopicArn=topic, Protocol="sqs", Endpoint=queue),
                    "DependsOn": "Policy",
                },
                "Role": role(statement(polls, queue)),
                "Mapping": resource(
                    "Lambda::EventSourceMapping", EventSourceArn=queue, FunctionName={"Ref": "Served"}
                ),
            },
            outputs(Topic=topic, Queue={"Ref": "Queue"}),
        )
        self.assertEqual(stack["StackStatus"], "CREATE_COMPLETE", self.reasons(stack))
        topic, queue = stack["Outputs"]["Topic"], stack["Outputs"]["Queue"]
        published = self.emulator.client("sns").publish(TopicArn=topic, Message=BODY)["MessageId"]
        wait_for(lambda: self.page.ended("Served"))
        [message] = self.page.ended("Served")[0]["messages"]
        name = topic.rsplit(":", 1)[-1]
        self.assertEqual(message["published"], {"id": published, "topic": name})
        self.assertEqual((message["queue"], message["count"]), (queue.rsplit("/", 1)[-1], 1))
        self.assertTrue(0 <= self.page.ended("Served")[0]["began"] - message["sent"] < 60_000, message)
        sent = self.emulator.client("sqs").send_message(QueueUrl=queue, MessageBody=BODY)["MessageId"]
        wait_for(lambda: len(self.page.ended("Served")) == 2)
        [message] = self.page.ended("Served")[1]["messages"]
        self.assertEqual(message["id"], sent)
        self.assertNotIn("published", message)
        self.assertNotIn(BODY, b"".join(self.page.bodies).decode())

    def test_a_function_that_dies(self) -> None:
        stack = self.deploy({"Role": role(), "Mortal": function()}, outputs(Name={"Ref": "Mortal"}))
        self.functions.invoke(FunctionName=stack["Outputs"]["Name"], Payload=b'{"do": "die"}')
        wait_for(lambda: self.page.ended("Mortal"))
        [run] = self.page.ended("Mortal")
        self.assertEqual(run["error"], "Runtime exited before returning a response")
        self.assertEqual(run["lines"][0], "called")
        self.assertTrue(run["process"] > 1, run)


class Readers(unittest.TestCase):
    """What happens to reports that nothing takes."""

    def test_what_is_not_taken_is_told_again_and_what_is_refused_is_not(self) -> None:
        page = Page()
        reader = journal.Reader(page.url, TOKEN)
        self.assertTrue(reader.take([{"id": "a"}]))
        page.status = 400
        self.assertTrue(reader.take([{"id": "b"}]))
        self.assertEqual([run["id"] for run in page.runs], ["a"])
        page.server.shutdown()
        page.server.server_close()
        self.assertFalse(reader.take([{"id": "c"}]))

    def test_what_anybody_may_put_into_a_queue_is_no_envelope(self) -> None:
        record = {
            "messageId": "m", "eventSourceARN": f"arn:aws:sqs:{REGION}:0:q", "eventSource": "aws:sqs",
            "attributes": {"SentTimestamp": "5", "ApproximateReceiveCount": "2"},
        }
        plain = {"id": "m", "queue": "q", "sent": 5, "count": 2}
        long = json.dumps({"Type": "Notification", "MessageId": "x" * 101, "TopicArn": "t"})
        for body in ("", "null", "[]", "1e999", '{"Type": "Notification"}', '{"Type": "Notification", "MessageId": 1}', long):
            self.assertEqual(journal.cause({"Records": [{**record, "body": body}]}), {"messages": [plain]}, body)

    def test_whoever_calls_a_function_by_hand_may_give_it_anything(self) -> None:
        for event in (None, [], "httpMethod", {"Records": 1}, {"Records": ["x"]}, {"Records": [{}]}, {"rawPath": "/"}):
            self.assertFalse(journal.cause(event).get("messages"), event)
