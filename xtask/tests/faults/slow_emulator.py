"""Runs the emulator with operations on stacks that take as long as its starter says.

Usage: python slow_emulator.py LAUNCHER. The first line on stdin is what the launcher reads from there; each other one
is the number of seconds that operations take from then on, or an object with the number of resources that are
throttled next. The emulator finishes a stack within one turn of its loop, which leaves nothing to interrupt, and
throttles nothing. It ends when stdin does, so that a test that dies leaves nothing behind.
"""

import asyncio
import functools
import importlib
import json
import os
import sys
import threading
from pathlib import Path

import ministack.services.cloudformation.stacks as stacks

seconds = 0.0
n_throttled = 0


class SlowAsyncio:
    """The module `asyncio`, but giving up one's turn takes a while: stacks do so once in each operation."""

    def __getattr__(self, name):
        return getattr(asyncio, name)

    @staticmethod
    async def sleep(delay, result=None):
        return await asyncio.sleep(delay or seconds, result)


def throttling(name):
    """A change of a resource that fails as API Gateway's do when an account asks for too much at once."""
    change = getattr(stacks, name)

    # The launcher looks whether it finds the function that it was written for.
    @functools.wraps(change)
    def change_or_not(*arguments, **named):
        global n_throttled
        # The emulator goes through what an update leaves as it is, too; CloudFormation asks no service for that.
        is_one = name != "_update_resource" or arguments[2] != arguments[3]
        if n_throttled > 0 and is_one:
            n_throttled -= 1
            raise RuntimeError("Too Many Requests (Service: ApiGateway, Status Code: 429, Request ID: as-planned)")
        return change(*arguments, **named)

    return change_or_not


def listen():
    global seconds, n_throttled
    for line in sys.stdin:
        said = json.loads(line)
        if isinstance(said, dict):
            n_throttled = said["throttled"]
        else:
            seconds = float(said)
    os._exit(0)


path = Path(sys.argv.pop(1))
sys.path.insert(0, str(path.parent))
launcher = importlib.import_module(path.stem)
settings = json.loads(sys.stdin.readline())
launcher.take_settings = lambda: settings
stacks.asyncio = SlowAsyncio()
for name in ("_provision_resource", "_update_resource", "_delete_resource"):
    setattr(stacks, name, throttling(name))
threading.Thread(target=listen, daemon=True).start()
launcher.main()
