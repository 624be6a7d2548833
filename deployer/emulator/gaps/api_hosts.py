"""Makes the URL that a stack prints work, once its host name leads here.

AWS: an API is at `<id>.execute-api.<region>.amazonaws.com`.
    Source: API Gateway developer guide, "Invoke REST APIs in API Gateway".
ministack: knows an API by `<id>.execute-api.<its own host name>` only.
"""

from __future__ import annotations

import re

from registry import changes, reads

own_host = reads("app", "_MINISTACK_HOST", "str")


@changes("app", "_EXECUTE_API_RE", "Pattern")
def hosts_of_apis(_: re.Pattern[str]) -> re.Pattern[str]:
    """The hosts of ministack, and those of AWS in every region."""
    hosts = "|".join((re.escape(own_host()), r"[a-z0-9-]+\.amazonaws\.com"))
    return re.compile(rf"^([a-f0-9]{{8}})\.execute-api\.(?:{hosts})(?::\d+)?$")
