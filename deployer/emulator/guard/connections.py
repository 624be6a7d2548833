"""Who holds the other end of a connection."""

from __future__ import annotations

import logging
import os
import socket
import struct

CONNECTIONS = "/proc/net/tcp"

log = logging.getLogger("guard")


def is_of_this_user(client: tuple[str, int] | None, server: tuple[str, int] | None) -> bool:
    """Whether a process of this user, or of the machine's administrator, holds the other end.

    A connection over the loopback is in the kernel's list twice; the entry of the other end names the
    user who opened it. An end that was closed has no owner any more (inode 0) and counts as foreign.
    """
    try:
        wanted = (end_of(client), end_of(server))
        with open(CONNECTIONS, encoding="ascii") as file:
            for line in file:
                entry = line.split()
                if (entry[1], entry[2]) == wanted:
                    return entry[9] != "0" and int(entry[7]) in (os.getuid(), 0)
    except (IndexError, OSError, TypeError, ValueError) as error:
        log.error("cannot tell who opened a connection: %s", error)
    return False


def end_of(address: tuple[str, int] | None) -> str:
    """One end of a connection as the kernel writes it."""
    if address is None:
        raise ValueError("the connection has no address")
    (number,) = struct.unpack("=I", socket.inet_aton(address[0]))
    return f"{number:08X}:{address[1]:04X}"
