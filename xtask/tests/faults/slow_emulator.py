"""Runs the emulator with operations on stacks that take as long as its starter says.

Usage: python slow_emulator.py LAUNCHER. The first line on stdin is what the launcher reads from there; each other one
is the number of seconds that operations take from then on. The emulator finishes a stack within one turn of its loop,
which leaves nothing to interrupt. It ends when stdin does, so that a test that dies leaves nothing behind.
"""

import asyncio
import importlib
import json
import os
import sys
import threading
from pathlib import Path

import ministack.services.cloudformation.stacks as stacks

seconds = 0.0


class SlowAsyncio:
    """The module `asyncio`, but giving up one's turn takes a while: stacks do so once in each operation."""

    def __getattr__(self, name):
        return getattr(asyncio, name)

    @staticmethod
    async def sleep(delay, result=None):
        return await asyncio.sleep(delay or seconds, result)


def listen():
    global seconds
    for line in sys.stdin:
        seconds = float(line)
    os._exit(0)


path = Path(sys.argv.pop(1))
sys.path.insert(0, str(path.parent))
launcher = importlib.import_module(path.stem)
settings = json.loads(sys.stdin.readline())
launcher.take_settings = lambda: settings
stacks.asyncio = SlowAsyncio()
threading.Thread(target=listen, daemon=True).start()
launcher.main()
