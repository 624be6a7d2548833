"""Reads more log events than a page holds."""

from __future__ import annotations

import time

from testing.emulated import Emulated


class LogPages(Emulated):
    """The pages of `FilterLogEvents`."""

    def test_pages_of_log_events(self) -> None:
        logs = self.emulator.client("logs")
        logs.create_log_group(logGroupName="paged")
        written = []
        now = time.time_ns() // 1_000_000
        for stream in ("a", "b"):
            logs.create_log_stream(logGroupName="paged", logStreamName=stream)
            # Many share a millisecond, and pages end within it.
            events = [{"timestamp": now + n // 7, "message": f"{stream}{n}"} for n in range(6_000)]
            logs.put_log_events(logGroupName="paged", logStreamName=stream, logEvents=events)
            written += [event["message"] for event in events]
        pages = logs.get_paginator("filter_log_events")
        for limit in ({}, {"limit": 1_111}, {"limit": 10_000}):
            read = [event for page in pages.paginate(logGroupName="paged", **limit) for event in page["events"]]
            self.assertEqual(sorted(event["message"] for event in read), sorted(written))
            times = [event["timestamp"] for event in read]
            self.assertEqual(times, sorted(times))
        self.assertNotIn("nextToken", logs.filter_log_events(logGroupName="paged", startTime=now + 850))
