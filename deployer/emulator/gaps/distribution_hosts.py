"""Serves a distribution at `<id in lower case>.cloudfront.localhost`, which browsers find here.

AWS: a distribution has a domain of its own below `cloudfront.net`.
    Source: CloudFront developer guide, "Customize the URL format for files in CloudFront".
ministack: knows a distribution by that domain only, which leads to AWS.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from registry import changes, reads, replaces

own_host = reads("app", "_MINISTACK_HOST", "str")
distributions = reads("services.cloudfront", "_distributions", "AccountScopedDict")


@changes("app", "_CLOUDFRONT_HOST_RE", "Pattern")
def hosts_of_distributions(_: re.Pattern[str]) -> re.Pattern[str]:
    """The hosts of CloudFront, of this machine and of ministack."""
    hosts = "|".join(("net", "localhost", re.escape(own_host())))
    return re.compile(rf"^([a-z0-9]+)\.cloudfront\.(?:{hosts})(?::\d+)?$")


@replaces("services.cloudfront", "find_distribution_for_label", "(label)")
def find_distribution(find: Callable[[str], dict[str, Any] | None], label: str) -> dict[str, Any] | None:
    """Finds a distribution by its id as well."""
    for identifier, distribution in distributions().items():
        if identifier.lower() == label:
            return dict(distribution)
    return find(label)
