"""What a browser gives away in the headers of a request."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

from registry import calls

Headers = dict[str, str]

LOOPBACK = re.compile(r"(?:localhost|\[::1\]|(127(?:\.[0-9]{1,3}){3}))(?::[0-9]{1,5})?", re.IGNORECASE)

decode = calls("core.sigv4", "decode_header_value", "(value)")


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


def read_headers(scope: dict[str, Any]) -> Headers:
    """The headers by their names in lower case; of several lines one, as SigV4 signs it."""
    headers: Headers = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), decode(value)
        headers[key] = f"{headers[key]},{text}" if key in headers else text
    return headers
