"""Sends what a distribution gets for an API of AWS to the API of that id here.

AWS: the domain of an API is an origin like any web server.
    Source: CloudFront developer guide, "Use various origins with CloudFront distributions".
ministack: refuses to connect to a host of AWS.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from registry import reads, replaces

hosts_of_apis = reads("app", "_EXECUTE_API_RE", "Pattern")
own_port = reads("app", "_MINISTACK_PORT", "str")


@replaces(
    "services.cloudfront", "_forward_to_origin",
    "(origin, method, uri, query_string, headers, body, viewer_is_https, client_ip='127.0.0.1', "
    "viewer_x_forwarded_for='')",
)
def forward_here(
    forward: Callable[..., Any], origin: dict[str, Any], method: str, uri: str, query: str, headers: dict[str, str],
    *rest: Any,
) -> Any:
    """Connects to this machine in place of API Gateway, and names the API in the header."""
    host = origin["domain_name"].lower()
    if hosts_of_apis().match(host):
        headers = {"host": host, **headers}
        here = {"domain_name": "127.0.0.1", "http_port": int(own_port())}
        origin = {**origin, **here, "protocol_policy": "http-only"}
    return forward(origin, method, uri, query, headers, *rest)
