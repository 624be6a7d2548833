"""Takes the state file away from an emulator, and fills its log."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from testing.emulator import HERE, Emulator, wait_for
from testing.templates import resource


class Kept(Emulator):
    """An emulator that looks after a state file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with (folder / "emulator.log").open("wb") as self.output:
            super().__init__()

    def settings(self) -> dict[str, str]:
        return {**super().settings(), "folder": str(self.folder)}

    def write_state(self, pid: int) -> None:
        beside = self.folder / "state.new"
        beside.write_text(json.dumps({"emulator": {"pid": pid}}))
        beside.replace(self.folder / "state.json")


class Keeper(unittest.TestCase):
    """The process ends when nothing could stop it any more, and its files stay small."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_state_file(self) -> None:
        for spoil in (lambda e: (self.folder / "state.json").unlink(),
                      lambda e: (self.folder / "state.json").write_text("{"),
                      lambda e: e.write_state(e.process.pid + 1)):
            emulator = Kept(self.folder)
            self.addCleanup(emulator.stop)
            emulator.write_state(emulator.process.pid)
            (self.folder / "stacks.json").unlink(missing_ok=True)
            wait_for(lambda: (self.folder / "stacks.json").exists())
            self.assertIsNone(emulator.process.poll())
            spoil(emulator)
            emulator.process.wait(timeout=30)
            self.assertIn("so that no command could stop it", (self.folder / "emulator.log").read_text())

    def test_deployed_stacks(self) -> None:
        emulator = Kept(self.folder)
        self.addCleanup(emulator.stop)
        emulator.write_state(emulator.process.pid)
        stacks, list_of_names = emulator.client("cloudformation"), self.folder / "stacks.json"
        template = json.dumps({"Resources": {"Queue": resource("SQS::Queue")}})
        stacks.create_stack(StackName="there", TemplateBody=template)
        wait_for(lambda: list_of_names.exists() and json.loads(list_of_names.read_text()) == ["there"])
        stacks.delete_stack(StackName="there")
        wait_for(lambda: json.loads(list_of_names.read_text()) == [])

    def test_log(self) -> None:
        path = self.folder / "emulator.log"
        script = f"import keeper, os, pathlib; keeper.LOG_BYTES = 1000; path = pathlib.Path({str(path)!r})\n" \
            "for n in range(10):\n os.write(1, b'%d' % n * 600); keeper.bound_log(path)"
        with path.open("wb") as file:
            subprocess.run([sys.executable, "-B", "-c", script], cwd=HERE, stdout=file, check=True)
        old = path.with_name("emulator.log.old")
        self.assertEqual((path.read_bytes(), old.read_bytes()), (b"", b"8" * 600 + b"9" * 600))
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
