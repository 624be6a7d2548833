"""Tells the page of the stand-ins which functions ran, why, and what they logged.

The page shows one event on its way. What is told holds no body, no header and no path: of a request the
resource of the API, whose path may hold a token; of a message its ids. Everything else is in the lines that the
function logged, which hold no secret. It is told to the control interface of the stand-ins, under its token;
without stand-ins it is dropped, for nobody else asks.
"""

from __future__ import annotations

import collections
import dataclasses
import json
import logging
import threading
import time
import urllib.error
import urllib.request
from typing import Any

from guard import ministack

HOOKED_NAMES: dict[str, tuple[str, ...]] = {
    "core.lambda_runtime": ("ProvidedWorker._spawn", "ProvidedWorker.invoke"),
    "services.lambda_svc": ("_execute_function_provided_warm",),
}

# How long what happens is gathered before it is told.
SECONDS_BETWEEN_REPORTS = 0.25
# How many runs are kept for stand-ins that do not answer, and how long an answer may take.
KEPT_RUNS = 1000
RUNS_OF_A_REPORT = 100
SECONDS_TO_ANSWER = 5
# The last lines of a run, and what is kept of a long one.
KEPT_LINES = 200
KEPT_LINE_CHARACTERS = 4000

log = logging.getLogger("journal")

Run = dict[str, Any]


@dataclasses.dataclass(frozen=True)
class Reader:
    """The control interface of the stand-ins."""

    url: str
    token: str

    def take(self, runs: list[Run]) -> bool:
        """Tells of these runs; False if nobody answers."""
        request = urllib.request.Request(
            f"{self.url}/_control/journal", json.dumps({"invocations": runs}).encode(), method="POST",
            headers={"content-type": "application/json", "x-control-token": self.token},
        )
        try:
            # No proxy leads to this machine.
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(request, timeout=SECONDS_TO_ANSWER):
                return True
        except urllib.error.HTTPError as error:
            # They will not take it at the next attempt either.
            log.warning("the stand-ins refuse what they are told: %s", error)
            return True
        except (urllib.error.URLError, OSError):
            return False


def keep(reader: Reader) -> None:
    """Follows the functions, and tells of their runs from a thread of its own, for as long as this process runs."""
    waiting: collections.deque[Run] = collections.deque(maxlen=KEPT_RUNS)
    follow(waiting.append)
    threading.Thread(target=tell, args=(reader, waiting), daemon=True, name="journal").start()


def tell(reader: Reader, waiting: collections.deque[Run]) -> None:
    """Tells of what has happened since, again and again; the first report has nothing but shows that one is here."""
    is_known, runs = False, list[Run]()
    while True:
        while waiting and len(runs) < RUNS_OF_A_REPORT:
            runs.append(waiting.popleft())
        if (runs or not is_known) and reader.take(runs):
            is_known, runs = True, []
        time.sleep(SECONDS_BETWEEN_REPORTS)


def follow(note: Any) -> None:
    """Has each run of a function noted, when it begins and again when it ends."""
    functions, worker = ministack("services.lambda_svc"), ministack("core.lambda_runtime").ProvidedWorker
    execute, spawn, invoke = functions._execute_function_provided_warm, worker._spawn, worker.invoke
    processes: dict[str, int] = {}

    def spawn_known(self: Any, *given: Any, **named: Any) -> None:
        spawn(self, *given, **named)
        # A process that dies is forgotten before it is known which run it died in.
        self.journal_process = self._proc.pid

    def invoke_known(self: Any, event: Any, request: str, **named: Any) -> Any:
        try:
            return invoke(self, event, request, **named)
        finally:
            processes[request] = getattr(self, "journal_process", 0)

    def execute_noted(function: dict[str, Any], event: Any, request: str) -> dict[str, Any]:
        config = function.get("config") or function
        run = {"id": request, "function": config.get("FunctionName", ""), "began": now(), **cause(event)}
        note(run)
        result: dict[str, Any] = {}
        try:
            result = execute(function, event, request)
            return result
        finally:
            note({**run, "ended": now(), "process": processes.pop(request, 0) or None, **end(run, result)})

    worker._spawn, worker.invoke = spawn_known, invoke_known
    functions._execute_function_provided_warm = execute_noted


def now() -> int:
    """Milliseconds since the epoch."""
    return int(time.time() * 1000)


def cause(event: Any) -> Run:
    """The request or the messages that a function is called for, without anything that a sender wrote."""
    try:
        if "httpMethod" in event:
            return {"request": {"method": str(event["httpMethod"]), "resource": str(event["resource"])}}
        return {"messages": [delivered(record) for record in event.get("Records", ())]}
    except (AttributeError, KeyError, TypeError, ValueError):
        # Whoever calls a function by hand may give it anything.
        return {}


def delivered(record: dict[str, Any]) -> Run:
    """One delivery of a message, and the id under which a topic has published it."""
    attributes = record["attributes"]
    message: Run = {
        "id": record["messageId"], "queue": record["eventSourceARN"].rsplit(":", 1)[-1],
        "sent": int(attributes["SentTimestamp"]), "count": int(attributes["ApproximateReceiveCount"]),
    }
    try:
        envelope = json.loads(record["body"])
    except ValueError:
        return message
    if isinstance(envelope, dict) and envelope.get("Type") == "Notification":
        identity, topic = envelope.get("MessageId"), envelope.get("TopicArn")
        # Anybody may put such a text into a queue.
        if isinstance(identity, str) and isinstance(topic, str) and len(identity) <= 100 and len(topic) <= 400:
            message["published"] = {"id": identity, "topic": topic.rsplit(":", 1)[-1]}
    return message


def end(run: Run, result: dict[str, Any]) -> Run:
    """What a run left: its lines, the status of its answer, and how it died."""
    lines = [line[:KEPT_LINE_CHARACTERS] for line in (result.get("log") or "").split("\n") if line][-KEPT_LINES:]
    body, left = result.get("body"), Run(lines=lines)
    if result.get("error") or not result:
        kind = body.get("errorMessage") if isinstance(body, dict) else None
        left["error"] = str(kind or "the function did not run")[:KEPT_LINE_CHARACTERS]
    elif "request" in run and isinstance(body, dict) and isinstance(body.get("statusCode"), int):
        left["request"] = {**run["request"], "status": body["statusCode"]}
    return left
