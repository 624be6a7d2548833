"""Hands out a token for the rest of the log events that a filter finds.

AWS: a page has up to 10,000 events, oldest first, and a token for the next page if there is more.
    Source: CloudWatch Logs API reference, "FilterLogEvents".
ministack: leaves out the newest of many, and hands out no token.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from registry import replaces

LOG_EVENTS_OF_A_PAGE = 10_000


@replaces("services.cloudwatch_logs", "_filter_log_events", "(data)")
def filter_log_events(find: Callable[[dict[str, Any]], Any], request: dict[str, Any]) -> Any:
    """Pages through what is found; a token says how many events of which millisecond were handed out already."""
    limit = min(request.get("limit", LOG_EVENTS_OF_A_PAGE), LOG_EVENTS_OF_A_PAGE)
    start, n_seen = request.get("startTime"), 0
    if "nextToken" in request:
        start, n_seen = (int(part) for part in request["nextToken"].split("-"))
    bounded = {**request, "limit": LOG_EVENTS_OF_A_PAGE}
    status, headers, body = find(bounded if start is None else {**bounded, "startTime": start})
    if status >= 400:
        return status, headers, body
    found = json.loads(body)["events"]
    events = found[n_seen:n_seen + limit]
    page = {"events": events, "searchedLogStreams": []}
    if len(found) > n_seen + limit or (len(found) == LOG_EVENTS_OF_A_PAGE and events):
        last = events[-1]["timestamp"]
        n_handed_out = sum(event["timestamp"] == last for event in events)
        page["nextToken"] = f"{last}-{n_handed_out + (n_seen if last == start else 0)}"
    return status, headers, json.dumps(page).encode()
