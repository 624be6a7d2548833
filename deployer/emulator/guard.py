"""Lets only the owner of this machine's local stage use it: no web page, no other user, no guessed key.

ministack answers everybody: it allows every origin, looks at no host name, and takes root's access key
with any signature. Here every request has to pass, in this order: its connection belongs to a process of
the same user; its `Host` is one that the emulator serves; and unless it goes to an API or a distribution,
which AWS leaves open as well, no page sent it and its signature is right.
"""

from __future__ import annotations

import contextvars
import dataclasses
import functools
import hashlib
import hmac
import importlib
import ipaddress
import json
import logging
import os
import re
import secrets
import socket
import struct
import sys
import urllib.parse
import uuid
from collections.abc import Awaitable, Callable
from types import ModuleType
from typing import Any

HOOKED_NAMES: dict[str, tuple[str, ...]] = {
    "app": (
        "_credential_failure",
        "_handle_cloudfront_dataplane_request",
        "_handle_execute_api_request",
        "_handle_post_body_shortcuts",
        "_handle_pre_body_request",
        "_handle_special_data_plane_request",
        "_parse_cloudfront_dataplane_host",
        "_parse_execute_api_url",
        "_send_response",
        "_with_data_plane_headers",
        "app",
    ),
    "core.iam_evaluator": (
        "AuthError",
        "CredentialResolutionError",
        "find_iam_access_key_account",
        "is_root_access_key",
        "resolve_credential",
    ),
    "core.lambda_runtime": (
        "ProvidedWorker._build_handler_class",
        "_account_region_from_function_config",
        "execution_credentials",
    ),
    "core.responses": ("_account_from_sts_session", "get_account_id"),
    "core.router": ("detect_service", "extract_access_key_id"),
    "core.sigv4": (
        "SIGNATURE_MISMATCH",
        "decode_header_value",
        "header_signature_failure",
        "parse_header_signature",
        "parse_query_signature",
        "presigned_request_is_expired",
        "request_time_failure",
    ),
    "services.lambda_svc": ("_execute_function_provided", "execution_credentials"),
    "services.s3": ("resolve_credential",),
    "services.sts": ("is_root_access_key", "register_session", "resolve_credential"),
}

log = logging.getLogger("guard")

Asgi = Callable[..., Awaitable[None]]
Scope = dict[str, Any]
Headers = dict[str, str]


@functools.cache
def ministack(module: str) -> ModuleType:
    """The named module of ministack."""
    return importlib.import_module(f"ministack.{module}")


# --- The root key ------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class RootKey:
    """The access key of the account's root user, made for this stage alone."""

    access_key_id: str
    secret_access_key: str


def demand_root_key(root: RootKey) -> None:
    """Makes this the only key of root, in place of `test` and of every account's number.

    An empty key stays root's in ministack's eyes, for its services call each other without one; requests
    from outside that carry none are refused before they reach it.
    """
    evaluator = ministack("core.iam_evaluator")
    resolve = evaluator.resolve_credential

    def is_root(access_key_id: str) -> bool:
        return not access_key_id or access_key_id == root.access_key_id

    def resolve_credential(*given: Any, **named: Any) -> Any:
        found = resolve(*given, **named)
        if getattr(found, "principal_type", None) != "Root":
            return found
        return dataclasses.replace(found, secret_access_key=root.secret_access_key)

    replace_everywhere(evaluator.is_root_access_key, is_root)
    replace_everywhere(resolve, resolve_credential)


def replace_everywhere(old: Any, new: Any) -> None:
    """Replaces a function of ministack in every module that has imported it."""
    for name, module in list(sys.modules.items()):
        if name.startswith("ministack."):
            for member in [member for member, value in vars(module).items() if value is old]:
                setattr(module, member, new)


def give_functions_secrets_of_their_own() -> None:
    """Gives the session of a function's role a secret that nobody can compute.

    ministack derives it from the names of the function and its role, which are no secrets. It stays the
    same as long as this process runs, since all workers of a function share one session.
    """
    runtime, sessions = ministack("core.lambda_runtime"), ministack("services.sts")
    salt = secrets.token_bytes(32)

    def derived(*parts: str) -> str:
        return hmac.new(salt, "\n".join(parts).encode(), hashlib.sha256).hexdigest()

    def execution_credentials(config: dict[str, Any]) -> dict[str, str]:
        account, _ = runtime._account_region_from_function_config(config)
        function, role = config.get("FunctionArn", ""), config.get("Role", "")
        role_name, session = role.rsplit("/", 1)[-1], config.get("FunctionName", "function")[:64]
        access_key = f"ASIA{derived('key', function, role)[:16].upper()}"
        secret, token = derived("secret", function, role), derived("token", function, role)
        sessions.register_session(access_key, {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{role_name}/{session}",
            "UserId": f"{role_name}:{session}", "SecretAccessKey": secret, "SessionToken": token,
        })
        return {
            "AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token,
        }

    replace_everywhere(runtime.execution_credentials, execution_credentials)


# --- Who holds the other end of a connection -----------------------------------------------------

CONNECTIONS = "/proc/net/tcp"


def is_of_this_user(client: tuple[str, int] | None, server: tuple[str, int] | None) -> bool:
    """Whether a process of this user, or of the machine's administrator, holds the other end.

    A connection over the loopback is in the kernel's list twice; the entry of the other end names the
    user who opened it. An end that was closed has no owner any more (inode 0) and counts as foreign.
    """
    try:
        wanted = (end_of(client), end_of(server))
        with open(CONNECTIONS, encoding="ascii") as file:
            for line in file:
                entry = line.split()
                if (entry[1], entry[2]) == wanted:
                    return entry[9] != "0" and int(entry[7]) in (os.getuid(), 0)
    except (IndexError, OSError, TypeError, ValueError) as error:
        log.error("cannot tell who opened a connection: %s", error)
    return False


def end_of(address: tuple[str, int] | None) -> str:
    """One end of a connection as the kernel writes it."""
    if address is None:
        raise ValueError("the connection has no address")
    (number,) = struct.unpack("=I", socket.inet_aton(address[0]))
    return f"{number:08X}:{address[1]:04X}"


# --- What a browser gives away -------------------------------------------------------------------

LOOPBACK = re.compile(r"(?:localhost|\[::1\]|(127(?:\.[0-9]{1,3}){3}))(?::[0-9]{1,5})?", re.IGNORECASE)


def is_loopback_name(host: str) -> bool:
    """Whether a `Host` header names this machine itself, with or without a port."""
    found = LOOPBACK.fullmatch(host)
    if not found or not found[1]:
        return bool(found)
    try:
        return ipaddress.ip_address(found[1]).is_loopback
    except ValueError:
        return False


def comes_from_a_page(headers: Headers) -> bool:
    """Whether a web page sent this, of whatever site; `none` is an address that a person typed."""
    return "origin" in headers or headers.get("sec-fetch-site", "none") != "none"


def read_headers(scope: Scope) -> Headers:
    """The headers by their names in lower case; of several lines one, as SigV4 signs it."""
    decode = ministack("core.sigv4").decode_header_value
    headers: Headers = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), decode(value)
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    return headers


# --- The workers' Runtime API ----------------------------------------------------------------------


def guard_runtime_api() -> None:
    """Lets only processes of this user, and no page, fetch a function's events and answer them."""
    worker = ministack("core.lambda_runtime").ProvidedWorker
    build = worker._build_handler_class

    def build_guarded(self: Any, *given: Any) -> Any:
        handler = build(self, *given)

        class Guarded(handler):  # type: ignore[misc, valid-type]
            def parse_request(self) -> bool:
                if not super().parse_request():
                    return False
                headers = {name.lower(): value for name, value in self.headers.items()}
                mine = is_of_this_user(self.client_address, self.connection.getsockname())
                if mine and is_loopback_name(headers.get("host", "")) and not comes_from_a_page(headers):
                    return True
                self.close_connection = True
                self.send_error(403, "only the function itself may call its Runtime API")
                return False

        return Guarded

    def execute_once(*_: Any, **__: Any) -> Any:
        raise RuntimeError("durable functions are not offered here: their Runtime API would answer everybody")

    worker._build_handler_class = build_guarded
    ministack("services.lambda_svc")._execute_function_provided = execute_once


# --- Requests --------------------------------------------------------------------------------------

HEALTH = "/_ministack/health"

# What this request reaches without a key: an API or a distribution, and nothing else.
is_public: contextvars.ContextVar[bool] = contextvars.ContextVar("is_public", default=False)


def guard_requests() -> None:
    """Refuses what neither the owner nor AWS would let pass, before ministack sees it."""
    app = ministack("app")
    serve: Asgi = app.app

    async def serve_owner(scope: Scope, receive: Asgi, send: Asgi) -> None:
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

    app.app = serve_owner
    lead_public_requests()


def stranger(scope: Scope, headers: Headers) -> str | None:
    """Why nobody who sends such a request is answered, if so."""
    if not is_of_this_user(scope.get("client"), scope.get("server")):
        return "this emulator serves the user who started it, and this connection is of somebody else"
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


def is_served_name(host: str) -> bool:
    """Whether a deployed API or distribution goes by this name here."""
    app = ministack("app")
    return app._parse_cloudfront_dataplane_host(host) is not None or bool(app._EXECUTE_API_RE.match(host))


def goes_to_the_public(scope: Scope, headers: Headers) -> bool:
    """Whether the request goes to an API or a distribution, which answer everybody on AWS as well."""
    host, path = headers.get("host", ""), scope["path"]
    if is_served_name(host):
        return True
    return is_loopback_name(host) and ministack("app")._parse_execute_api_url(host, path) is not None


def lead_public_requests() -> None:
    """Leads what needs no key past every door of ministack but those of APIs and distributions.

    ministack looks at the paths of its own pages, and of services without a host name of their own, first.
    """
    app = ministack("app")
    before, between = app._handle_pre_body_request, app._handle_post_body_shortcuts
    special = app._handle_special_data_plane_request

    async def before_the_body(*given: Any) -> Any:
        return None if is_public.get() else await before(*given)

    async def after_the_body(*given: Any) -> Any:
        return None if is_public.get() else await between(*given)

    async def public_or_special(
        method: str, path: str, headers: Headers, body: bytes, query: dict[str, Any], request: str,
        raw_path: str | None = None, raw_query_string: str = "", client_ip: str = "127.0.0.1",
    ) -> Any:
        raw = {"raw_path": raw_path, "raw_query_string": raw_query_string}
        if not is_public.get():
            return await special(method, path, headers, body, query, request, **raw, client_ip=client_ip)
        host = headers["host"]
        viewed = await app._handle_cloudfront_dataplane_request(
            host, path, raw_path or path, raw_query_string, method, headers, body, query, client_ip
        )
        if viewed:
            return viewed
        called = await app._handle_execute_api_request(host, path, method, headers, body, query, **raw)
        if called:
            return app._with_data_plane_headers(called, request, wildcard_cors=False)
        return 404, {"Content-Type": "application/json"}, b'{"message": "Not Found"}'

    app._handle_pre_body_request, app._handle_post_body_shortcuts = before_the_body, after_the_body
    app._handle_special_data_plane_request = public_or_special


async def refuse(send: Asgi, problem: str) -> None:
    """Answers 403 with the reason."""
    log.warning("refused a request: %s", problem)
    body = json.dumps({"__type": "Forbidden", "message": problem}).encode()
    await ministack("app")._send_response(send, 403, {"Content-Type": "application/json"}, body)


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


# --- Signatures --------------------------------------------------------------------------------------

# Payloads whose signature covers them in another way, or not at all; S3 alone takes them.
OTHER_PAYLOADS = ("STREAMING-", "UNSIGNED-PAYLOAD")


async def serve_signed(serve: Asgi, scope: Scope, headers: Headers, receive: Asgi, send: Asgi) -> None:
    """Serves a request to a service of AWS if a key of this account signed it."""
    if scope["path"] == HEALTH:
        await serve(scope, receive, send)
        return
    request = Request(scope, headers)
    problem = request.problem_of_credential()
    body = b""
    if problem is None:
        # Not before the key is known: nobody else fills the memory.
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
    await ministack("app")._send_response(send, status, answer, text, head=scope["method"] == "HEAD")


class Request:
    """A request to a service, with the signature that it carries."""

    def __init__(self, scope: Scope, headers: Headers) -> None:
        self.method, self.path, self.headers = scope["method"], scope["path"], headers
        raw_path = scope.get("raw_path") or urllib.parse.quote(scope["path"]).encode()
        self.raw_path = raw_path.decode("latin-1")
        text = scope.get("query_string", b"").decode("utf-8", "replace")
        self.query = urllib.parse.parse_qs(text, keep_blank_values=True)
        self.service = ministack("core.router").detect_service(self.method, self.path, headers, self.query)
        self.is_presigned = "authorization" not in headers
        self.secret = ""
        self.signature: Any = None

    def problem_of_credential(self) -> tuple[str, str] | None:
        """Code and message if there is no signature, it is too old or new, or its key is unknown."""
        signing = ministack("core.sigv4")
        authorization = self.headers.get("authorization", "")
        if self.is_presigned and "X-Amz-Algorithm" not in self.query:
            return "MissingAuthenticationToken", "Request is missing Authentication Token"
        algorithm = self.query["X-Amz-Algorithm"][0] if self.is_presigned else authorization.partition(" ")[0]
        if algorithm != "AWS4-HMAC-SHA256":
            return "UnsupportedSignature", "The request signature does not conform to AWS standards."
        parse = signing.parse_query_signature if self.is_presigned else signing.parse_header_signature
        self.signature = parse(self.query if self.is_presigned else self.headers)
        if isinstance(self.signature, tuple):
            return self.signature
        return self.problem_of_time() or self.problem_of_key()

    def problem_of_time(self) -> tuple[str, str] | None:
        """Code and message if the request was not signed about now."""
        signing = ministack("core.sigv4")
        expires = self.query.get("X-Amz-Expires", [""])[0]
        if not self.is_presigned or not expires:
            skewed: tuple[str, str] | None = signing.request_time_failure(self.signature)
            return skewed
        try:
            if not signing.presigned_request_is_expired(self.signature.amz_date, expires):
                return None
        except ValueError:
            pass
        return "RequestExpired", "Request has expired"

    def problem_of_key(self) -> tuple[str, str] | None:
        """Code and message if no key, or no session, of this account has this id and token."""
        evaluator, scope = ministack("core.iam_evaluator"), ministack("core.responses")
        key = self.signature.access_key_id
        unknown = "UnrecognizedClientException", "The security token included in the request is invalid."
        # ministack reads the key by itself, and must not read another one than was checked.
        named = ministack("core.router").extract_access_key_id(self.headers, self.query)
        if not key or named != key:
            return unknown
        account = (
            scope._account_from_sts_session(key) or evaluator.find_iam_access_key_account(key)
            or scope.get_account_id()
        )
        in_query = self.query.get("X-Amz-Security-Token", [""])[0]
        token = in_query if self.is_presigned else self.headers.get("x-amz-security-token", "")
        found = evaluator.resolve_credential(key, account, token)
        if not isinstance(found, evaluator.CredentialResolutionError):
            self.secret = found.secret_access_key
            return None
        # AWS takes the key of a session without its token for an unknown one.
        return unknown if found.code == "InvalidToken" and not token else (found.code, found.message)

    def problem_of_signature(self, body: bytes) -> tuple[str, str] | None:
        """Code and message if the signature is not that of this request, with this body, by this key."""
        signing = ministack("core.sigv4")
        wrong: tuple[str, str] | None = signing.header_signature_failure(
            self.signature, self.secret, self.method, self.raw_path, self.query, self.headers, body,
            presigned=self.is_presigned,
        )
        if wrong:
            return wrong
        if "host" not in self.signature.signed_headers.split(";"):
            return "SignatureDoesNotMatch", "'Host' must be a 'SignedHeader' in the AWS Authorization."
        return self.problem_of_payload(body)

    def problem_of_payload(self, body: bytes) -> tuple[str, str] | None:
        """Code and message if the body is not the one whose digest was signed."""
        signed = self.headers.get("x-amz-content-sha256", "")
        is_open = self.signature.service == "s3" and (self.is_presigned or signed.startswith(OTHER_PAYLOADS))
        if not signed or is_open or hmac.compare_digest(signed, hashlib.sha256(body).hexdigest()):
            return None
        if self.service == "s3":
            text = "The provided 'x-amz-content-sha256' header does not match what was computed."
            return "XAmzContentSHA256Mismatch", text
        return "SignatureDoesNotMatch", str(ministack("core.sigv4").SIGNATURE_MISMATCH)

    def refusal(self, code: str, message: str) -> tuple[int, dict[str, str], bytes]:
        """The answer by which this service tells of it."""
        denied = ministack("core.iam_evaluator").AuthError(code, message)
        refusal: tuple[int, dict[str, str], bytes] = ministack("app")._credential_failure(
            self.service, "", str(uuid.uuid4()), denied, self.headers
        )
        return refusal


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
