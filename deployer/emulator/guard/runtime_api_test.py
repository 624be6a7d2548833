"""Asks the Runtime API of a function as a page or another user would."""

from __future__ import annotations

import os
import subprocess
import sys
import unittest

from testing.guarded import EVIL, call
from testing.revealed import Revealed


class RuntimeApi(Revealed):
    """The Runtime API of a function is its own."""

    def setUp(self) -> None:
        super().setUp()
        self.runtime = int(self.environ["AWS_LAMBDA_RUNTIME_API"].rsplit(":", 1)[1])

    def test_runtime_api(self) -> None:
        events = "/2018-06-01/runtime/invocation/next"
        answers = "/2018-06-01/runtime/invocation/x/response"
        for headers, host in (({"Origin": EVIL}, ""), ({"Origin": "null"}, ""), ({"Sec-Fetch-Site": "cross-site"}, ""),
                              ({}, "evil.example"), ({}, None), ({}, f"127.0.0.1.evil.example:{self.runtime}")):
            for method, path in (("POST", answers), ("GET", events), ("OPTIONS", events)):
                status, answer, _ = call(self.runtime, method, path, headers, host=host)
                self.assertEqual(status, 403, (method, headers, host))
                self.assertNotIn("access-control-allow-origin", answer)
        self.assertEqual(call(self.runtime, "POST", answers, {}, b"{}")[0], 400, "the owner is let in")
        self.assertNotIn("FunctionError", self.functions.invoke(FunctionName=self.function, Payload=b"{}"))

    @unittest.skipUnless(os.getuid() == 0, "only the administrator can become another user")
    def test_another_user(self) -> None:
        # What it needs is loaded before, for another user may not read these files.
        script = "import encodings.idna, os, socket, sys\nos.setuid(65534)\nfor port in sys.argv[1:]:\n" \
            " c = socket.create_connection(('127.0.0.1', int(port)))\n" \
            " c.sendall(b'GET /_ministack/health HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n')\n" \
            " print(c.recv(100).split()[1].decode())"
        ports = [str(self.port), str(self.runtime)]
        said = subprocess.run([sys.executable, "-c", script, *ports], capture_output=True, text=True, check=True)
        self.assertEqual(said.stdout.split(), ["403", "403"])
