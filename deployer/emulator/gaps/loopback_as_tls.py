"""Lets a policy that demands TLS pass what never leaves this machine.

AWS: every endpoint offers TLS, which stacks demand by the condition key `aws:SecureTransport`.
    Source: IAM user guide, "AWS global condition context keys".
ministack: serves plain HTTP, and takes a request for one over TLS only if a proxy that ends TLS says so in
    `X-Forwarded-Proto`. A test that wants to see a policy refuse sends `X-Forwarded-Proto: http` itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from registry import replaces

PROTOCOL_HEADER = b"x-forwarded-proto"


@replaces("app", "app", "(scope, receive, send)")
async def serve_as_tls(serve: Callable[..., Awaitable[None]], scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Adds the header that such a proxy would send."""
    if scope["type"] == "http" and is_loopback(scope) and not names_protocol(scope):
        scope = {**scope, "headers": [*scope["headers"], (PROTOCOL_HEADER, b"https")]}
    await serve(scope, receive, send)


def is_loopback(scope: dict[str, Any]) -> bool:
    """Whether the other end of the connection is this machine."""
    address = (scope.get("client") or ("",))[0]
    return address == "::1" or address.startswith("127.")


def names_protocol(scope: dict[str, Any]) -> bool:
    """Whether the request itself says how it was sent."""
    return any(name.lower() == PROTOCOL_HEADER for name, _ in scope["headers"])
