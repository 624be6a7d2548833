"""Fails an execution whose machine's role may not use the key that encrypts it.

AWS: encrypts what an execution holds with the machine's own key, as the machine's role and with the machine's ARN as
    the encryption context.
    Source: Step Functions developer guide, "Data at rest encryption in Step Functions".
ministack: stores the name of the key, without a check.
"""

from __future__ import annotations

from collections.abc import Callable

from aws.machines import MACHINES, executions, running_machine, task_denial
from aws.stacks import checked
from registry import calls, replaces

describe_key = calls("services.kms", "_describe_key", "(data)")
fail_execution = calls(MACHINES, "_fail_execution", "(execution, error, cause)")


@replaces(MACHINES, "_run_execution", "(exec_arn)")
def run_with_key(run: Callable[[str], None], arn: str) -> None:
    """Asks for the rights on the key before the first state."""
    denial = key_denial()
    if denial:
        fail_execution(executions().get(arn) or {}, "KmsAccessDeniedException", denial)
    else:
        run(arn)


def key_denial() -> str | None:
    """Why the running machine's role may not use the key that encrypts the execution, if so."""
    machine = running_machine.get() or {}
    key = (machine.get("encryptionConfiguration") or {}).get("kmsKeyId")
    if not key:
        return None
    found = checked("Kms", describe_key({"KeyId": key}))
    keys = {"kms:EncryptionContext:aws:states:stateMachineArn": machine["stateMachineArn"]}
    denials = (
        task_denial(f"kms:{action}", found["KeyMetadata"]["Arn"], keys=keys)
        for action in ("Decrypt", "GenerateDataKey")
    )
    return next(filter(None, denials), None)
