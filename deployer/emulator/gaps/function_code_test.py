"""Deploys functions without code and with many variables, and deletes one."""

from __future__ import annotations

from testing.emulated import Emulated
from testing.emulator import children, wait_for
from testing.templates import function, outputs, role


class FunctionCode(Emulated):
    """A function in a template."""

    def test_missing_code(self) -> None:
        broken = {"Role": role(), "Function": function(Code={"S3Bucket": "code", "S3Key": "gone.zip"})}
        self.assert_fails(self.deploy(broken), "NoSuchKey")

    def test_code_that_is_no_archive(self) -> None:
        self.s3.put_object(Bucket="code", Key="text.zip", Body=b"no archive")
        broken = {"Role": role(), "Function": function(Code={"S3Bucket": "code", "S3Key": "text.zip"})}
        self.assert_fails(self.deploy(broken), "Could not unzip uploaded file")

    def test_variables(self) -> None:
        for kind, size, status in ("CREATE", 4000, "CREATE_COMPLETE"), ("UPDATE", 4100, "UPDATE_ROLLBACK_COMPLETE"):
            large = function(Environment={"Variables": {"TEXT": "x" * size}})
            stack = self.deploy({"Role": role(), "Function": large}, kind=kind)
            self.assertEqual(stack["StackStatus"], status)
        self.assertIn("exceeded the 4KB limit", self.reasons(stack))

    def test_deleted_function(self) -> None:
        before = children(self.emulator.process.pid)
        stack = self.deploy({"Role": role(), "Function": function()}, outputs(Name={"Ref": "Function"}))
        self.functions.invoke(FunctionName=stack["Outputs"]["Name"], Payload=b"{}")
        self.assertNotEqual(children(self.emulator.process.pid), before)
        self.stacks.delete_stack(StackName=stack["StackId"])
        wait_for(lambda: children(self.emulator.process.pid) == before)
