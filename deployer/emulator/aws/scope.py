"""For which account and region the request that is being served was made."""

from __future__ import annotations

from registry import calls

account = calls("core.responses", "get_account_id", "()")
region = calls("core.responses", "get_region", "()")
in_scope = calls("core.responses", "request_scope", "(account_id, region)")
