"""Adds `arn:aws:states:::http:invoke`.

AWS: Step Functions calls a web service with the credentials of a connection, within a minute, and fails the task with
    an error of its own for what it does not send, may not send, or cannot take.
    Source: Step Functions developer guide, "Call HTTPS APIs in Step Functions workflows".
ministack: does not know the integration. Here an endpoint on this machine may be called without TLS as well.
"""

from __future__ import annotations

import http.client
import ipaddress
import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from aws.connections import deauthorize, settled_connection
from aws.http_requests import http_request
from aws.machines import MACHINES, STATE_PAYLOAD_BYTES, failed_task, running_machine, task_denial, too_large
from registry import adds

HTTP_SECONDS = 60
HTTP_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")

FORBIDDEN_HEADERS = re.compile(
    "a-im|accept-charset|accept-datetime|accept-encoding|authorization|cache-control|connection|"
    "content-encoding|content-md5|date|expect|forwarded|from|host|http2-settings|if-match|"
    "if-modified-since|if-none-match|if-range|if-unmodified-since|max-forwards|origin|pragma|"
    "proxy-authorization|referer|server|te|trailer|transfer-encoding|upgrade|via|warning|"
    "x-forwarded-.*|x-amz-.*|x-amzn-.*"
)
BINARY_ANSWERS = re.compile(r"application/octet-stream|(?:image|video|audio)/.*")

# By such an answer to Basic or API-key authorization, EventBridge takes the credentials for wrong.
# Source: EventBridge user guide, "De-authorizing connections in EventBridge".
DEAUTHORIZING_STATUSES = (401, 407)


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Leaves a redirect to the caller."""

    def redirect_request(self, *_: Any) -> None:
        return None


@adds(MACHINES, "_SERVICE_DISPATCH[arn:aws:states:::http:invoke]")
def http_invoke(_resource: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Runs one HTTP task."""
    check_http_task(parameters)
    connection = usable_connection(parameters)
    return called(http_request(parameters, connection), connection)


def check_http_task(parameters: dict[str, Any]) -> None:
    """Raises if AWS would not send the request of this task, whatever the connection."""
    endpoint, method = parameters.get("ApiEndpoint", ""), parameters.get("Method", "")
    if not is_allowed_endpoint(endpoint):
        raise failed_task("States.Runtime", f"The ApiEndpoint '{endpoint}' is not an https URL")
    if method not in HTTP_METHODS:
        raise failed_task("States.Runtime", f"The Method '{method}' is not one of {HTTP_METHODS}")
    wrong = [name for name in parameters.get("Headers") or {} if FORBIDDEN_HEADERS.fullmatch(name.lower())]
    if wrong:
        text = f"The 'Headers' field contains unsupported values: {sorted(wrong)}"
        raise failed_task("States.Runtime", text)
    machine = running_machine.get()
    denial = machine and task_denial(
        "states:InvokeHTTPEndpoint", machine["stateMachineArn"],
        keys={"states:HTTPEndpoint": endpoint, "states:HTTPMethod": method},
    )
    if denial:
        raise failed_task(
            "States.Http.AccessDenied",
            f"AWS Step Functions is not authorized to perform states:InvokeHTTPEndpoint on API Endpoint {endpoint}. "
            "Ensure that the StateMachine role contains the states:InvokeHTTPEndpoint permission for the given API "
            "Endpoint",
        )


def is_allowed_endpoint(endpoint: str) -> bool:
    """Whether the URL is https, as AWS demands, or does not leave this machine."""
    try:
        url = urllib.parse.urlsplit(endpoint)
        host = url.hostname or ""
    except ValueError:
        return False
    if url.scheme != "http":
        return url.scheme == "https" and bool(host)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def usable_connection(parameters: dict[str, Any]) -> dict[str, Any]:
    """The connection that the task names; raises if it cannot be used or the role may not use it."""
    error = "Events.ConnectionResource"
    chosen = parameters.get("InvocationConfig") or parameters.get("Authentication") or {}
    arn = chosen.get("ConnectionArn")
    if not arn:
        raise failed_task("States.Runtime", "The task names no ConnectionArn")
    if task_denial("events:RetrieveConnectionCredentials", arn):
        text = "No permissions to call RetrieveConnectionCredentials on the connection resource."
        raise failed_task(f"{error}.AccessDenied", text)
    record = settled_connection(arn.partition(":connection/")[2].partition("/")[0])
    if record is None or record["ConnectionArn"] != arn:
        raise failed_task(f"{error}.ResourceNotFound", f"Connection {arn} does not exist")
    if record["ConnectionState"] != "AUTHORIZED":
        name = "AuthInProgress" if record["ConnectionState"] == "AUTHORIZING" else "InvalidConnectionState"
        raise failed_task(f"{error}.{name}", f"Connection {arn} is {record['ConnectionState']}")
    for action in ("DescribeSecret", "GetSecretValue"):
        if task_denial(f"secretsmanager:{action}", record["SecretArn"]):
            text = (
                "No permissions to call DescribeSecret and/or GetSecretValue on the secret associated with the "
                "connection resource."
            )
            raise failed_task(f"{error}.AccessDenied", text)
    return record


def called(request: urllib.request.Request, connection: dict[str, Any]) -> dict[str, Any]:
    """What the endpoint answers, as the result of a task; a refusal of the credentials de-authorizes the connection."""
    deadline = time.monotonic() + HTTP_SECONDS
    opener = urllib.request.build_opener(NoRedirects)
    try:
        try:
            answer: Any = opener.open(request, timeout=HTTP_SECONDS)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            raw = limited_body(answer, deadline)
    except (OSError, http.client.HTTPException) as error:
        raise failed_task("States.Http.Socket", f"{type(error).__name__}: {error}") from error
    if answer.status in DEAUTHORIZING_STATUSES and connection["AuthorizationType"] in ("API_KEY", "BASIC"):
        deauthorize(connection, f"The endpoint answered {answer.status}.")
    if answer.status >= 300:
        # AWS keeps nothing of the answer.
        raise failed_task(f"States.Http.StatusCode.{answer.status}", "")
    return result_of(answer, raw)


def result_of(answer: Any, raw: bytes) -> dict[str, Any]:
    """An answer as the result of a task; raises if it is not text."""
    kind = answer.headers.get_content_type() if "Content-Type" in answer.headers else ""
    try:
        text = raw.decode()
        if BINARY_ANSWERS.fullmatch(kind):
            raise ValueError
    except ValueError:
        raise failed_task("States.Runtime", f"The answer of type '{kind}' is not text") from None
    headers: dict[str, list[str]] = {}
    for name, value in answer.headers.items():
        headers.setdefault(name.lower(), []).append(value)
    return {
        "Headers": headers, "ResponseBody": json_or_text(text) if "json" in kind else text,
        "StatusCode": answer.status, "StatusText": answer.reason,
    }


def limited_body(answer: Any, deadline: float) -> bytes:
    """The body of an answer; raises if it is too slow or too large for a state."""
    raw = b""
    while chunk := answer.read1(65536):
        raw += chunk
        if len(raw) > STATE_PAYLOAD_BYTES:
            raise too_large()
        if time.monotonic() > deadline:
            raise TimeoutError(f"no whole answer in {HTTP_SECONDS} s")
    return raw


def json_or_text(text: str) -> Any:
    """The value that the text is JSON of, or the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
