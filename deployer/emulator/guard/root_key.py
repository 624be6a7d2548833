"""Makes the root key of this stage the only key of root.

AWS: the root user has the keys that were made for it, if any.
    Source: IAM user guide, "AWS account root user".
ministack: takes `test` and the number of every account for a key of root.
    Issue: https://github.com/ministackorg/ministack/issues/1745
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from registry import replaces

EVALUATOR = "core.iam_evaluator"


@dataclasses.dataclass(frozen=True)
class RootKey:
    """The access key of the account's root user, made for this stage alone."""

    access_key_id: str
    secret_access_key: str


# The key of this stage, once the launcher has read it.
held: list[RootKey] = []


def hold(root: RootKey) -> None:
    """Makes this the key of root, in place of another one."""
    held[:] = [root]


@replaces(EVALUATOR, "is_root_access_key", "(access_key_id)", everywhere=True)
def is_root(_is_root: Callable[[str], bool], access_key_id: str) -> bool:
    """Whether this is root's key.

    An empty key stays root's in ministack's eyes, for its services call each other without one; requests
    from outside that carry none are refused before they reach it.
    """
    return not access_key_id or access_key_id == held[0].access_key_id


@replaces(EVALUATOR, "resolve_credential", "(access_key_id, account_id=None, session_token=...)", everywhere=True)
def resolve_credential(resolve: Callable[..., Any], *given: Any, **named: Any) -> Any:
    """Finds what belongs to an access key; root's has the secret of this stage."""
    found = resolve(*given, **named)
    if getattr(found, "principal_type", None) != "Root":
        return found
    return dataclasses.replace(found, secret_access_key=held[0].secret_access_key)
