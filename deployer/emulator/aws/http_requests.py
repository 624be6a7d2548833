"""The request that an HTTP task sends: what the task gives, completed with what its connection gives."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from typing import Any

from aws import scope
from aws.connections import EVENTS
from aws.machines import STATE_PAYLOAD_BYTES, failed_task
from registry import calls

auth_headers = calls(EVENTS, "_connection_auth_headers", "(conn, token_key, force_refresh=False)")
parameters_by_name = calls(EVENTS, "_connection_params_map", "(params)")


def http_request(parameters: dict[str, Any], connection: dict[str, Any]) -> urllib.request.Request:
    """The request of a task; where it and the connection give the same, the connection wins."""
    extra = connection["AuthParameters"].get("InvocationHttpParameters") or {}
    added = {name: parameters_by_name(entries) for name, entries in extra.items()}
    query = {**(parameters.get("QueryParameters") or {}), **added.get("QueryStringParameters", {})}
    url = urllib.parse.urlsplit(parameters["ApiEndpoint"])
    pairs = [*urllib.parse.parse_qsl(url.query, keep_blank_values=True), *form_fields(query, "REPEAT")]
    data = http_body(parameters, added.get("BodyParameters", {}))
    request = urllib.request.Request(
        url._replace(query=urllib.parse.urlencode(pairs), fragment="").geturl(), data,
        method=parameters["Method"],
    )
    if data is not None:
        request.add_header("Content-Type", "application/json; charset=UTF-8")
    token_key = (scope.account(), scope.region(), connection["Name"])
    for headers in (
        parameters.get("Headers") or {},
        added.get("HeaderParameters", {}),
        auth_headers(connection, token_key),
        {
            "User-Agent": f"Amazon|StepFunctions|HttpInvoke|{scope.region()}",
            "Range": f"bytes=0-{STATE_PAYLOAD_BYTES}",
        },
    ):
        for name, value in headers.items():
            text = ", ".join(map(form_text, value)) if isinstance(value, list) else form_text(value)
            request.add_header(name, text)
    return request


def http_body(parameters: dict[str, Any], added: dict[str, Any]) -> bytes | None:
    """The body of a task's request."""
    body, transform = parameters.get("RequestBody"), parameters.get("Transform") or {}
    if added:
        if not isinstance(body, dict | None):
            text = "The RequestBody cannot be merged with the body parameters of the connection"
            raise failed_task("States.Runtime", text)
        body = {**(body or {}), **added}
    if body is None:
        return None
    if transform.get("RequestBodyEncoding", "NONE") == "URL_ENCODED" and isinstance(body, dict):
        form = (transform.get("RequestEncodingOptions") or {}).get("ArrayFormat", "INDICES")
        return urllib.parse.urlencode(form_fields(body, form)).encode()
    return (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()


def form_fields(value: Any, array_format: str, name: str = "") -> list[tuple[str, str]]:
    """The fields of a form that say the same as the JSON value."""
    if isinstance(value, dict):
        members = [(f"{name}[{key}]" if name else key, member) for key, member in value.items()]
    elif isinstance(value, list) and array_format == "COMMAS":
        return [(name, ",".join(map(form_text, value)))]
    elif isinstance(value, list):
        suffixes = {"BRACKETS": "[]", "REPEAT": ""}
        members = [
            (name + suffixes.get(array_format, f"[{n}]"), member) for n, member in enumerate(value)
        ]
    else:
        return [(name, form_text(value))]
    return [field for key, member in members for field in form_fields(member, array_format, key)]


def form_text(value: Any) -> str:
    """A JSON value as the text of a form field or a header."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
