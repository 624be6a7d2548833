"""Calls services by the keys that ministack takes for those of root."""

from __future__ import annotations

import unittest

from testing.emulator import ACCOUNT, Emulator
from testing.guarded import code_of


class RootKeys(unittest.TestCase):
    """Which key is root's."""

    def test_keys_of_ministack(self) -> None:
        emulator = Emulator()
        self.addCleanup(emulator.stop)
        for key in ("test", ACCOUNT):
            code = code_of(emulator.client_with("sts", key, "test"), "get_caller_identity")
            self.assertEqual(code, "InvalidClientTokenId", key)
        self.assertEqual(code_of(emulator.client("sts"), "get_caller_identity"), "")
