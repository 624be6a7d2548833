"""Refuses what neither the owner nor AWS would let pass, before ministack sees it.

AWS: every service but deployed APIs and sites answers only requests that a key of the account has signed.
    Source: IAM user guide, "AWS Signature Version 4 for API requests".
ministack: verifies the signatures of users and sessions, but takes a request without a signature for root's, and one
    with root's key whatever signs it, of whomever and from whatever page; and opens its answers to every page.
    Issue: https://github.com/ministackorg/ministack/issues/1745
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from guard.connections import is_of_this_user
from guard.pages import Headers, comes_from_a_page, is_loopback_name, read_headers
from guard.public_doors import is_public, is_served_name
from guard.signatures import Request
from registry import calls, replaces

HEALTH = "/_ministack/health"

Asgi = Callable[..., Awaitable[None]]
Scope = dict[str, Any]

send_response = calls("app", "_send_response", "(send, status, headers, body, *, head=False)")
parse_api_url = calls("app", "_parse_execute_api_url", "(host, path)")

log = logging.getLogger("guard")


@replaces("app", "app", "(scope, receive, send)")
async def serve_owner(serve: Asgi, scope: Scope, receive: Asgi, send: Asgi) -> None:
    """Serves the owner, and lets everybody call what is deployed."""
    if scope["type"] == "lifespan":
        await serve(scope, receive, send)
        return
    if scope["type"] != "http":
        # No stack has an API of this kind.
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = read_headers(scope)
    problem = stranger(scope, headers)
    if problem:
        await refuse(send, problem)
    elif goes_to_the_public(scope, headers):
        is_public.set(True)
        await serve(scope, receive, send)
    else:
        await serve_signed(serve, scope, headers, receive, without_cors(send))


def stranger(scope: Scope, headers: Headers) -> str | None:
    """Why such a request is refused, if it is."""
    if not is_of_this_user(scope.get("client"), scope.get("server")):
        return "this emulator serves only the user who started it; this connection belongs to another user"
    host, path = headers.get("host", ""), scope["path"]
    if not is_loopback_name(host) and not is_served_name(host):
        return "the `Host` header names another machine; use 127.0.0.1 or localhost"
    if goes_to_the_public(scope, headers):
        return None
    if comes_from_a_page(headers):
        return "a web page may call deployed APIs and sites, but not the AWS services"
    if path.startswith("/_") and (path != HEALTH or scope["method"] != "GET"):
        return "the emulator has no such page"
    return None


def goes_to_the_public(scope: Scope, headers: Headers) -> bool:
    """Whether the request goes to an API or a distribution, which answer everybody on AWS as well."""
    host, path = headers.get("host", ""), scope["path"]
    if is_served_name(host):
        return True
    return is_loopback_name(host) and parse_api_url(host, path) is not None


async def refuse(send: Asgi, problem: str) -> None:
    """Answers 403 with the reason."""
    log.warning("refused a request: %s", problem)
    body = json.dumps({"__type": "Forbidden", "message": problem}).encode()
    await send_response(send, 403, {"Content-Type": "application/json"}, body)


def without_cors(send: Asgi) -> Asgi:
    """Sends answers without the headers by which ministack opens them to every page."""

    async def send_closed(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            kept = [
                header for header in message.get("headers", ())
                if not header[0].lower().startswith(b"access-control-")
            ]
            message = {**message, "headers": kept}
        await send(message)

    return send_closed


async def serve_signed(serve: Asgi, scope: Scope, headers: Headers, receive: Asgi, send: Asgi) -> None:
    """Serves a request to a service of AWS if a key of this account signed it."""
    if scope["path"] == HEALTH:
        await serve(scope, receive, send)
        return
    request = Request(scope, headers)
    problem = request.problem_of_credential()
    body = b""
    if problem is None:
        # Not before the key is checked: only known callers may fill the memory.
        received = await read_body(receive)
        if received is None:
            return
        body = received
        problem = request.problem_of_signature(body)
    if problem is None:
        await serve(scope, again(body, receive), send)
        return
    status, answer, text = request.refusal(*problem)
    log.warning("refused a call of %s: %s", request.service, problem[0])
    await send_response(send, status, answer, text, head=scope["method"] == "HEAD")


async def read_body(receive: Asgi) -> bytes | None:
    """The whole body; None if the sender has gone."""
    parts = []
    while True:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def again(body: bytes, receive: Asgi) -> Asgi:
    """Hands out a body that was read already."""
    left: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_again() -> Any:
        return left.pop() if left else await receive()

    return receive_again
