"""Reads the kernel's list of connections."""

from __future__ import annotations

import os
import tempfile
import unittest
from unittest import mock

from guard import connections


class Connections(unittest.TestCase):
    """Who holds the other end of a connection."""

    def test_owners(self) -> None:
        client, server = ("127.0.0.1", 0x1234), ("127.0.0.1", 0x50)
        row = "   1: 0100007F:{} 0100007F:{} 01 00000000:00000000 00:00000000 00000000 {} 0 {} 1 x"
        head, mine = "  sl  local_address rem_address ...", row.format("1234", "0050", os.getuid(), 77)
        other_end = row.format("0050", "1234", os.getuid(), 78)
        for rows, expected in (
            ([mine], True), ([other_end, mine], True), ([], False), ([other_end], False),
            ([row.format("1234", "0050", 0, 77)], True), ([row.format("1234", "0050", 65534, 77)], False),
            ([row.format("1234", "0050", os.getuid(), 0)], False), ([row.format("1235", "0050", os.getuid(), 77)], False),
            (["1: broken"], False),
        ):
            with tempfile.NamedTemporaryFile("w") as file, mock.patch.object(connections, "CONNECTIONS", file.name):
                file.write("\n".join([head, *rows]) + "\n")
                file.flush()
                with self.assertLogs("guard") if rows == ["1: broken"] else mock.MagicMock():
                    self.assertEqual(connections.is_of_this_user(client, server), expected, rows)
        with mock.patch.object(connections, "CONNECTIONS", "/nowhere"), self.assertLogs("guard"):
            self.assertFalse(connections.is_of_this_user(client, server))
