"""Whether a key of this account signed a request, over exactly this request, about now."""

from __future__ import annotations

import hashlib
import hmac
import urllib.parse
import uuid
from typing import Any

from aws import scope
from guard.pages import Headers
from registry import calls, reads

EVALUATOR = "core.iam_evaluator"
SIGV4 = "core.sigv4"

# Payloads whose signature covers them in another way, or not at all; S3 alone takes them.
OTHER_PAYLOADS = ("STREAMING-", "UNSIGNED-PAYLOAD")

Problem = tuple[str, str]

service_of = calls("core.router", "detect_service", "(method, path, headers, query_params)")
access_key_of = calls("core.router", "extract_access_key_id", "(headers, query_params=None)")
account_of_session = calls("core.responses", "_account_from_sts_session", "(access_key_id)")
account_of_key = calls(EVALUATOR, "find_iam_access_key_account", "(access_key_id)")
resolve = calls(EVALUATOR, "resolve_credential", "(access_key_id, account_id=None, session_token=...)")
unresolved = reads(EVALUATOR, "CredentialResolutionError", "(code, message)")
denial = calls(EVALUATOR, "AuthError", "(code, message, details=...)")
answer_to = calls("app", "_credential_failure", "(service, iam_action, request_id, denied, headers)")
mismatch = reads(SIGV4, "SIGNATURE_MISMATCH", "str")
parse_headers = calls(SIGV4, "parse_header_signature", "(headers)")
parse_query = calls(SIGV4, "parse_query_signature", "(query_params)")
time_problem = calls(SIGV4, "request_time_failure", "(signature, *, now=None)")
is_expired = calls(SIGV4, "presigned_request_is_expired", "(amz_date, expires, *, now=None)")
signature_problem = calls(
    SIGV4, "header_signature_failure",
    "(signature, secret, method, raw_path, query_params, headers, body, *, presigned=False, explain=False)",
)


class Request:
    """A request to a service, with the signature that it carries."""

    def __init__(self, scope: dict[str, Any], headers: Headers) -> None:
        self.method, self.path, self.headers = scope["method"], scope["path"], headers
        raw_path = scope.get("raw_path") or urllib.parse.quote(scope["path"]).encode()
        self.raw_path = raw_path.decode("latin-1")
        text = scope.get("query_string", b"").decode("utf-8", "replace")
        self.query = urllib.parse.parse_qs(text, keep_blank_values=True)
        self.service = service_of(self.method, self.path, headers, self.query)
        self.is_presigned = "authorization" not in headers
        self.secret = ""
        self.signature: Any = None

    def problem_of_credential(self) -> Problem | None:
        """Code and message if there is no signature, it is too old or new, or its key is unknown."""
        authorization = self.headers.get("authorization", "")
        if self.is_presigned and "X-Amz-Algorithm" not in self.query:
            return "MissingAuthenticationToken", "Request is missing Authentication Token"
        algorithm = self.query["X-Amz-Algorithm"][0] if self.is_presigned else authorization.partition(" ")[0]
        if algorithm != "AWS4-HMAC-SHA256":
            return "UnsupportedSignature", "The request signature does not conform to AWS standards."
        self.signature = parse_query(self.query) if self.is_presigned else parse_headers(self.headers)
        if isinstance(self.signature, tuple):
            return self.signature
        return self.problem_of_time() or self.problem_of_key()

    def problem_of_time(self) -> Problem | None:
        """Code and message if the request was not signed about now."""
        expires = self.query.get("X-Amz-Expires", [""])[0]
        if not self.is_presigned or not expires:
            skewed: Problem | None = time_problem(self.signature)
            return skewed
        try:
            if not is_expired(self.signature.amz_date, expires):
                return None
        except ValueError:
            pass
        return "RequestExpired", "Request has expired"

    def problem_of_key(self) -> Problem | None:
        """Code and message if no key, or no session, of this account has this id and token."""
        key = self.signature.access_key_id
        unknown = "UnrecognizedClientException", "The security token included in the request is invalid."
        # ministack reads the key by itself, and must not read another one than was checked.
        named = access_key_of(self.headers, self.query)
        if not key or named != key:
            return unknown
        account = account_of_session(key) or account_of_key(key) or scope.account()
        in_query = self.query.get("X-Amz-Security-Token", [""])[0]
        token = in_query if self.is_presigned else self.headers.get("x-amz-security-token", "")
        found = resolve(key, account, token)
        if not isinstance(found, unresolved()):
            self.secret = found.secret_access_key
            return None
        # AWS takes the key of a session without its token for an unknown one.
        return unknown if found.code == "InvalidToken" and not token else (found.code, found.message)

    def problem_of_signature(self, body: bytes) -> Problem | None:
        """Code and message if the signature is not that of this request, with this body, by this key."""
        wrong: Problem | None = signature_problem(
            self.signature, self.secret, self.method, self.raw_path, self.query, self.headers, body,
            presigned=self.is_presigned,
        )
        if wrong:
            return wrong
        if "host" not in self.signature.signed_headers.split(";"):
            return "SignatureDoesNotMatch", "'Host' must be a 'SignedHeader' in the AWS Authorization."
        return self.problem_of_payload(body)

    def problem_of_payload(self, body: bytes) -> Problem | None:
        """Code and message if the body is not the one whose digest was signed."""
        signed = self.headers.get("x-amz-content-sha256", "")
        is_open = self.signature.service == "s3" and (self.is_presigned or signed.startswith(OTHER_PAYLOADS))
        if not signed or is_open or hmac.compare_digest(signed, hashlib.sha256(body).hexdigest()):
            return None
        if self.service == "s3":
            text = "The provided 'x-amz-content-sha256' header does not match what was computed."
            return "XAmzContentSHA256Mismatch", text
        return "SignatureDoesNotMatch", str(mismatch())

    def refusal(self, code: str, message: str) -> tuple[int, dict[str, str], bytes]:
        """The answer by which this service reports it."""
        denied = denial(code, message)
        refused: tuple[int, dict[str, str], bytes] = answer_to(
            self.service, "", str(uuid.uuid4()), denied, self.headers
        )
        return refused
