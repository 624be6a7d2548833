"""Runs ministack, the local cloud, and closes the gaps to AWS that Tsugite's stacks would fall into.

The deployer embeds this file and starts it as `python launcher.py`; ministack takes its settings
from the environment. Every section below closes one gap through a table or a function of
ministack. Most of those names are private, so the version is pinned and `HOOKED_NAMES` lists them:
another ministack stops here with one line instead of behaving differently.

To close another gap, write a section and add its installer to `GAPS`.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import json
import logging
import os
import re
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from importlib import metadata
from types import ModuleType
from typing import Any

MINISTACK_VERSION = "1.5.33"

HOOKED_NAMES: dict[str, tuple[str, ...]] = {
    "app": ("_EXECUTE_API_RE", "_MINISTACK_HOST", "app", "main"),
    "core.arn": ("execute_api_arn",),
    "core.iam_evaluator": (
        "EvalContext",
        "_gather_role_policies",
        "evaluate",
        "evaluate_resource_policy",
    ),
    "core.lambda_runtime": ("ProvidedWorker._spawn", "reset"),
    "core.responses": ("get_account_id", "get_region"),
    "services.apigateway_v1": (
        "_extract_lambda_ref_from_integration_uri",
        "_gw_error",
        "_invoke_lambda_proxy_v1",
    ),
    "services.cloudformation": ("_change_sets", "_stacks"),
    "services.cloudformation.handlers": ("_ACTION_HANDLERS", "_error", "_p", "_resolve_stack"),
    "services.cloudformation.provisioners": ("_REPLACING_PROPERTIES", "_RESOURCE_HANDLERS"),
    "services.cloudformation.stacks": ("_add_event",),
    "services.lambda_svc": (
        "_emit_lambda_logs",
        "_execute_function_provided_warm",
        "_fetch_code_from_s3",
        "_functions",
        "_reject_unreadable_zip",
        "_resolve_name",
        "function_policy_for_arn",
        "invalidate_worker",
    ),
    "services.s3": ("_complete_multipart_upload", "_delete_bucket", "_error", "_multipart_uploads"),
    "services.secretsmanager": (
        "_delete_resource_policy",
        "_get_random_password",
        "_put_resource_policy",
        "_resolve",
    ),
}

log = logging.getLogger("launcher")

Properties = dict[str, Any]
Created = tuple[str, dict[str, str]]
Asgi = Callable[..., Awaitable[None]]


def main() -> None:
    """Prepares ministack and serves until SIGTERM."""
    leave_terminal()
    problem = version_problem() or missing_name()
    if problem:
        sys.exit(f"launcher: {problem}")
    for close_gap in GAPS:
        close_gap()
    try:
        ministack("app").main()
    finally:
        end_descendants()


# --- Which ministack this is -------------------------------------------------------------------


@functools.cache
def ministack(module: str) -> ModuleType:
    """The named module of ministack."""
    return importlib.import_module(f"ministack.{module}")


def version_problem() -> str | None:
    """Says what is wrong with the installed version, if anything."""
    try:
        found = metadata.version("ministack")
    except metadata.PackageNotFoundError:
        return f"ministack {MINISTACK_VERSION} is not installed for {sys.executable}"
    if found != MINISTACK_VERSION:
        return f"ministack {found} is installed, but the launcher knows only {MINISTACK_VERSION}"
    return None


def missing_name() -> str | None:
    """Says which name this launcher relies on is not there, if any."""
    for module, names in HOOKED_NAMES.items():
        for name in names:
            try:
                functools.reduce(getattr, name.split("."), ministack(module))
            except (ImportError, AttributeError) as error:
                return f"ministack {MINISTACK_VERSION} has no `{module}.{name}`: {error}"
    return None


# --- Start and stop ----------------------------------------------------------------------------


def leave_terminal() -> None:
    """Survives the command that started us: neither Ctrl-C nor a closed terminal reaches us."""
    try:
        os.setsid()
    except PermissionError:
        # The starter already made us the leader of a process group, which forbids a new session.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def end_functions() -> None:
    """Ends the function processes, which ministack leaves running."""

    def refuse(*_: Any, **__: Any) -> None:
        raise RuntimeError("the local cloud is stopping")

    # A message that is still in a queue would otherwise start its function again.
    ministack("core.lambda_runtime").ProvidedWorker._spawn = refuse
    ministack("core.lambda_runtime").reset()


def end_descendants() -> None:
    """Ends the functions and whatever they started."""
    end_functions()
    if os.getpgrp() == os.getpid():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(os.getpgrp(), signal.SIGTERM)


def end_functions_first() -> None:
    """Begins the answer to SIGTERM with the functions, because ministack would wait for them."""
    app = ministack("app")
    serve: Asgi = app.app

    def stop() -> None:
        end_functions()
        # The web server, whose handler of SIGTERM is replaced below, takes SIGINT for the same wish.
        os.kill(os.getpid(), signal.SIGINT)

    async def serve_until_stopped(scope: dict[str, Any], receive: Asgi, send: Asgi) -> None:
        if scope["type"] == "lifespan":
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGTERM, lambda: threading.Thread(target=stop).start())
        await serve(scope, receive, send)

    app.app = serve_until_stopped


# --- How requests arrive -----------------------------------------------------------------------


PROTOCOL_HEADER = b"x-forwarded-proto"


def count_loopback_as_tls() -> None:
    """Lets a policy that demands TLS pass what never leaves this machine.

    Requests get the header that ministack accepts from a proxy that ends TLS. A test that wants to
    see such a policy refuse sends `X-Forwarded-Proto: http` itself.
    """
    app = ministack("app")
    serve: Asgi = app.app

    async def serve_as_tls(scope: dict[str, Any], receive: Asgi, send: Asgi) -> None:
        if scope["type"] == "http" and is_loopback(scope) and not names_protocol(scope):
            scope = {**scope, "headers": [*scope["headers"], (PROTOCOL_HEADER, b"https")]}
        await serve(scope, receive, send)

    app.app = serve_as_tls


def is_loopback(scope: dict[str, Any]) -> bool:
    """Whether the other end of the connection is this machine."""
    address = (scope.get("client") or ("",))[0]
    return address == "::1" or address.startswith("127.")


def names_protocol(scope: dict[str, Any]) -> bool:
    """Whether the request itself says how it was sent."""
    return any(name.lower() == PROTOCOL_HEADER for name, _ in scope["headers"])


def answer_to_api_hosts_of_aws() -> None:
    """Makes the URL that a stack prints work, once its host name leads here."""
    app = ministack("app")
    hosts = "|".join((re.escape(app._MINISTACK_HOST), r"[a-z0-9-]+\.amazonaws\.com"))
    app._EXECUTE_API_RE = re.compile(rf"^([a-f0-9]{{8}})\.execute-api\.(?:{hosts})(?::\d+)?$")


# --- What calls a function ---------------------------------------------------------------------


def ask_function_before_api_calls_it() -> None:
    """Refuses, as AWS does, an API call to a function that gave the API no `Lambda::Permission`."""
    gateway = ministack("services.apigateway_v1")
    invoke = gateway._invoke_lambda_proxy_v1

    async def invoke_if_permitted(
        integration: dict[str, Any], api: str, stage: str, record: Any, resource: dict[str, Any],
        path: str, method: str, *rest: Any, **scope: Any,
    ) -> Any:
        function = gateway._extract_lambda_ref_from_integration_uri(integration.get("uri", ""))
        source = ministack("core.arn").execute_api_arn(
            scope["owner_region"], scope["owner_account_id"], api, stage, method, resource["path"]
        )
        if may_call(function, source):
            return await invoke(integration, api, stage, record, resource, path, method, *rest, **scope)
        log.warning("%s may not call %s: invalid permissions on Lambda function", source, function)
        return gateway._gw_error("API_CONFIGURATION_ERROR", "Internal server error")

    gateway._invoke_lambda_proxy_v1 = invoke_if_permitted


def may_call(function: str, source: str) -> bool:
    """Whether the function's own policy lets API Gateway call it for this method of an API."""
    policy = ministack("services.lambda_svc").function_policy_for_arn(function)
    if policy is None:
        return True  # There is no such function: ministack says so better than we can.
    evaluator = ministack("core.iam_evaluator")
    account = ministack("core.responses").get_account_id()
    context = evaluator.EvalContext(
        "", "Service", account, "lambda:InvokeFunction", function, source.split(":")[3],
        service_context={"aws:sourcearn": source, "aws:sourceaccount": account},
    )
    decision = evaluator.evaluate_resource_policy(policy[0], context, service="apigateway.amazonaws.com")
    return decision.decision == "Allow"


def demand_rights_to_poll() -> None:
    """Fails, as on AWS, a mapping whose function's role may not take messages from the queue."""
    handlers = resource_handlers("AWS::Lambda::EventSourceMapping")
    create, update = handlers["create"], handlers["update"]

    def create_mapping(logical_id: str, properties: Properties, stack: str) -> Created:
        check_poller(properties)
        return create(logical_id, properties, stack)

    def update_mapping(mapping: str, old: Properties, new: Properties, stack: str) -> Created:
        check_poller(new)
        return update(mapping, old, new, stack)

    handlers.update(create=create_mapping, update=update_mapping)


def check_poller(properties: Properties) -> None:
    """Raises if the role of the mapped function lacks a right that polling its queue takes."""
    source = properties.get("EventSourceArn", "")
    functions = ministack("services.lambda_svc")
    function = functions._functions.get(functions._resolve_name(properties.get("FunctionName", "")))
    if not source.startswith("arn:aws:sqs:") or function is None:
        return
    for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
        if not role_allows(function["config"]["Role"], f"sqs:{action}", source):
            raise refusal(
                "Lambda", 400,
                f"The provided execution role does not have permissions to call {action} on SQS",
            )


def role_allows(role: str, action: str, resource: str) -> bool:
    """Whether the policies of the role let it do this to the resource."""
    evaluator, scope = ministack("core.iam_evaluator"), ministack("core.responses")
    account = scope.get_account_id()
    policies = evaluator._gather_role_policies(role.rsplit("/", 1)[-1], account)
    context = evaluator.EvalContext(role, "AssumedRole", account, action, resource, scope.get_region())
    return evaluator.evaluate(context, policies).decision == "Allow"


# --- What a function leaves in its log ---------------------------------------------------------


def demand_rights_to_log() -> None:
    """Drops, as AWS does, the output of a function whose role may not write to its log group."""
    functions = ministack("services.lambda_svc")
    write = functions._emit_lambda_logs

    def write_if_permitted(function: dict[str, Any], *rest: Any, **named: Any) -> None:
        config = function.get("config") or function
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            if not role_allows(config["Role"], action, log_stream(config)):
                log.warning("%s drops its log: its role may not %s", config["FunctionName"], action)
                return
        write(function, *rest, **named)

    functions._emit_lambda_logs = write_if_permitted


def log_stream(config: dict[str, Any]) -> str:
    """The ARN of some log stream of the function."""
    chosen = (config.get("LoggingConfig") or {}).get("LogGroup")
    group = chosen or f"/aws/lambda/{config['FunctionName']}"
    _, _, _, region, account = config["FunctionArn"].split(":")[:5]
    return f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:any"


def log_how_functions_die() -> None:
    """Adds the line by which AWS tells of a timeout, an exit or a failed start."""
    functions = ministack("services.lambda_svc")
    execute = functions._execute_function_provided_warm

    def execute_and_tell(function: dict[str, Any], event: Any, request: str) -> dict[str, Any]:
        result = execute(function, event, request)
        body = result.get("body")
        kind = body.get("errorType", "") if result.get("error") and isinstance(body, dict) else ""
        if kind.startswith(("Runtime.", "Sandbox.")):
            epitaph = f"RequestId: {request} Error: {body.get('errorMessage')} ({kind})"
            result["log"] = "\n".join(filter(None, (result.get("log"), epitaph)))
        return result

    functions._execute_function_provided_warm = execute_and_tell


# --- What a bucket takes -----------------------------------------------------------------------

MIN_PART_BYTES = 5 * 1024 * 1024


def demand_large_parts() -> None:
    """Refuses to complete an upload with a part, other than the last, below the limit of S3."""
    s3 = ministack("services.s3")
    complete = s3._complete_multipart_upload

    def complete_upload(
        bucket: str, key: str, body: bytes, query: dict[str, Any], *rest: Any
    ) -> Any:
        upload = s3._multipart_uploads.get((query.get("uploadId") or [""])[0]) or {}
        sizes = {number: part["size"] for number, part in upload.get("parts", {}).items()}
        listed = [int(number) for number in re.findall(rb"<PartNumber>\s*(\d+)", body)]
        if any(sizes.get(number, MIN_PART_BYTES) < MIN_PART_BYTES for number in listed[:-1]):
            text = "Your proposed upload is smaller than the minimum allowed size"
            return s3._error("EntityTooSmall", text, 400, f"/{bucket}/{key}")
        return complete(bucket, key, body, query, *rest)

    s3._complete_multipart_upload = complete_upload


# --- CloudFormation: what a stack holds ----------------------------------------------------------


def resource_handlers(resource_type: str) -> dict[str, Any]:
    """ministack's functions for one type of resource: create, update and delete."""
    return ministack("services.cloudformation.provisioners")._RESOURCE_HANDLERS[resource_type]


def refusal(service: str, status: int, text: str) -> ValueError:
    """A failure worded like the reason that CloudFormation gives for a resource."""
    cause = f"{text} (Service: {service}, Status Code: {status})"
    return ValueError(f'Resource handler returned message: "{cause}"')


def checked(service: str, response: tuple[int, Any, Any]) -> dict[str, Any]:
    """The answer of one of ministack's services; raises if it is an error."""
    status, _, body = response
    answer = json.loads(body or "{}")
    if status >= 400:
        text = answer.get("message") or answer.get("Message") or str(answer)
        raise refusal(service, status, text)
    return answer


def treat_secrets_as_aws() -> None:
    """Makes `Ref` of a secret its ARN, lets it have no value, and generates what was asked for."""
    handlers = resource_handlers("AWS::SecretsManager::Secret")
    create, update, delete = handlers["create"], handlers["update"], handlers["delete"]
    secrets = ministack("services.secretsmanager")

    def create_secret(logical_id: str, properties: Properties, stack: str) -> Created:
        properties = with_generated_value(properties)
        name, attributes = create(logical_id, properties, stack)
        if "SecretString" not in properties:
            _, secret = secrets._resolve(name)
            secret["Versions"].clear()
        return attributes["Arn"], attributes

    def update_secret(
        arn: str, old: Properties, new: Properties, stack: str, logical_id: str | None = None
    ) -> Created:
        if new.get("GenerateSecretString") != old.get("GenerateSecretString"):
            new = with_generated_value(new)
        name, _ = secrets._resolve(arn)
        _, attributes = update(name, old, new, stack, logical_id)
        return attributes["Arn"], attributes

    def delete_secret(arn: str, properties: Properties) -> None:
        name, _ = secrets._resolve(arn)
        if name is not None:
            delete(name, properties)

    handlers.update(create=create_secret, update=update_secret, delete=delete_secret)


def with_generated_value(properties: Properties) -> Properties:
    """The properties of a secret with the value that they ask to be generated."""
    properties = dict(properties)
    wish = properties.pop("GenerateSecretString", None)
    if wish is None:
        return properties
    secrets = ministack("services.secretsmanager")
    value = checked("SecretsManager", secrets._get_random_password(wish))["RandomPassword"]
    if "SecretStringTemplate" in wish:
        fields = json.loads(wish["SecretStringTemplate"])
        value = json.dumps({**fields, wish["GenerateStringKey"]: value})
    return {**properties, "SecretString": value}


def provide_secret_policies() -> None:
    """Adds `AWS::SecretsManager::ResourcePolicy`, which ministack does not know."""
    secrets = ministack("services.secretsmanager")

    def put(properties: Properties) -> str:
        policy = properties["ResourcePolicy"]
        document = policy if isinstance(policy, str) else json.dumps(policy)
        request = {"SecretId": properties["SecretId"], "ResourcePolicy": document}
        return checked("SecretsManager", secrets._put_resource_policy(request))["ARN"]

    def create_policy(_logical_id: str, properties: Properties, _stack: str) -> Created:
        return put(properties), {}

    def update_policy(_arn: str, _old: Properties, new: Properties, _stack: str) -> Created:
        return put(new), {}

    def delete_policy(arn: str, _properties: Properties) -> None:
        secrets._delete_resource_policy({"SecretId": arn})

    handlers = ministack("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    handlers["AWS::SecretsManager::ResourcePolicy"] = {
        "create": create_policy, "update": update_policy, "delete": delete_policy,
    }


def demand_code_of_functions() -> None:
    """Fails a function without readable code, and ends the processes of a deleted function."""
    handlers = resource_handlers("AWS::Lambda::Function")
    create, update, delete = handlers["create"], handlers["update"], handlers["delete"]

    def create_function(logical_id: str, properties: Properties, stack: str) -> Created:
        check_code(properties.get("Code", {}))
        check_variables(properties)
        return create(logical_id, properties, stack)

    def update_function(
        name: str, old: Properties, new: Properties, stack: str, logical_id: str | None = None
    ) -> Created:
        if new.get("Code") != old.get("Code"):
            check_code(new.get("Code", {}))
        check_variables(new)
        return update(name, old, new, stack, logical_id)

    def delete_function(name: str, properties: Properties) -> None:
        delete(name, properties)
        ministack("services.lambda_svc").invalidate_worker(name)

    handlers.update(create=create_function, update=update_function, delete=delete_function)


def check_variables(properties: Properties) -> None:
    """Raises if the environment is larger than AWS takes: 4 KB of names and values together."""
    variables = (properties.get("Environment") or {}).get("Variables") or {}
    if len(json.dumps(variables, ensure_ascii=False).encode()) > 4096:
        raise refusal(
            "Lambda", 400, "Lambda was unable to configure your environment variables because the "
            "environment variables you have provided exceeded the 4KB limit."
        )


def check_code(code: dict[str, str]) -> None:
    """Raises if the code is said to be in a bucket and is not there or is no archive."""
    if "S3Key" not in code:
        return
    functions = ministack("services.lambda_svc")
    version = code.get("S3ObjectVersion")
    archive = functions._fetch_code_from_s3(code["S3Bucket"], code["S3Key"], version)
    if archive is None:
        raise refusal(
            "Lambda", 400,
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. "
            "S3 Error Message: The specified key does not exist.",
        )
    checked("Lambda", functions._reject_unreadable_zip(archive) or (200, {}, b""))


def keep_buckets_that_hold_data() -> None:
    """Fails the deletion of a bucket that still holds an object or an old version."""
    handlers = resource_handlers("AWS::S3::Bucket")
    delete = handlers["delete"]

    def delete_bucket(name: str, properties: Properties) -> None:
        status, _, _ = ministack("services.s3")._delete_bucket(name)
        if status == 409:
            raise refusal("S3", status, "The bucket you tried to delete is not empty")
        delete(name, properties)

    handlers["delete"] = delete_bucket


# --- CloudFormation: what a change set says ------------------------------------------------------

# Without an entry here, ministack calls every change to the type a conditional replacement.
REPLACING_PROPERTIES: dict[str, tuple[str, ...]] = {
    "AWS::ApiGateway::Deployment": ("DeploymentCanarySettings", "RestApiId"),
    "AWS::ApiGateway::GatewayResponse": ("ResponseType", "RestApiId"),
    "AWS::ApiGateway::Method": ("HttpMethod", "ResourceId", "RestApiId"),
    "AWS::ApiGateway::Resource": ("ParentId", "PathPart", "RestApiId"),
    "AWS::ApiGateway::RestApi": (),
    "AWS::ApiGateway::Stage": ("RestApiId", "StageName"),
    "AWS::Lambda::EventSourceMapping": ("EventSourceArn", "StartingPosition"),
    "AWS::Lambda::Permission": (
        "Action",
        "FunctionName",
        "Principal",
        "SourceAccount",
        "SourceArn",
    ),
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::S3::BucketPolicy": ("Bucket",),
    "AWS::SQS::QueuePolicy": (),
    "AWS::SecretsManager::ResourcePolicy": ("SecretId",),
    "AWS::SecretsManager::Secret": ("Name",),
}


def tell_replacements_apart() -> None:
    """Tells ministack which properties of our resources cannot change in place."""
    known = ministack("services.cloudformation.provisioners")._REPLACING_PROPERTIES
    for resource_type, names in REPLACING_PROPERTIES.items():
        known.setdefault(resource_type, names)


BROKEN_STATES = ("DELETE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED")


def correct_change_sets() -> None:
    """Refuses a change set for a broken stack, and makes one that changes only outputs executable."""
    handlers, state = ministack("services.cloudformation.handlers"), ministack("services.cloudformation")
    create = handlers._ACTION_HANDLERS["CreateChangeSet"]

    def create_change_set(request: dict[str, Any]) -> Any:
        stack = handlers._resolve_stack(handlers._p(request, "StackName")) or {}
        if stack.get("StackStatus") in BROKEN_STATES:
            text = f"Stack:{stack['StackId']} is in {stack['StackStatus']} state and can not be updated."
            return handlers._error("ValidationError", text)
        known = set(state._change_sets)
        response = create(request)
        for identifier, change_set in state._change_sets.items():
            if identifier not in known and changes_outputs(change_set):
                change_set.update(Status="CREATE_COMPLETE", StatusReason="", ExecutionStatus="AVAILABLE")
        return response

    handlers._ACTION_HANDLERS["CreateChangeSet"] = create_change_set


def changes_outputs(change_set: dict[str, Any]) -> bool:
    """Whether a change set that failed for want of changes would change the stack's outputs."""
    stack = ministack("services.cloudformation")._stacks.get(change_set["StackName"], {})
    return (
        change_set["Status"] == "FAILED"
        and "didn't contain changes" in change_set["StatusReason"]
        and change_set["_template"].get("Outputs") != stack.get("_template", {}).get("Outputs")
    )


# --- CloudFormation: what an update reports ------------------------------------------------------


def report_only_what_changes() -> None:
    """Leaves untouched resources out of the events of an update, and calls new ones created."""
    stacks = ministack("services.cloudformation.stacks")
    add = stacks._add_event

    def add_event(
        stack_id: str, stack: str, logical_id: str, kind: str, status: str, *rest: Any, **named: Any
    ) -> None:
        actions = running_actions(stack_id)
        if actions is not None and status.startswith("UPDATE_") and logical_id != stack:
            if logical_id not in actions:
                return
            if actions[logical_id] == "Add":
                status = status.replace("UPDATE_", "CREATE_")
        add(stack_id, stack, logical_id, kind, status, *rest, **named)

    stacks._add_event = add_event


def running_actions(stack_id: str) -> dict[str, str] | None:
    """What the change set that is being executed does, by logical id; None if there is none."""
    for change_set in ministack("services.cloudformation")._change_sets.values():
        runs = change_set["ExecutionStatus"] == "EXECUTE_IN_PROGRESS"
        if runs and change_set["StackId"] == stack_id:
            changes = (change["ResourceChange"] for change in change_set["Changes"])
            return {change["LogicalResourceId"]: change["Action"] for change in changes}
    return None


GAPS: tuple[Callable[[], None], ...] = (
    end_functions_first,
    count_loopback_as_tls,
    answer_to_api_hosts_of_aws,
    ask_function_before_api_calls_it,
    demand_rights_to_poll,
    demand_rights_to_log,
    log_how_functions_die,
    demand_large_parts,
    treat_secrets_as_aws,
    provide_secret_policies,
    demand_code_of_functions,
    keep_buckets_that_hold_data,
    tell_replacements_apart,
    correct_change_sets,
    report_only_what_changes,
)

if __name__ == "__main__":
    main()
