"""Runs ministack, the emulator of AWS, and closes the gaps to AWS that Tsugite's stacks would fall into.

The deployer embeds this file and those beside it, except the tests, and starts it as `python launcher.py`; ministack
takes its settings from the environment, and this file the root key from its standard input, because the
environment reaches every function. Each module of `gaps/` and `guard/` closes one gap and registers in `registry.py`
what it replaces for that; another ministack stops here with one line for each name that has changed.
`python launcher.py --without GAP` leaves a gap open, and `needed.py` shows that it is one. `guard/` says who may
call, `keeper.py` looks after the process, `journal.py` reports to the page of the stand-ins.

To close another gap, write a module with a test beside it and add it to `GAPS`.
"""

from __future__ import annotations

import argparse
import importlib
import json
import logging
import os
import signal
import sys
from collections.abc import Collection
from importlib import metadata
from pathlib import Path

import journal
import keeper
import registry
from aws.change_sets import deployed_stacks
from guard import root_key
from registry import MINISTACK_VERSION, calls

# Of two gaps that replace the same, the later one stands before the earlier one.
GAPS = (
    "gaps.stopping",
    "gaps.loopback_as_tls",
    "gaps.api_hosts",
    "gaps.distribution_hosts",
    "gaps.distribution_apis",
    "gaps.distribution_defaults",
    "gaps.api_permissions",
    "gaps.api_policies",
    "gaps.rule_associations",
    "gaps.polling_rights",
    "gaps.role_boundaries",
    "gaps.log_rights",
    "gaps.function_deaths",
    "gaps.late_lines",
    "gaps.log_lines",
    "gaps.log_size",
    "gaps.log_pages",
    "gaps.upload_parts",
    "gaps.message_sizes",
    "gaps.topic_regions",
    "gaps.alarms",
    "gaps.starting_rights",
    "gaps.connections",
    "gaps.connection_rights",
    "gaps.connection_resources",
    "gaps.machine_keys",
    "gaps.task_results",
    "gaps.caught_errors",
    "gaps.task_rights",
    "gaps.retries",
    "gaps.data_limits",
    "gaps.expressions",
    "gaps.http_tasks",
    "gaps.secrets",
    "gaps.secret_policies",
    "gaps.tables",
    "gaps.state_machines",
    "gaps.schedules",
    "gaps.function_code",
    "gaps.bucket_contents",
    "gaps.foreign_topics",
    "gaps.template_urls",
    "gaps.caller_rights",
    "gaps.listing_rights",
    "gaps.simulation_rights",
    "gaps.simulations",
    "gaps.policy_variables",
    "gaps.replacements",
    "gaps.change_sets",
    "gaps.stack_names",
    "gaps.repeated_requests",
    "gaps.change_set_lists",
    "gaps.update_events",
    "guard.function_keys",
    "guard.runtime_api",
    "guard.public_doors",
    "guard.root_key",
    # The last, so that it stands before all others.
    "guard.requests",
)
# What gaps ask: who calls, and which state machine runs.
SURROUNDINGS = ("aws.callers", "aws.machines")

serve = calls("app", "main", "()")

log = logging.getLogger("launcher")


def main() -> None:
    """Prepares ministack and serves until SIGTERM."""
    leave_terminal()
    left_open = gaps_to_leave_open()
    stop_on_another_ministack()
    settings = take_settings()
    root_key.hold(root_key.RootKey(settings["access_key_id"], settings["secret_access_key"]))
    close_gaps(left_open)
    if "folder" in settings:
        keeper.keep(Path(settings["folder"]), deployed_stacks)
    if "stand_ins" in settings:
        registry.install(["journal"])
        journal.keep(journal.Reader(settings["stand_ins"], settings["control_token"]))
    try:
        serve()
    finally:
        importlib.import_module("gaps.stopping").end_descendants()


def gap_names() -> list[str]:
    """The gaps by the names of their modules."""
    return [name(gap) for gap in GAPS]


def name(gap: str) -> str:
    """The name of a gap without the package that it is in."""
    return gap.rpartition(".")[2]


def gaps_to_leave_open() -> set[str]:
    """The gaps that the command line leaves open; ministack, which reads it as well, finds nothing there."""
    parser = argparse.ArgumentParser(prog="launcher.py", description="Runs ministack with its gaps to AWS closed.")
    parser.add_argument(
        "--without", metavar="GAP", action="append", default=[], choices=gap_names(),
        help="leave this gap open: the name of a module in gaps/ or guard/",
    )
    left_open = set(parser.parse_args().without)
    del sys.argv[1:]
    return left_open


def stop_on_another_ministack() -> None:
    """Ends this process if something else than what it was written for is installed."""
    problem = version_problem()
    if problem is None:
        for gap in (*GAPS, *SURROUNDINGS):
            importlib.import_module(gap)
        problem = "\n".join(registry.problems())
    if problem:
        sys.exit("\n".join(f"launcher: {line}" for line in problem.splitlines()))


def version_problem() -> str | None:
    """Says what is wrong with the installed version, if anything."""
    try:
        found = metadata.version("ministack")
    except metadata.PackageNotFoundError:
        return f"ministack {MINISTACK_VERSION} is not installed for {sys.executable}"
    if found != MINISTACK_VERSION:
        return f"ministack {found} is installed, but the launcher knows only {MINISTACK_VERSION}"
    return None


def take_settings() -> dict[str, str]:
    """Reads the root key, the folder of the state, and where the journal goes, from the standard input.

    No one else can read what comes that way.

    The functions do not inherit it, for the standard input is empty afterwards.
    """
    settings: dict[str, str] = json.loads(sys.stdin.buffer.read())
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return settings


def close_gaps(left_open: Collection[str]) -> list[registry.Place]:
    """Replaces what the gaps have registered, except those that are left open; returns all places where that was."""
    for gap in sorted(left_open):
        log.warning("the gap %s is left open", gap)
    return registry.install([*(gap for gap in GAPS if name(gap) not in left_open), *SURROUNDINGS])


def leave_terminal() -> None:
    """Survives the command that started this process: neither Ctrl-C nor a closed terminal reaches it."""
    try:
        os.setsid()
    except PermissionError:
        # The starter already made it the leader of a process group, which forbids a new session.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


if __name__ == "__main__":
    main()
