"""Asks for a function's output before any thread could have read it."""

from __future__ import annotations

import os
import queue
import threading
import unittest
from typing import Any
from unittest import mock

from ministack.core.lambda_runtime import ProvidedWorker

from gaps.late_lines import Output
from registry import install
from testing.emulator import left_open
from testing.marks import holds_without_the_gap


class Reading(unittest.TestCase):
    """Reads a pipe."""

    def setUp(self) -> None:
        source, self.target = os.pipe()
        self.lines: queue.Queue[str] = queue.Queue(maxsize=3)
        self.output = Output(os.fdopen(source, "rb"), self.lines)
        self.addCleanup(self.output.stream.close)

    def taken(self) -> list[str]:
        return [self.lines.get_nowait() for _ in range(self.lines.qsize())]

    @holds_without_the_gap
    def test_all_that_is_there(self) -> None:
        os.write(self.target, "受信\r\ndo".encode())
        self.assertTrue(self.output.read())
        self.assertEqual(self.taken(), ["受信"])
        os.write(self.target, b"ne\n\nrest")
        self.assertTrue(self.output.read())
        self.assertEqual(self.taken(), ["done", ""])
        os.close(self.target)
        self.assertFalse(self.output.read())
        self.assertFalse(self.output.read())
        self.assertEqual(self.taken(), ["rest"])

    @holds_without_the_gap
    def test_the_pipe_never_fills(self) -> None:
        reader = threading.Thread(target=self.output.read_to_the_end)
        reader.start()
        for n in range(20_000):
            os.write(self.target, f"line {n}\n".encode())
        os.close(self.target)
        reader.join(timeout=30)
        self.assertEqual(self.taken(), ["line 19997", "line 19998", "line 19999"])


class Late:
    """A stream from which the thread of ministack reads too late."""

    def __init__(self, stream: Any) -> None:
        self.stream, self.may_read = stream, threading.Event()
        self.fileno, self.close = stream.fileno, stream.close

    @property
    def closed(self) -> bool:
        return bool(self.stream.closed)

    def readline(self) -> bytes:
        self.may_read.wait(timeout=30)
        return bytes(self.stream.readline())


class LateLines(unittest.TestCase):
    """To which invocation a line belongs."""

    def setUp(self) -> None:
        for name in ("_pump_output", "_drain_stderr_bounded"):
            kept = mock.patch.object(ProvidedWorker, name, getattr(ProvidedWorker, name))
            kept.start()
            self.addCleanup(kept.stop)
        install(["gaps.late_lines"] if "late_lines" not in left_open else [])

    def test_lines_of_an_invocation(self) -> None:
        source, target = os.pipe()
        stream, worker = Late(os.fdopen(source, "rb")), ProvidedWorker("late", {"Runtime": "provided.al2023"}, b"")
        reader = threading.Thread(target=worker._pump_output, args=(stream, worker._stderr_queue))
        reader.start()
        try:
            for line in ("received", "done"):
                os.write(target, f"{line}\n".encode())
                self.assertEqual(worker._drain_stderr_bounded(), line)
        finally:
            stream.may_read.set()
            os.close(target)
            reader.join(timeout=30)
