"""Keeps the emulator's process in order: it ends when nothing could stop it any more, and its log stays small."""

from __future__ import annotations

import json
import logging
import os
import signal
import stat
import threading
import time
from pathlib import Path
from typing import Any

# How often the keeper looks, and how often it must miss the state file before it believes that.
SECONDS_BETWEEN_LOOKS = 1
MISSES = 3

# How long the command that starts this process may take to write the state file.
SECONDS_TO_START = 60

# How long this process may take to end by itself.
SECONDS_TO_END = 15

# A log that has grown to this size becomes the old log, and the older one goes.
LOG_BYTES = 16 * 1024 * 1024

log = logging.getLogger("keeper")


def keep(folder: Path, stacks: Any) -> None:
    """Looks after this process from a thread of its own, for as long as it runs.

    `folder` holds the state file and the log; `stacks` returns the names of the stacks that are deployed.
    """
    threading.Thread(target=look_after, args=(folder, stacks), daemon=True, name="keeper").start()


def look_after(folder: Path, stacks: Any) -> None:
    """Looks again and again until the state file is gone or names another process."""
    started, n_missed, is_known = time.monotonic(), 0, False
    while True:
        time.sleep(SECONDS_BETWEEN_LOOKS)
        bound_log(folder / "emulator.log")
        if names_this_process(folder / "state.json"):
            n_missed, is_known = 0, True
            remember_stacks(folder / "stacks.json", stacks)
            continue
        n_missed += 1
        if n_missed >= MISSES and (is_known or time.monotonic() - started > SECONDS_TO_START):
            log.error("%s does not name this process any more, so that no command could stop it", folder)
            end()
            return


def names_this_process(path: Path) -> bool:
    """Whether the state file names this process as the emulator."""
    try:
        state = json.loads(path.read_bytes())
        return bool(state["emulator"]["pid"] == os.getpid())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def end() -> None:
    """Ends this process, and with it the functions; by force if need be."""
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(SECONDS_TO_END)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def bound_log(path: Path) -> None:
    """Begins a new log file when the present one has grown too large; the last one is kept beside it."""
    try:
        current = os.fstat(1)
        if not stat.S_ISREG(current.st_mode) or current.st_size < LOG_BYTES:
            return
        os.replace(path, path.with_name(f"{path.name}.old"))
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        for descriptor in (1, 2):
            os.dup2(file, descriptor)
        os.close(file)
    except OSError as error:
        log.error("the log cannot be kept small: %s", error)


def remember_stacks(path: Path, stacks: Any) -> None:
    """Writes the names of the deployed stacks, so that a command can tell what was lost with this process."""
    try:
        text = json.dumps(sorted(stacks()))
        if path.exists() and path.read_text() == text:
            return
        beside = path.with_name(f"{path.name}.new")
        beside.write_text(text)
        os.replace(beside, path)
    except (OSError, RuntimeError) as error:
        # A dictionary may change while it is read; the next look sees it whole.
        log.info("the list of stacks is not written now: %s", error)
