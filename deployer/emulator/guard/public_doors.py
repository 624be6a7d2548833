"""Leads what needs no key past every door of ministack but those of APIs and distributions.

AWS: an API and a distribution have a host name of their own, under which nothing else answers.
    Source: API Gateway developer guide, "Invoke REST APIs in API Gateway"; CloudFront developer guide, "Customize the
    URL format for files in CloudFront".
ministack: looks first, whatever the host, at the paths of its own pages, and of services without a host name of
    their own.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any

from registry import calls, reads, replaces

Headers = dict[str, str]

# What this request reaches without a key: an API or a distribution, and nothing else.
is_public: contextvars.ContextVar[bool] = contextvars.ContextVar("is_public", default=False)

hosts_of_apis = reads("app", "_EXECUTE_API_RE", "Pattern")
distribution_of = calls("app", "_parse_cloudfront_dataplane_host", "(host)")
view = calls(
    "app", "_handle_cloudfront_dataplane_request",
    "(host, path, raw_path, raw_query_string, method, headers, body, query_params, client_ip)",
)
call_api = calls(
    "app", "_handle_execute_api_request",
    "(host, path, method, headers, body, query_params, raw_path=None, raw_query_string=None)",
)
with_headers = calls(
    "app", "_with_data_plane_headers", "(response, request_id, include_s3_id=False, wildcard_cors=True)"
)


def is_served_name(host: str) -> bool:
    """Whether a deployed API or distribution goes by this name here."""
    return distribution_of(host) is not None or bool(hosts_of_apis().match(host))


@replaces("app", "_handle_pre_body_request", "(method, path, headers, query_params, request_id)")
async def before_the_body(before: Callable[..., Any], *given: Any) -> Any:
    """Passes the first doors."""
    return None if is_public.get() else await before(*given)


@replaces("app", "_handle_post_body_shortcuts", "(method, path, headers, body, query_params, request_id)")
async def after_the_body(between: Callable[..., Any], *given: Any) -> Any:
    """Passes the next ones."""
    return None if is_public.get() else await between(*given)


@replaces(
    "app", "_handle_special_data_plane_request",
    "(method, path, headers, body, query_params, request_id, raw_path=None, raw_query_string='', "
    "client_ip='127.0.0.1')",
)
async def public_or_special(
    special: Callable[..., Any], method: str, path: str, headers: Headers, body: bytes, query: dict[str, Any],
    request: str, raw_path: str | None = None, raw_query_string: str = "", client_ip: str = "127.0.0.1",
) -> Any:
    """Goes in by a distribution or an API, or nowhere."""
    raw = {"raw_path": raw_path, "raw_query_string": raw_query_string}
    if not is_public.get():
        return await special(method, path, headers, body, query, request, **raw, client_ip=client_ip)
    host = headers["host"]
    viewed = await view(
        host, path, raw_path or path, raw_query_string, method, headers, body, query, client_ip
    )
    if viewed:
        return viewed
    called = await call_api(host, path, method, headers, body, query, **raw)
    if called:
        return with_headers(called, request, wildcard_cors=False)
    return 404, {"Content-Type": "application/json"}, b'{"message": "Not Found"}'
