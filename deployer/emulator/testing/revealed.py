"""Tests that learn from a function what surrounds it."""

from __future__ import annotations

import json

from testing.guarded import Guarded
from testing.templates import BOOTSTRAP, LOGS, archive, logging_function, outputs, statement

# What one of a function's first lines of output is to be, so that the test learns of its surroundings.
REVEALING = BOOTSTRAP.replace(
    'print("called", flush=True)',
    'print("called", flush=True); print("environ " + json.dumps(dict(os.environ)), flush=True)',
)


class Revealed(Guarded):
    """A function whose environment is known."""

    environ: dict[str, str]

    def setUp(self) -> None:
        super().setUp()
        self.s3.put_object(Bucket="code", Key="revealing.zip", Body=archive(REVEALING))
        revealing = logging_function(self.id(), statement(LOGS, "*"))
        revealing["Function"]["Properties"]["Code"]["S3Key"] = "revealing.zip"
        stack = self.deploy(revealing, outputs(Name={"Ref": "Function"}, Role={"Fn::GetAtt": ["Role", "Arn"]}))
        self.function, self.role = stack["Outputs"]["Name"], stack["Outputs"]["Role"]
        self.assertNotIn("FunctionError", self.functions.invoke(FunctionName=self.function, Payload=b"{}"))
        told = next(line for line in self.lines(self.id()) if line.startswith("environ "))
        self.environ = json.loads(told.removeprefix("environ "))
