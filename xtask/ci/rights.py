"""Compares the deployer's permissions with what AWS documents of its resource types and actions.

`rights.py HANDLERS POLICY...`: HANDLERS is the table of what CloudFormation calls for each resource type, and
must be what the schemas of the types say; each POLICY is what `cargo xtask policy deployer --output json`
prints, and may name only actions that exist, on resources that they have. Schemas and the Service
Authorization Reference are those of the installed cfn-lint.
"""

import json
import re
import sys
from pathlib import Path

import cfnlint

DATA = Path(cfnlint.__file__).parent / "data"
OPERATIONS = ("create", "read", "update", "delete")


def load(path):
    """A JSON file."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def wrong_handlers(table):
    """What the table says otherwise than the schemas."""
    schemas = {}
    for path in (DATA / "schemas" / "resources").glob("*.json"):
        schema = load(path)
        if schema.get("typeName") in table:
            schemas[schema["typeName"]] = schema
    for kind, handlers in table.items():
        schema = schemas.get(kind, {})
        for operation in OPERATIONS:
            known = set(schema.get("handlers", {}).get(operation, {}).get("permissions", ()))
            entries = handlers.get(operation, ())
            said = {entry.split(" ")[0] for entry in entries}
            if known != said:
                yield f"{kind}: {operation}: missing {sorted(known - said)}, not in the schema {sorted(said - known)}"
            for entry in entries:
                _, _, name = entry.partition(" if ")
                if name and name.split(".")[0] not in schema.get("properties", {}):
                    yield f"{kind}: there is no property `{name}`"


def formats(reference, action):
    """Patterns of the ARNs of what an action is about; None if there is no such action, empty if no resource."""
    service, name = action.lower().split(":")
    found = reference.get(service, {}).get("Actions", {}).get(name)
    if found is None:
        return None
    kinds = [reference[service]["Resources"][kind.lower()] for kind in found.get("Resources", ())]
    return [arn for kind in kinds for arn in kind["ARNFormats"]]


def fits(arn, pattern):
    """Whether an ARN of a policy can be one of this form, as far as the form is fixed."""
    fixed = re.split(r"\.\*", pattern, maxsplit=1)[0]
    own, wanted = arn.split(":", 5), fixed.split(":", 5)
    if own[2] != wanted[2] or len(own) < 6:
        return False
    start, rest = wanted[5] if len(wanted) > 5 else "", own[5]
    is_whole = fixed == pattern
    return rest == start if is_whole else rest.startswith(start) or start.startswith(rest.split("*")[0]) and "*" in rest


def wrong_policies(document, reference):
    """What a policy says that the reference does not know."""
    for policy in document["policies"]:
        for statement in policy["document"]["Statement"]:
            sid, arns, unused = statement["Sid"], statement["Resource"], set(statement["Resource"])
            for action in statement["Action"]:
                known = formats(reference, action)
                if known is None:
                    yield f"{sid}: there is no action `{action}`"
                elif arns == ["*"]:
                    if known:
                        yield f"{sid}: `{action}` has resources: {known}"
                    unused.clear()
                else:
                    fitting = {arn for arn in arns if any(fits(arn, form) for form in known)}
                    if not fitting:
                        yield f"{sid}: none of {arns} is a resource of `{action}`, which has {known}"
                    unused -= fitting
            for arn in sorted(unused):
                yield f"{sid}: no action of the statement is about {arn}"


def main():
    """Prints every finding."""
    reference = load(DATA / "AdditionalSpecs" / "Policies.json")
    findings = list(wrong_handlers(load(sys.argv[1])))
    for path in sys.argv[2:]:
        findings += [f"{path}: {finding}" for finding in wrong_policies(load(path), reference)]
    for finding in findings:
        print(finding)
    sys.exit(1 if findings else 0)


main()
