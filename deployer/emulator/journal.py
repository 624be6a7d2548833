"""Tells the page of the stand-ins which functions ran, why, and what they logged.

The page shows one event on its way. A report holds no body, no header and no path: of a request the
resource of the API, whose path may hold a token; of a message its ids. Everything else is in the lines that the
function logged, which hold no secret. It goes to the control interface of the stand-ins, under its token;
without stand-ins it is dropped.
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
import weakref
from collections.abc import Callable
from typing import Any

from aws.logs import EXECUTE, EXECUTE_TAKES, FUNCTIONS, config_of
from registry import replaces

RUNTIME = "core.lambda_runtime"

# How long events are gathered before they are reported.
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
        """Reports these runs; False if nothing answers."""
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
            log.warning("the stand-ins refuse a report: %s", error)
            return True
        except (urllib.error.URLError, OSError):
            return False


# The runs to report.
waiting: collections.deque[Run] = collections.deque(maxlen=KEPT_RUNS)
# The process that a run was in, by the id of the run.
processes: dict[str, int] = {}
# The last process of each worker.
last_process: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()


def keep(reader: Reader) -> None:
    """Reports the runs of functions from a thread of its own, for as long as this process runs."""
    threading.Thread(target=tell, args=(reader,), daemon=True, name="journal").start()


def tell(reader: Reader) -> None:
    """Reports what has happened since, again and again; the first report is empty: it only shows the emulator."""
    is_known, runs = False, list[Run]()
    while True:
        while waiting and len(runs) < RUNS_OF_A_REPORT:
            runs.append(waiting.popleft())
        if (runs or not is_known) and reader.take(runs):
            is_known, runs = True, []
        time.sleep(SECONDS_BETWEEN_REPORTS)


@replaces(RUNTIME, "ProvidedWorker._spawn", "(self, init_timeout=None)")
def spawn_known(spawn: Callable[..., None], worker: Any, *given: Any, **named: Any) -> None:
    """Remembers the process of a worker: one that dies is forgotten before it is known which run it died in."""
    spawn(worker, *given, **named)
    last_process[worker] = worker._proc.pid


@replaces(RUNTIME, "ProvidedWorker.invoke", "(self, event, request_id, *, trace_id=None, invoked_function_arn=None)")
def invoke_known(invoke: Callable[..., Any], worker: Any, event: Any, request: str, **named: Any) -> Any:
    """Remembers the process of a run."""
    try:
        return invoke(worker, event, request, **named)
    finally:
        processes[request] = last_process.get(worker, 0)


@replaces(FUNCTIONS, EXECUTE, EXECUTE_TAKES)
def execute_noted(
    execute: Callable[..., dict[str, Any]], function: dict[str, Any], event: Any, request: str
) -> dict[str, Any]:
    """Notes a run of a function, when it begins and again when it ends."""
    name = config_of(function).get("FunctionName", "")
    run = {"id": request, "function": name, "began": now(), **cause(event)}
    waiting.append(run)
    result: dict[str, Any] = {}
    try:
        result = execute(function, event, request)
        return result
    finally:
        process = processes.pop(request, 0) or None
        waiting.append({**run, "ended": now(), "process": process, **end(run, result)})


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
        # A function called by hand may get anything.
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
