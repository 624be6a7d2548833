"""Runs ministack, the local cloud, and closes the gaps to AWS that Tsugite's stacks would fall into.

The deployer embeds this file and those beside it, and starts it as `python launcher.py`; ministack
takes its settings from the environment, and this file the root key from its standard input, because the
environment reaches every function. Every section below closes one gap through a table or a function of
ministack. Most of those names are private, so the version is pinned and `HOOKED_NAMES` lists them:
another ministack stops here with one line instead of behaving differently. `guard.py` says who may call,
`keeper.py` looks after the process, `journal.py` tells the page of the stand-ins what passes.

To close another gap, write a section and add its installer to `GAPS`.
"""

from __future__ import annotations

import asyncio
import contextvars
import copy
import dataclasses
import datetime
import functools
import http.client
import importlib
import ipaddress
import itertools
import json
import logging
import os
import pathlib
import random
import re
import signal
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Awaitable, Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import guard
import journal
import keeper
from guard import ministack

MINISTACK_VERSION = "1.5.33"

HOOKED_NAMES: dict[str, tuple[str, ...]] = {
    "app": (
        "_CLOUDFRONT_HOST_RE",
        "_EXECUTE_API_RE",
        "_MINISTACK_HOST",
        "_MINISTACK_PORT",
        "app",
        "main",
    ),
    "core.arn": ("execute_api_arn",),
    "core.iam_actions": ("extract_iam_action", "extract_resource_arn", "identity_denial_message"),
    "core.iam_evaluator": (
        "EvalContext",
        "_POLICY_REQUIRED",
        "_gather_role_policies",
        "_permissions_boundary",
        "_resource_policy",
        "combine_resource_policy",
        "enforce",
        "evaluate",
        "evaluate_resource_policy",
        "pin_request_caller",
        "resolve_principal",
    ),
    "core.lambda_runtime": ("ProvidedWorker._spawn", "reset"),
    "core.responses": ("get_account_id", "get_region", "request_scope"),
    "core.router": ("extract_access_key_id",),
    "services.apigateway_v1": (
        "_extract_lambda_ref_from_integration_uri",
        "_get_stage",
        "_gw_error",
        "_invoke_lambda_proxy_v1",
    ),
    "services.cloudformation": ("_change_sets", "_stack_events", "_stacks"),
    "services.cloudformation.changesets": ("_page",),
    "services.cloudformation.handlers": ("_ACTION_HANDLERS", "_error", "_p", "_resolve_stack"),
    "services.cloudformation.provisioners": (
        "_NAME_SEED",
        "_REPLACING_PROPERTIES",
        "_RESOURCE_HANDLERS",
        "_physical_name",
        "_sfn_definition",
    ),
    "services.cloudformation.stacks": (
        "_add_event",
        "_delete_resource",
        "_provision_resource",
        "_update_resource",
    ),
    "services.cloudfront": (
        "_dataplane_allowed_methods",
        "_dataplane_origin",
        "_distributions",
        "_find",
        "_forward_to_origin",
        "_s3_origin_bucket",
        "find_distribution_for_label",
    ),
    "services.cloudwatch_logs": ("_filter_log_events", "_log_groups"),
    "services.cloudwatch": ("_dispatch_alarm_actions", "_is_sns_action_arn"),
    "services.dynamodb": (
        "_pitr_settings",
        "_ttl_settings",
        "_update_continuous_backups",
        "_update_ttl",
    ),
    "services.eventbridge": (
        "_connection_auth_headers",
        "_connection_params_map",
        "_connections",
        "_create_connection",
        "_deauthorize_connection",
        "_delete_connection",
        "_describe_connection",
        "_invoke_target",
        "_list_connections",
        "_update_connection",
    ),
    "services.iam": ("_IAM_HANDLERS", "_boundary_policy_error", "_p", "_roles"),
    "services.kms": ("_describe_key",),
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
    "services.scheduler": ("_schedules",),
    "services.secretsmanager": (
        "_delete_resource_policy",
        "_get_random_password",
        "_put_resource_policy",
        "_resolve",
        "create_secret_in_process",
        "delete_secret_in_process",
        "put_secret_value_in_process",
    ),
    "services.sns": (
        "_enforce_topic_policy",
        "_error",
        "_fanout",
        "_get_topic",
        "_topic_by_arn_any_scope",
        "_topics",
        "topic_policy_for_arn",
    ),
    "services.sqs": ("queue_policy_allows",),
    "services.waf": ("_associate_web_acl", "_disassociate_web_acl"),
    "services.stepfunctions": (
        "_ExecutionError",
        "_SERVICE_DISPATCH",
        "_apply_jsonata_arguments",
        "_apply_jsonata_output",
        "_apply_jsonata_template",
        "_apply_state_assign",
        "_dispatch_aws_sdk_json",
        "_error_matches",
        "_executions",
        "_fail_execution",
        "_find_matching_retrier",
        "_invoke_resource",
        "_prefix_sdk_error",
        "_register_sfn_jsonata_functions",
        "_run_execution",
        "_scaled_sleep",
        "_sdk_json_params",
        "_sfn_jsonata_replace",
        "_state_machines",
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
    settings = take_settings()
    for close_gap in GAPS:
        close_gap()
    guard.demand_root_key(guard.RootKey(settings["access_key_id"], settings["secret_access_key"]))
    if "folder" in settings:
        keeper.keep(Path(settings["folder"]), deployed_stacks)
    if "stand_ins" in settings:
        journal.keep(journal.Reader(settings["stand_ins"], settings["control_token"]))
    try:
        ministack("app").main()
    finally:
        end_descendants()


# --- Which ministack this is -------------------------------------------------------------------


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
    for module, names in (*HOOKED_NAMES.items(), *guard.HOOKED_NAMES.items(), *journal.HOOKED_NAMES.items()):
        for name in names:
            try:
                functools.reduce(getattr, name.split("."), ministack(module))
            except (ImportError, AttributeError) as error:
                return f"ministack {MINISTACK_VERSION} has no `{module}.{name}`: {error}"
    return None


# --- Start and stop ----------------------------------------------------------------------------


def take_settings() -> dict[str, str]:
    """Reads the root key, the folder of the state, and where the journal goes, from the standard input.

    Nobody else can read what comes that way.

    The functions do not inherit it, for the standard input is empty afterwards.
    """
    settings: dict[str, str] = json.loads(sys.stdin.buffer.read())
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return settings


def deployed_stacks() -> set[str]:
    """The names of all stacks that a template was executed for and that are not deleted."""
    stacks = ministack("services.cloudformation")._stacks.to_dict().values()
    gone = ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS")
    return {stack["StackName"] for stack in stacks if stack.get("StackStatus") not in gone}


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


def answer_to_distributions_of_this_machine() -> None:
    """Serves a distribution at `<id in lower case>.cloudfront.localhost`, which browsers find here."""
    app, distributions = ministack("app"), ministack("services.cloudfront")
    hosts = "|".join(("net", "localhost", re.escape(app._MINISTACK_HOST)))
    app._CLOUDFRONT_HOST_RE = re.compile(rf"^([a-z0-9]+)\.cloudfront\.(?:{hosts})(?::\d+)?$")
    find = distributions.find_distribution_for_label

    def find_distribution(label: str) -> dict[str, Any] | None:
        for identifier, distribution in distributions._distributions.items():
            if identifier.lower() == label:
                return dict(distribution)
        found: dict[str, Any] | None = find(label)
        return found

    distributions.find_distribution_for_label = find_distribution


def lead_distributions_to_local_apis() -> None:
    """Sends what a distribution gets for an API of AWS to the API of that id here."""
    app, distributions = ministack("app"), ministack("services.cloudfront")
    forward = distributions._forward_to_origin

    def forward_here(
        origin: dict[str, Any], method: str, uri: str, query: str, headers: dict[str, str], *rest: Any
    ) -> Any:
        host = origin["domain_name"].lower()
        if app._EXECUTE_API_RE.match(host):
            headers = {"host": host, **headers}
            here = {"domain_name": "127.0.0.1", "http_port": int(app._MINISTACK_PORT)}
            origin = {**origin, **here, "protocol_policy": "http-only"}
        return forward(origin, method, uri, query, headers, *rest)

    distributions._forward_to_origin = forward_here


def complete_distributions() -> None:
    """Takes what a distribution leaves out as AWS does: GET and HEAD only, and a bucket for an origin.

    ministack takes an origin with an empty `S3OriginConfig` for a web server.
    """
    distributions = ministack("services.cloudfront")
    allowed, read = distributions._dataplane_allowed_methods, distributions._dataplane_origin

    def read_origin(element: Any) -> dict[str, Any]:
        origin: dict[str, Any] = read(element)
        if distributions._find(element, "CustomOriginConfig") is None:
            origin["s3_bucket"] = distributions._s3_origin_bucket(origin["domain_name"])
        return origin

    distributions._dataplane_allowed_methods = lambda behavior: allowed(behavior) or ["GET", "HEAD"]
    distributions._dataplane_origin = read_origin


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


# Source: API Gateway developer guide, "Quotas for configuring and running a REST API".
API_POLICY_CHARACTERS = 8192


def keep_policies_of_apis_as_aws() -> None:
    """Refuses a resource policy above the quota, and keeps one that the template has lost.

    CloudFormation leaves the policy of an API as it was if the new template has none.
    """
    handlers = resource_handlers("AWS::ApiGateway::RestApi")
    create, update = handlers["create"], handlers["update"]

    def create_api(logical_id: str, properties: Properties, stack: str) -> Created:
        check_api_policy(properties)
        return create(logical_id, properties, stack)

    def update_api(
        api: str, old: Properties, new: Properties, stack: str, logical_id: str | None = None
    ) -> Created:
        check_api_policy(new)
        if "Policy" in old and "Policy" not in new:
            new = {**new, "Policy": old["Policy"]}
        return update(api, old, new, stack, logical_id)

    handlers.update(create=create_api, update=update_api)


def check_api_policy(properties: Properties) -> None:
    """Raises if the policy, with the ARN of its API written out, is longer than API Gateway takes."""
    scope, policy = ministack("core.responses"), properties.get("Policy")
    if policy is None:
        return
    text = policy if isinstance(policy, str) else json.dumps(policy, separators=(",", ":"))
    prefix = f"arn:aws:execute-api:{scope.get_region()}:{scope.get_account_id()}:{'x' * 10}/"
    length = len(text.replace('"execute-api:/', f'"{prefix}'))
    if length > API_POLICY_CHARACTERS:
        text = f"Invalid policy document: {length} characters exceed the limit of {API_POLICY_CHARACTERS}"
        raise refusal("ApiGateway", 400, text)


STAGE_OF_API = re.compile(r"arn:aws:apigateway:[^:]+::/restapis/([^/]+)/stages/([^/]+)")


def provide_associations_of_rules() -> None:
    """Adds `AWS::WAFv2::WebACLAssociation`, which ministack does not know, for stages of APIs.

    It demands that both ends are there. What the rules would block is let through all the same.
    """
    rules, gateway = ministack("services.waf"), ministack("services.apigateway_v1")

    def create_association(_logical_id: str, properties: Properties, _stack: str) -> Created:
        stage = STAGE_OF_API.fullmatch(properties["ResourceArn"])
        if stage is None or gateway._get_stage(*stage.groups())[0] >= 400:
            raise refusal("Wafv2", 400, "AWS WAF couldn\u2019t perform the operation because your resource doesn\u2019t exist")
        checked("Wafv2", rules._associate_web_acl(properties))
        return f"{properties['WebACLArn']}|{properties['ResourceArn']}", {}

    def update_association(_name: str, old: Properties, new: Properties, stack: str) -> Created:
        rules._disassociate_web_acl(old)
        return create_association("", new, stack)

    def delete_association(_name: str, properties: Properties) -> None:
        rules._disassociate_web_acl(properties)

    ministack("services.cloudformation.provisioners")._RESOURCE_HANDLERS["AWS::WAFv2::WebACLAssociation"] = {
        "create": create_association, "update": update_association, "delete": delete_association,
    }


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
    account, name = scope.get_account_id(), role.rsplit("/", 1)[-1]
    context = evaluator.EvalContext(role, "AssumedRole", account, action, resource, scope.get_region())
    policies, limits = evaluator._gather_role_policies(name, account), boundary_of(name)
    return evaluator.evaluate(context, policies, *limits).decision == "Allow"


# --- What a role may do at most ----------------------------------------------------------------


def limit_roles_by_their_boundaries() -> None:
    """Keeps the permissions boundary that a template gives to a role, which ministack would lose."""
    handlers = resource_handlers("AWS::IAM::Role")
    create, update, iam = handlers["create"], handlers["update"], ministack("services.iam")

    def check_boundary(properties: Properties) -> None:
        boundary = properties.get("PermissionsBoundary")
        if boundary and iam._boundary_policy_error(boundary):
            text = f"Scope ARN: {boundary} does not exist or is not attachable."
            raise refusal("Iam", 404, text)

    def settle(made: Created, properties: Properties) -> Created:
        iam._roles[made[0]]["PermissionsBoundary"] = properties.get("PermissionsBoundary")
        return made

    def create_role(logical_id: str, properties: Properties, stack: str) -> Created:
        check_boundary(properties)
        return settle(create(logical_id, properties, stack), properties)

    def update_role(
        role: str, old: Properties, new: Properties, stack: str, logical_id: str | None = None
    ) -> Created:
        check_boundary(new)
        return settle(update(role, old, new, stack, logical_id), new)

    handlers.update(create=create_role, update=update_role)


def boundary_of(role: str) -> list[Any]:
    """What the permissions boundary of the role allows, as ministack's evaluator takes it."""
    evaluator, scope = ministack("core.iam_evaluator"), ministack("core.responses")
    limits: list[Any] = evaluator._permissions_boundary(
        ministack("services.iam")._roles, role, scope.get_account_id()
    )
    return limits


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


LOG_EVENTS_OF_A_PAGE = 10_000

# Functions log in a stream for each invocation; the logs of so many are kept for each log group.
KEPT_STREAMS = 20_000


class Output(str):
    """What a function wrote, whose lines end at a line feed only, as on AWS."""

    def splitlines(self, keepends: bool = False) -> list[str]:
        return self.removesuffix("\n").split("\n")


def keep_logs_as_aws() -> None:
    """Ends lines at line feeds only, and forgets the oldest invocations before memory runs out."""
    functions, logs = ministack("services.lambda_svc"), ministack("services.cloudwatch_logs")
    write = functions._emit_lambda_logs

    def write_lines(function: dict[str, Any], request: str, text: str, *rest: Any, **named: Any) -> None:
        write(function, request, Output(text or ""), *rest, **named)
        config = function.get("config") or function
        chosen = (config.get("LoggingConfig") or {}).get("LogGroup")
        group = logs._log_groups.get(chosen or f"/aws/lambda/{config['FunctionName']}") or {}
        streams = group.get("streams", {})
        while len(streams) > KEPT_STREAMS:
            streams.pop(next(iter(streams)), None)

    functions._emit_lambda_logs = write_lines


def page_log_events() -> None:
    """Hands out a token for the rest of the events, where ministack leaves the newest of many out.

    A token says how many events of which millisecond were handed out already.
    """
    logs = ministack("services.cloudwatch_logs")
    find = logs._filter_log_events

    def filter_log_events(request: dict[str, Any]) -> Any:
        limit = min(request.get("limit", LOG_EVENTS_OF_A_PAGE), LOG_EVENTS_OF_A_PAGE)
        start, n_seen = request.get("startTime"), 0
        if "nextToken" in request:
            start, n_seen = (int(part) for part in request["nextToken"].split("-"))
        bounded = {**request, "limit": LOG_EVENTS_OF_A_PAGE}
        status, headers, body = find(bounded if start is None else {**bounded, "startTime": start})
        if status >= 400:
            return status, headers, body
        found = json.loads(body)["events"]
        events = found[n_seen:n_seen + limit]
        page = {"events": events, "searchedLogStreams": []}
        if len(found) > n_seen + limit or (len(found) == LOG_EVENTS_OF_A_PAGE and events):
            last = events[-1]["timestamp"]
            n_handed_out = sum(event["timestamp"] == last for event in events)
            page["nextToken"] = f"{last}-{n_handed_out + (n_seen if last == start else 0)}"
        return status, headers, json.dumps(page).encode()

    logs._filter_log_events = filter_log_events


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


# --- How large a message may be ------------------------------------------------------------------

MESSAGE_BYTES = 1024 * 1024


def count_attributes_of_messages() -> None:
    """Refuses a message that is too large with its attributes, of which the name, the type and the
    value count.

    Source: Amazon SQS developer guide, "Amazon SQS message quotas".
    """
    queues = ministack("services.sqs")
    send = queues._act_send_message

    def send_message(data: dict[str, Any], queue_url: str) -> Any:
        size = len(data.get("MessageBody", "").encode()) + sum(
            size_of_attribute(name, attribute)
            for name, attribute in (data.get("MessageAttributes") or {}).items()
        )
        if size > MESSAGE_BYTES:
            text = f"One or more parameters are invalid. Reason: Message must be shorter than {MESSAGE_BYTES} bytes."
            raise queues._Err("InvalidParameterValue", text)
        return send(data, queue_url)

    queues._act_send_message = send_message
    for table in (value for value in vars(queues).values() if isinstance(value, dict)):
        for action, handler in table.items():
            if handler is send:
                table[action] = send_message


def size_of_attribute(name: str, attribute: dict[str, Any]) -> int:
    """Bytes of an attribute; a binary value comes as Base64."""
    binary = len(attribute.get("BinaryValue") or "") * 3 // 4
    texts = (name, attribute.get("DataType") or "", attribute.get("StringValue") or "")
    return binary + sum(len(text.encode()) for text in texts)


# --- How topics reach queues of other regions ----------------------------------------------------

# Every other region of the partition is an opt-in region.
# Source: Account Management guide, "Enable or disable AWS Regions in your account".
DEFAULT_REGIONS = frozenset((
    "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1",
    "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2",
    "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
))


def deliver_across_regions_as_aws() -> None:
    """Subscribes where the topic is, and delivers under the name that SNS has between the regions."""
    handlers, queues = resource_handlers("AWS::SNS::Subscription"), ministack("services.sqs")
    create, update, delete = handlers["create"], handlers["update"], handlers["delete"]
    allows, scope = queues.queue_policy_allows, ministack("core.responses")

    def there(region: str | None) -> Any:
        return scope.request_scope(scope.get_account_id(), region or scope.get_region())

    def create_subscription(logical_id: str, properties: Properties, stack: str) -> Created:
        with there(properties.get("Region")):
            made: Created = create(logical_id, properties, stack)
        return made

    def update_subscription(
        arn: str, old: Properties, new: Properties, stack: str, logical_id: str | None = None
    ) -> Created:
        with there(new.get("Region")):
            made: Created = update(arn, old, new, stack, logical_id)
        return made

    def delete_subscription(arn: str, properties: Properties) -> None:
        with there(properties.get("Region")):
            delete(arn, properties)

    def queue_policy_allows(queue: str, service: str, source: str, account: str) -> bool:
        if service == "sns.amazonaws.com":
            service = sns_principal(source.split(":")[3], queue.split(":")[3])
        return bool(allows(queue, service, source, account))

    handlers.update(
        create=create_subscription, update=update_subscription, delete=delete_subscription
    )
    queues.queue_policy_allows = queue_policy_allows


def sns_principal(topic: str, queue: str) -> str:
    """Who delivers from one region to another: SNS itself, or that of the opt-in region in between.

    Source: SNS developer guide, "Sending Amazon SNS messages to an Amazon SQS queue or AWS Lambda
    function in a different Region".
    """
    if topic == queue or {topic, queue} <= DEFAULT_REGIONS:
        return "sns.amazonaws.com"
    return f"sns.{topic if queue in DEFAULT_REGIONS else queue}.amazonaws.com"


# --- What alarms and schedules do ----------------------------------------------------------------

ALARM_ACTIONS = {
    "ALARM": "AlarmActions", "INSUFFICIENT_DATA": "InsufficientDataActions", "OK": "OKActions",
}


def publish_alarms_as_aws() -> None:
    """Words the message of an alarm as AWS does, and asks the topic whether CloudWatch may publish."""
    alarms, topics = ministack("services.cloudwatch"), ministack("services.sns")
    dispatch = alarms._dispatch_alarm_actions

    def dispatch_actions(alarm: dict[str, Any], old: str, new: str, reason: str) -> None:
        if "MetricName" not in alarm:
            dispatch(alarm, old, new, reason)
            return
        actions = alarm.get(ALARM_ACTIONS[new]) or [] if alarm.get("ActionsEnabled", True) else []
        message = json.dumps(alarm_message(alarm, old, new, reason))
        subject = f'{new}: "{alarm["AlarmName"]}" in {region_name()}'[:100]
        for action in filter(alarms._is_sns_action_arn, actions):
            if may_publish(action, alarm["AlarmArn"]):
                topics._fanout(action, str(uuid.uuid4()), message, subject)
            else:
                log.warning("%s does not let %s publish", action, alarm["AlarmArn"])

    alarms._dispatch_alarm_actions = dispatch_actions


def may_publish(topic: str, alarm: str) -> bool:
    """Whether the policy of the topic lets CloudWatch publish what this alarm tells."""
    evaluator, scope = ministack("core.iam_evaluator"), ministack("core.responses")
    account = scope.get_account_id()
    policy, _ = ministack("services.sns").topic_policy_for_arn(topic) or ("", "")
    context = evaluator.EvalContext(
        "", "Service", account, "sns:Publish", topic, scope.get_region(), secure_transport=True,
        service_context={
            "aws:sourcearn": alarm, "aws:sourceaccount": account, "aws:sourceowner": account,
        },
    )
    decision = evaluator.evaluate_resource_policy(policy, context, service="cloudwatch.amazonaws.com")
    return not policy or decision.decision == "Allow"


def alarm_message(alarm: dict[str, Any], old: str, new: str, reason: str) -> dict[str, Any]:
    """What CloudWatch publishes when an alarm changes its state."""
    dimensions = [
        {"value": entry["Value"], "name": entry["Name"]} for entry in alarm.get("Dimensions") or []
    ]
    extended = alarm.get("ExtendedStatistic")
    statistic = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", alarm.get("Statistic") or "").upper()
    trigger = {
        "MetricName": alarm["MetricName"], "Namespace": alarm["Namespace"],
        "StatisticType": "ExtendedStatistic" if extended else "Statistic",
        **({"ExtendedStatistic": extended} if extended else {"Statistic": statistic}),
        "Unit": alarm.get("Unit"), "Dimensions": dimensions, "Period": alarm.get("Period"),
        "EvaluationPeriods": alarm.get("EvaluationPeriods"),
        **{name: alarm[name] for name in ("DatapointsToAlarm",) if name in alarm},
        "ComparisonOperator": alarm.get("ComparisonOperator"), "Threshold": alarm.get("Threshold"),
        "TreatMissingData": alarm.get("TreatMissingData") or "missing",
        "EvaluateLowSampleCountPercentile": "",
    }
    return {
        "AlarmName": alarm["AlarmName"], "AlarmDescription": alarm.get("AlarmDescription") or None,
        "AWSAccountId": ministack("core.responses").get_account_id(),
        "AlarmConfigurationUpdatedTimestamp": alarm_time(alarm.get("AlarmConfigurationUpdatedTimestamp")),
        "NewStateValue": new, "NewStateReason": reason, "StateChangeTime": alarm_time(time.time()),
        "Region": region_name(), "AlarmArn": alarm["AlarmArn"], "OldStateValue": old,
        **{name: alarm.get(name) or [] for name in ALARM_ACTIONS.values()},
        "Trigger": trigger,
    }


def alarm_time(seconds: float | None) -> str:
    """A time as the messages of alarms write it."""
    moment = datetime.datetime.fromtimestamp(seconds or 0, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}+0000"


def region_name() -> str:
    """The region in words, as the messages of alarms name it."""
    region: str = ministack("core.responses").get_region()
    return region_names().get(region, region)


@functools.cache
def region_names() -> dict[str, str]:
    """The names of all regions."""
    partitions = importlib.import_module("botocore.loaders").Loader().load_data("endpoints")["partitions"]
    return {code: region["description"] for part in partitions for code, region in part["regions"].items()}


def demand_rights_to_start_machines() -> None:
    """Drops what a rule or a schedule starts without the right of its role to start it."""
    events = ministack("services.eventbridge")
    invoke = events._invoke_target

    def invoke_if_permitted(target: dict[str, Any], *rest: Any, **named: Any) -> None:
        arn = target.get("Arn", "")
        if ":states:" in arn and not role_allows(target.get("RoleArn", ""), "states:StartExecution", arn):
            log.warning("%s may not start %s", target.get("RoleArn"), arn)
            return
        invoke(target, *rest, **named)

    events._invoke_target = invoke_if_permitted


# --- Connections: what http:invoke authenticates with ---------------------------------------------

# AWS takes longer; long enough to show a workflow that does not wait for it.
SECONDS_TO_AUTHORIZE = 0.3
SECONDS_TO_DEAUTHORIZE = 0.3

CONNECTION_NAME = re.compile(r"[.\-_A-Za-z0-9]{1,64}")

# What a header may carry: neither control characters, except tabs, nor a colon.
HEADER_TEXT = re.compile(r"[^\x00-\x08\x0a-\x1f:\x7f]{1,512}")

# The members of a connection's parameters that end up in a header, and whether they are secret.
HEADER_MEMBERS = {
    "ApiKeyAuthParameters": {"ApiKeyName": False, "ApiKeyValue": True},
    "BasicAuthParameters": {"Username": False, "Password": True},
}

# The parameters that a kind of authorization takes.
AUTH_MEMBERS = {
    "API_KEY": "ApiKeyAuthParameters", "BASIC": "BasicAuthParameters", "OAUTH_CLIENT_CREDENTIALS": "OAuthParameters",
}

# What whoever makes or updates a connection must be allowed on the secret that EventBridge keeps for it.
# Source: EventBridge user guide, "Authorization methods for connections", which names the managed policy
# AmazonEventBridgeFullAccess; the schema of AWS::Events::Connection lists all but the deletion.
CONNECTION_SECRET_RIGHTS = ("CreateSecret", "DeleteSecret", "GetSecretValue", "PutSecretValue", "UpdateSecret")


def keep_connections_as_aws() -> None:
    """Gives a connection an id, a managed secret, a while to authorize, and checks what it is given."""
    events, secrets = ministack("services.eventbridge"), ministack("services.secretsmanager")
    create, update, delete = (
        events._create_connection, events._update_connection, events._delete_connection,
    )
    describe, list_all = events._describe_connection, events._list_connections
    remove = events._deauthorize_connection

    def create_connection(request: dict[str, Any]) -> Any:
        problem = connection_problem(request)
        if problem:
            return problem
        status, headers, body = create(request)
        if status >= 400:
            return status, headers, body
        record = events._connections[request["Name"]]
        record["ConnectionArn"] += f"/{uuid.uuid4()}"
        record["SecretArn"] = new_connection_secret(record)
        return status, headers, with_members(body, ConnectionArn=record["ConnectionArn"])

    def update_connection(request: dict[str, Any]) -> Any:
        record = events._connections.get(request.get("Name")) or {}
        problem = connection_problem(request)
        if problem:
            return problem
        if "AuthParameters" in request or "AuthorizationType" in request:
            known = record if request.get("AuthorizationType") == record.get("AuthorizationType") else {}
            parameters = merged(known.get("AuthParameters", {}), request.get("AuthParameters", {}))
            if not is_complete(request.get("AuthorizationType"), parameters):
                return incomplete_update()
            request = {**request, "AuthParameters": parameters}
        status, headers, body = update(request)
        if status >= 400 or "AuthParameters" not in request:
            return status, headers, body
        record["ConnectionState"] = "AUTHORIZING"
        record.pop("StateReason", None)
        # What de-authorized the connection has taken its secret away.
        if not secrets.put_secret_value_in_process(record["SecretArn"], json.dumps(record["AuthParameters"])):
            record["SecretArn"] = new_connection_secret(record)
        return status, headers, with_members(body, ConnectionState="AUTHORIZING")

    def deauthorize_connection(request: dict[str, Any]) -> Any:
        status, headers, body = remove(request)
        if status >= 400:
            return status, headers, body
        reason = "The authorization parameters were removed by a DeauthorizeConnection operation."
        deauthorize(events._connections[request["Name"]], reason)
        return status, headers, with_members(body, ConnectionState="DEAUTHORIZING")

    def delete_connection(request: dict[str, Any]) -> Any:
        record = events._connections.get(request.get("Name")) or {}
        secrets.delete_secret_in_process(record.get("SecretArn"))
        return delete(request)

    def describe_connection(request: dict[str, Any]) -> Any:
        record = settled_connection(request.get("Name"))
        status, headers, body = describe(request)
        if record is None:
            return status, headers, body
        return status, headers, with_members(
            body, AuthParameters=without_secrets(record["AuthParameters"])
        )

    def list_connections(request: dict[str, Any]) -> Any:
        for name in events._connections:
            settled_connection(name)
        return list_all(request)

    events._create_connection, events._update_connection = create_connection, update_connection
    events._delete_connection, events._describe_connection = delete_connection, describe_connection
    events._deauthorize_connection, events._list_connections = deauthorize_connection, list_connections


def new_connection_secret(record: dict[str, Any]) -> str:
    """The ARN of a new secret for the connection's parameters; its id is not that of the connection."""
    arn: str = ministack("services.secretsmanager").create_secret_in_process(
        f"events!connection/{record['Name']}/{uuid.uuid4()}", json.dumps(record["AuthParameters"])
    )
    return arn


def deauthorize(record: dict[str, Any], reason: str) -> None:
    """Takes a connection's parameters and its secret away; only an update with new ones makes it usable again."""
    ministack("services.secretsmanager").delete_secret_in_process(record["SecretArn"])
    record.update(
        AuthParameters={}, ConnectionState="DEAUTHORIZING", LastModifiedTime=time.time(), StateReason=reason
    )


def settled_connection(name: str | None) -> dict[str, Any] | None:
    """The connection of this name, in the state that it has by now."""
    record: dict[str, Any] | None = ministack("services.eventbridge")._connections.get(name)
    for passing, settled, seconds in (
        ("AUTHORIZING", "AUTHORIZED", SECONDS_TO_AUTHORIZE),
        ("DEAUTHORIZING", "DEAUTHORIZED", SECONDS_TO_DEAUTHORIZE),
    ):
        if record and record["ConnectionState"] == passing:
            if time.time() - record["LastModifiedTime"] >= seconds:
                record["ConnectionState"] = settled
    return record


def is_complete(kind: str | None, parameters: dict[str, Any]) -> bool:
    """Whether an update names a kind of authorization with all that this kind takes."""
    group = AUTH_MEMBERS.get(kind or "", "")
    return group in parameters and HEADER_MEMBERS.get(group, {}).keys() <= parameters[group].keys()


def incomplete_update() -> Any:
    """The refusal of an update that gives parameters without their kind, or too few of them."""
    return validation_error(
        "Failed to update the connection(s). At least one of the following is required: Description, "
        "KmsKeyIdentifier, AuthorizationType with BasicAuthParameters, ApiKeyAuthParameters, or OAuthParameters."
    )


def validation_error(text: str) -> Any:
    """EventBridge's answer to a request that makes no sense."""
    body = {"__type": "ValidationException", "message": text}
    return 400, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(body).encode()


def demand_rights_to_keep_connections() -> None:
    """Refuses a call that makes or updates a connection to whoever may not keep its secret."""
    evaluator, actions = ministack("core.iam_evaluator"), ministack("core.iam_actions")
    enforce, resource_of = evaluator.enforce, actions.extract_resource_arn

    def resource_or_connection(
        service: str, method: str, path: str, headers: Any, body: bytes, query: Any, region: str, account: str
    ) -> str:
        operation = str(headers.get("x-amz-target", "")).rpartition(".")[2]
        if service == "events" and operation.endswith("Connection"):
            return f"arn:aws:events:{region}:{account}:connection/{json.loads(body or b'{}').get('Name', '')}"
        arn: str = resource_of(service, method, path, headers, body, query, region, account)
        return arn

    def enforce_with_secret(key: str, action: str, service: str, region: str, *rest: Any, **named: Any) -> Any:
        denied = enforce(key, action, service, region, *rest, **named)
        if denied or action not in ("events:CreateConnection", "events:UpdateConnection"):
            return denied
        name = named.get("resource_arn", "").partition(":connection/")[2].partition("/")[0]
        for right, secret in connection_secret_rights(name):
            denied = denied or enforce(key, right, "secretsmanager", region, resource_arn=secret)
        return denied

    evaluator.enforce, actions.extract_resource_arn = enforce_with_secret, resource_or_connection


def connection_secret_rights(name: str) -> Iterator[tuple[str, str]]:
    """The rights on a connection's secret, each with its ARN; that of a secret still to be made is new."""
    scope = ministack("core.responses")
    prefix = f"arn:aws:secretsmanager:{scope.get_region()}:{scope.get_account_id()}:secret"
    new = f"{prefix}:events!connection/{name}/{uuid.uuid4()}-AbCdEf"
    record = ministack("services.eventbridge")._connections.get(name) or {}
    for right in CONNECTION_SECRET_RIGHTS:
        is_new = right == "CreateSecret" or "SecretArn" not in record
        yield f"secretsmanager:{right}", new if is_new else record["SecretArn"]


def connection_problem(request: dict[str, Any]) -> Any:
    """The refusal of a name, user, password or key that AWS does not take."""
    wrong = [] if CONNECTION_NAME.fullmatch(request.get("Name") or "") else ["name"]
    for group, members in HEADER_MEMBERS.items():
        given = (request.get("AuthParameters") or {}).get(group) or {}
        for member in members.keys() & given.keys():
            text = str(given[member])
            if not HEADER_TEXT.fullmatch(text) or not text.strip():
                wrong.append(f"authParameters.{group}.{member}")
    if not wrong:
        return None
    # The value itself is a secret and stays out of the message.
    text = "; ".join(f"Value at '{name}' failed to satisfy constraint" for name in sorted(wrong))
    return validation_error(f"{len(wrong)} validation error(s): {text}")


def merged(known: Any, given: Any) -> Any:
    """What an update gives, completed with what it leaves out."""
    if not isinstance(known, dict) or not isinstance(given, dict):
        return given
    return {**known, **{name: merged(known.get(name), value) for name, value in given.items()}}


def with_members(body: bytes, **members: Any) -> bytes:
    """An answer with these members in the place of its own."""
    return json.dumps({**json.loads(body), **members}).encode()


def without_secrets(parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters of a connection as AWS describes them."""
    shown = copy.deepcopy(parameters)
    for group, members in HEADER_MEMBERS.items():
        for member, secret in members.items():
            if secret:
                shown.get(group, {}).pop(member, None)
    client = shown.get("OAuthParameters", {})
    client.get("ClientParameters", {}).pop("ClientSecret", None)
    for extra in (shown.get("InvocationHttpParameters", {}), client.get("OAuthHttpParameters", {})):
        for parameter in (entry for entries in extra.values() for entry in entries):
            if parameter.get("IsValueSecret"):
                parameter.pop("Value", None)
    return shown


def provide_connections() -> None:
    """Adds `AWS::Events::Connection`, which ministack does not know."""
    events, provisioners = (
        ministack("services.eventbridge"), ministack("services.cloudformation.provisioners"),
    )

    def attributes(name: str) -> dict[str, str]:
        record = events._connections[name]
        arn = record["ConnectionArn"]
        return {"Arn": arn, "ArnForPolicy": arn.rsplit("/", 1)[0], "SecretArn": record["SecretArn"]}

    def create_connection(logical_id: str, properties: Properties, stack: str) -> Created:
        name = properties.get("Name") or provisioners._physical_name(stack, logical_id, max_len=64)
        checked("EventBridge", events._create_connection({**properties, "Name": name}))
        return name, attributes(name)

    def update_connection(name: str, _old: Properties, new: Properties, _stack: str) -> Created:
        checked("EventBridge", events._update_connection({**new, "Name": name}))
        return name, attributes(name)

    def delete_connection(name: str, _properties: Properties) -> None:
        events._delete_connection({"Name": name})

    provisioners._RESOURCE_HANDLERS["AWS::Events::Connection"] = {
        "create": create_connection, "update": update_connection, "delete": delete_connection,
    }


# --- State machines: what their role may do ------------------------------------------------------

STATE_PAYLOAD_BYTES = 256 * 1024

# The state machine whose task this thread runs.
running_machine: contextvars.ContextVar[dict[str, Any] | None] = contextvars.ContextVar(
    "running_machine", default=None
)


def failed_task(error: str, cause: str) -> Exception:
    """The failure of a task, as ministack's interpreter takes it."""
    failure: Exception = ministack("services.stepfunctions")._ExecutionError(error, cause)
    return failure


def run_tasks_as_aws() -> None:
    """Remembers whose task runs, limits its result, and fails what cannot be caught as AWS does."""
    machines = ministack("services.stepfunctions")
    run, invoke, matches = machines._run_execution, machines._invoke_resource, machines._error_matches

    def run_execution(arn: str) -> None:
        execution = machines._executions.get(arn) or {}
        token = running_machine.set(machines._state_machines.get(execution.get("stateMachineArn")))
        try:
            denial = key_denial()
            if denial:
                machines._fail_execution(execution, "KmsAccessDeniedException", denial)
            else:
                run(arn)
        finally:
            running_machine.reset(token)

    def invoke_within_limit(resource: str, parameters: Any) -> Any:
        result = invoke(resource, parameters)
        if len(json.dumps(result, ensure_ascii=False).encode()) > STATE_PAYLOAD_BYTES:
            raise too_large()
        return result

    def error_matches(names: list[str], error: str) -> bool:
        if error == "States.Runtime":
            return False
        if error == "States.DataLimitExceeded":
            return error in names
        return bool(matches(names, error))

    machines._run_execution, machines._invoke_resource = run_execution, invoke_within_limit
    machines._error_matches = error_matches


def too_large() -> Exception:
    """The failure of a task whose result does not fit."""
    return failed_task(
        "States.DataLimitExceeded",
        "The state/task returned a result with a size exceeding the maximum number of bytes "
        f"service limit of {STATE_PAYLOAD_BYTES}.",
    )


def key_denial() -> str | None:
    """Why the running machine's role may not use the key that encrypts the execution, if so."""
    machine = running_machine.get() or {}
    key = (machine.get("encryptionConfiguration") or {}).get("kmsKeyId")
    if not key:
        return None
    found = checked("Kms", ministack("services.kms")._describe_key({"KeyId": key}))
    keys = {"kms:EncryptionContext:aws:states:stateMachineArn": machine["stateMachineArn"]}
    denials = (
        task_denial(f"kms:{action}", found["KeyMetadata"]["Arn"], keys=keys)
        for action in ("Decrypt", "GenerateDataKey")
    )
    return next(filter(None, denials), None)


def task_denial(action: str, *resources: str, keys: dict[str, str] | None = None) -> str | None:
    """Why the running machine's role may do this to none of the resources; None if it may.

    A resource that AWS knows by two ARNs is named by both. The keys are those of conditions. Outside
    of a machine, as in TestState, there is no role to ask.
    """
    machine = running_machine.get()
    if machine is None:
        return None
    evaluator, scope = ministack("core.iam_evaluator"), ministack("core.responses")
    account, service = scope.get_account_id(), action.split(":")[0]
    role = machine["roleArn"].rsplit("/", 1)[-1]
    session = f"arn:aws:sts::{account}:assumed-role/{role}/{machine['name']}"
    policies, limits = evaluator._gather_role_policies(role, account), boundary_of(role)
    for resource in resources:
        context = evaluator.EvalContext(
            session, "AssumedRole", account, action, resource, scope.get_region(), secure_transport=True,
            service_context={name.lower(): value for name, value in (keys or {}).items()},
        )
        decision = evaluator.evaluate(context, policies, *limits)
        policy = evaluator._resource_policy(service, resource)
        if policy is not None:
            required = service in evaluator._POLICY_REQUIRED
            decision = evaluator.combine_resource_policy(
                decision, context, *policy, required=required, limits=tuple(limits)
            )
        if decision.decision == "Allow":
            return None
    text: str = ministack("core.iam_actions").identity_denial_message(
        action, session, resources[0], decision.decision == "Deny"
    )
    return text


def demand_rights_to_call_services() -> None:
    """Fails, as on AWS, an `aws-sdk` task whose machine's role may not make the call.

    This covers the services that speak JSON, among them Secrets Manager and EventBridge.
    """
    machines = ministack("services.stepfunctions")
    dispatch = machines._dispatch_aws_sdk_json

    def dispatch_if_permitted(info: dict[str, str], service: str, action: str, given: Any) -> Any:
        name = action[0].upper() + action[1:]
        request = machines._sdk_json_params(info, info.get("service_key", service), name, given)
        for right, resources in rights_of_call(info, service, name, request):
            denial = task_denial(right, *resources)
            if denial:
                raise failed_task(denied_error(service), denial)
        return dispatch(info, service, action, given)

    machines._dispatch_aws_sdk_json = dispatch_if_permitted


def denied_error(service: str) -> str:
    """The error of a refused call: a service without an exception for it throws its general one."""
    prefix = ministack("services.stepfunctions")._prefix_sdk_error
    if service == "eventbridge":
        return str(prefix(service, "AccessDeniedException"))
    general = prefix(service, "").rstrip(".")
    return f"{general}.{general}Exception"


def rights_of_call(
    info: dict[str, str], service: str, action: str, request: dict[str, Any]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The rights that a call takes, each with the ARNs that its resource goes by."""
    scope, actions = ministack("core.responses"), ministack("core.iam_actions")
    region, account = scope.get_region(), scope.get_account_id()
    if service == "eventbridge" and action.endswith("Connection"):
        name = request.get("Name", "")
        short = f"arn:aws:events:{region}:{account}:connection/{name}"
        record = ministack("services.eventbridge")._connections.get(name)
        yield f"events:{action}", (short, record["ConnectionArn"]) if record else (short,)
        if action in ("CreateConnection", "UpdateConnection"):
            yield from ((right, (secret,)) for right, secret in connection_secret_rights(name))
        return
    key, headers = info.get("service_key", service), {"x-amz-target": f"{info['target_prefix']}.{action}"}
    call = (key, "POST", "/", headers, json.dumps(request).encode(), {})
    right = actions.extract_iam_action(*call)
    if right is not None:
        yield right, (actions.extract_resource_arn(*call, region, account),)


def wait_between_attempts_as_aws() -> None:
    """Waits as long as a retrier says; ministack waits a minute at most, without jitter or a longest delay."""
    machines = ministack("services.stepfunctions")
    find = machines._find_matching_retrier

    def find_and_wait(retriers: Any, error: str, counts: dict[int, int]) -> Any:
        retrier, index = find(retriers, error, counts)
        # TestState only asks; outside of a running machine nobody waits.
        if retrier is None or running_machine.get() is None:
            return retrier, index
        delay = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2) ** counts.get(index, 0)
        delay = min(delay, retrier.get("MaxDelaySeconds", delay))
        is_spread = retrier.get("JitterStrategy") == "FULL"
        machines._scaled_sleep(random.uniform(0, delay) if is_spread else delay)
        return {**retrier, "IntervalSeconds": 0}, index

    machines._find_matching_retrier = find_and_wait


# --- State machines: how much they hold -----------------------------------------------------------

# Variables of one execution. Source: Step Functions developer guide, "Passing data between states with variables".
VARIABLES_BYTES = 10 * 1024 * 1024

# What AWS was measured to evaluate: padding of so many characters, and a nesting of so many levels, as the library
# counts them. Source: answers of TestState, published in 2026.
EXPRESSION_PADDING = 256 * 1024
EXPRESSION_DEPTH = 100

# AWS limits the memory of an evaluation. How much of it a match of a pattern takes is not known; so many
# are few enough to be on the safe side.
EXPRESSION_MATCHES = 20_000

# Long enough for a busy machine, short enough to end an expression that would never end.
EXPRESSION_MILLISECONDS = 10_000


def limit_data_of_machines() -> None:
    """Fails a state whose arguments, output or variables are larger than AWS takes, and sets variables all at once.

    It is caught by its name alone, as the result of a task is; for variables, AWS does not say whether it is.
    """
    machines = ministack("services.stepfunctions")

    def within_limit(evaluate: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(evaluate)
        def evaluate_within_limit(*given: Any, **named: Any) -> Any:
            value = evaluate(*given, **named)
            if json_bytes(value) > STATE_PAYLOAD_BYTES:
                raise too_large()
            return value

        return evaluate_within_limit

    def assign(state: dict[str, Any], given: Any, ctx: dict[str, Any] | None, **sources: Any) -> None:
        if not isinstance(state.get("Assign"), dict) or ctx is None:
            return
        new = {
            name: machines._apply_jsonata_template(template, given, ctx, **sources)
            for name, template in state["Assign"].items()
        }
        known = ctx.setdefault("variables", {})
        if sum(map(json_bytes, new.values())) > STATE_PAYLOAD_BYTES:
            raise failed_task(
                "States.DataLimitExceeded",
                f"The variables that the state assigns exceed the limit of {STATE_PAYLOAD_BYTES} bytes.",
            )
        if sum(map(json_bytes, {**known, **new}.values())) > VARIABLES_BYTES:
            raise failed_task("States.DataLimitExceeded", "Execution total variable size limit exceeded.")
        known.update(new)

    for name in ("_apply_jsonata_arguments", "_apply_jsonata_output"):
        setattr(machines, name, within_limit(getattr(machines, name)))
    machines._apply_state_assign = assign


def json_bytes(value: Any) -> int:
    """The size of a value as JSON in UTF-8."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))


def limit_expressions() -> None:
    """Ends an evaluation as AWS does: one that is nested too deeply, or that holds too much."""
    machines = ministack("services.stepfunctions")
    functions = importlib.import_module("jsonata.functions").Functions
    register, replace = machines._register_sfn_jsonata_functions, machines._sfn_jsonata_replace

    def refuse(is_too_much: bool) -> None:
        if is_too_much:
            raise ValueError("Expression evaluation memory limit exceeded: Check for excessive memory usage")

    def pad(text: str | None = None, width: int = 0, filler: str | None = None) -> Any:
        refuse(abs(width) - len(text or "") > EXPRESSION_PADDING)
        return functions.pad(text, width, filler)

    def replace_within_limit(text: Any = None, pattern: Any = None, by: Any = None, limit: Any = None) -> Any:
        if hasattr(pattern, "finditer") and isinstance(text, str):
            matches = itertools.islice(pattern.finditer(text), EXPRESSION_MATCHES + 1)
            refuse(sum(1 for _ in matches) > EXPRESSION_MATCHES)
        return replace(text, pattern, by, limit)

    def register_with_limits(expression: Any) -> None:
        register(expression)
        expression.register_lambda("pad", pad)
        expression.register_lambda("replace", replace_within_limit)
        expression.environment.set_runtime_bounds(EXPRESSION_MILLISECONDS, EXPRESSION_DEPTH)

    machines._register_sfn_jsonata_functions = register_with_limits


# --- State machines: http:invoke -----------------------------------------------------------------

HTTP_SECONDS = 60
HTTP_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")

FORBIDDEN_HEADERS = re.compile(
    "a-im|accept-charset|accept-datetime|accept-encoding|authorization|cache-control|connection|"
    "content-encoding|content-md5|date|expect|forwarded|from|host|http2-settings|if-match|"
    "if-modified-since|if-none-match|if-range|if-unmodified-since|max-forwards|origin|pragma|"
    "proxy-authorization|referer|server|te|trailer|transfer-encoding|upgrade|via|warning|"
    "x-forwarded-.*|x-amz-.*|x-amzn-.*"
)
BINARY_ANSWERS = re.compile(r"application/octet-stream|(?:image|video|audio)/.*")


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Leaves a redirect to the caller."""

    def redirect_request(self, *_: Any) -> None:
        return None


def provide_http_tasks() -> None:
    """Adds `arn:aws:states:::http:invoke`, which ministack does not know."""

    def http_invoke(_resource: str, parameters: dict[str, Any]) -> dict[str, Any]:
        check_http_task(parameters)
        connection = usable_connection(parameters)
        return called(http_request(parameters, connection), connection)

    ministack("services.stepfunctions")._SERVICE_DISPATCH["arn:aws:states:::http:invoke"] = http_invoke


def check_http_task(parameters: dict[str, Any]) -> None:
    """Raises if AWS would not send the request of this task, whatever the connection."""
    endpoint, method = parameters.get("ApiEndpoint", ""), parameters.get("Method", "")
    if not is_allowed_endpoint(endpoint):
        raise failed_task("States.Runtime", f"The ApiEndpoint '{endpoint}' is not an https URL")
    if method not in HTTP_METHODS:
        raise failed_task("States.Runtime", f"The Method '{method}' is not one of {HTTP_METHODS}")
    wrong = [name for name in parameters.get("Headers") or {} if FORBIDDEN_HEADERS.fullmatch(name.lower())]
    if wrong:
        text = f"The 'Headers' field contains unsupported values: {sorted(wrong)}"
        raise failed_task("States.Runtime", text)
    machine = running_machine.get()
    denial = machine and task_denial(
        "states:InvokeHTTPEndpoint", machine["stateMachineArn"],
        keys={"states:HTTPEndpoint": endpoint, "states:HTTPMethod": method},
    )
    if denial:
        raise failed_task(
            "States.Http.AccessDenied",
            f"AWS Step Functions is not authorized to perform states:InvokeHTTPEndpoint on API Endpoint {endpoint}. "
            "Ensure that the StateMachine role contains the states:InvokeHTTPEndpoint permission for the given API "
            "Endpoint",
        )


def is_allowed_endpoint(endpoint: str) -> bool:
    """Whether the URL is https, as AWS demands, or does not leave this machine."""
    try:
        url = urllib.parse.urlsplit(endpoint)
        host = url.hostname or ""
    except ValueError:
        return False
    if url.scheme != "http":
        return url.scheme == "https" and bool(host)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def usable_connection(parameters: dict[str, Any]) -> dict[str, Any]:
    """The connection that the task names; raises if it cannot be used or the role may not use it."""
    error = "Events.ConnectionResource"
    chosen = parameters.get("InvocationConfig") or parameters.get("Authentication") or {}
    arn = chosen.get("ConnectionArn")
    if not arn:
        raise failed_task("States.Runtime", "The task names no ConnectionArn")
    lacking = "No permissions to call {} associated with the connection resource.".format
    if task_denial("events:RetrieveConnectionCredentials", arn):
        text = "No permissions to call RetrieveConnectionCredentials on the connection resource."
        raise failed_task(f"{error}.AccessDenied", text)
    record = settled_connection(arn.partition(":connection/")[2].partition("/")[0])
    if record is None or record["ConnectionArn"] != arn:
        raise failed_task(f"{error}.ResourceNotFound", f"Connection {arn} does not exist")
    if record["ConnectionState"] != "AUTHORIZED":
        name = "AuthInProgress" if record["ConnectionState"] == "AUTHORIZING" else "InvalidConnectionState"
        raise failed_task(f"{error}.{name}", f"Connection {arn} is {record['ConnectionState']}")
    for action in ("DescribeSecret", "GetSecretValue"):
        if task_denial(f"secretsmanager:{action}", record["SecretArn"]):
            text = (
                "No permissions to call DescribeSecret and/or GetSecretValue on the secret associated with the "
                "connection resource."
            )
            raise failed_task(f"{error}.AccessDenied", text)
    return record


def http_request(parameters: dict[str, Any], connection: dict[str, Any]) -> urllib.request.Request:
    """The request of a task; where it and the connection give the same, the connection wins."""
    events, scope = ministack("services.eventbridge"), ministack("core.responses")
    extra = connection["AuthParameters"].get("InvocationHttpParameters") or {}
    added = {name: events._connection_params_map(entries) for name, entries in extra.items()}
    query = {**(parameters.get("QueryParameters") or {}), **added.get("QueryStringParameters", {})}
    url = urllib.parse.urlsplit(parameters["ApiEndpoint"])
    pairs = [*urllib.parse.parse_qsl(url.query, keep_blank_values=True), *form_fields(query, "REPEAT")]
    data = http_body(parameters, added.get("BodyParameters", {}))
    request = urllib.request.Request(
        url._replace(query=urllib.parse.urlencode(pairs), fragment="").geturl(), data,
        method=parameters["Method"],
    )
    if data is not None:
        request.add_header("Content-Type", "application/json; charset=UTF-8")
    token_key = (scope.get_account_id(), scope.get_region(), connection["Name"])
    for headers in (
        parameters.get("Headers") or {},
        added.get("HeaderParameters", {}),
        events._connection_auth_headers(connection, token_key),
        {
            "User-Agent": f"Amazon|StepFunctions|HttpInvoke|{scope.get_region()}",
            "Range": f"bytes=0-{STATE_PAYLOAD_BYTES}",
        },
    ):
        for name, value in headers.items():
            text = ", ".join(map(form_text, value)) if isinstance(value, list) else form_text(value)
            request.add_header(name, text)
    return request


def http_body(parameters: dict[str, Any], added: dict[str, Any]) -> bytes | None:
    """The body of a task's request."""
    body, transform = parameters.get("RequestBody"), parameters.get("Transform") or {}
    if added:
        if not isinstance(body, dict | None):
            text = "The RequestBody cannot be merged with the body parameters of the connection"
            raise failed_task("States.Runtime", text)
        body = {**(body or {}), **added}
    if body is None:
        return None
    if transform.get("RequestBodyEncoding", "NONE") == "URL_ENCODED" and isinstance(body, dict):
        form = (transform.get("RequestEncodingOptions") or {}).get("ArrayFormat", "INDICES")
        return urllib.parse.urlencode(form_fields(body, form)).encode()
    return (body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)).encode()


def form_fields(value: Any, array_format: str, name: str = "") -> list[tuple[str, str]]:
    """The fields of a form that say the same as the JSON value."""
    if isinstance(value, dict):
        members = [(f"{name}[{key}]" if name else key, member) for key, member in value.items()]
    elif isinstance(value, list) and array_format == "COMMAS":
        return [(name, ",".join(map(form_text, value)))]
    elif isinstance(value, list):
        suffixes = {"BRACKETS": "[]", "REPEAT": ""}
        members = [
            (name + suffixes.get(array_format, f"[{n}]"), member) for n, member in enumerate(value)
        ]
    else:
        return [(name, form_text(value))]
    return [field for key, member in members for field in form_fields(member, array_format, key)]


def form_text(value: Any) -> str:
    """A JSON value as the text of a form field or a header."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


# By such an answer to Basic or API-key authorization, EventBridge takes the credentials for wrong.
# Source: EventBridge user guide, "De-authorizing connections in EventBridge".
DEAUTHORIZING_STATUSES = (401, 407)


def called(request: urllib.request.Request, connection: dict[str, Any]) -> dict[str, Any]:
    """What the endpoint answers, as the result of a task; a refusal of the credentials de-authorizes the connection."""
    deadline = time.monotonic() + HTTP_SECONDS
    opener = urllib.request.build_opener(NoRedirects)
    try:
        try:
            answer: Any = opener.open(request, timeout=HTTP_SECONDS)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            raw = limited_body(answer, deadline)
    except (OSError, http.client.HTTPException) as error:
        raise failed_task("States.Http.Socket", f"{type(error).__name__}: {error}") from error
    kind = answer.headers.get_content_type() if "Content-Type" in answer.headers else ""
    if answer.status in DEAUTHORIZING_STATUSES and connection["AuthorizationType"] in ("API_KEY", "BASIC"):
        deauthorize(connection, f"The endpoint answered {answer.status}.")
    if answer.status >= 300:
        # AWS keeps nothing of the answer.
        raise failed_task(f"States.Http.StatusCode.{answer.status}", "")
    try:
        text = raw.decode()
        if BINARY_ANSWERS.fullmatch(kind):
            raise ValueError
    except ValueError:
        raise failed_task("States.Runtime", f"The answer of type '{kind}' is not text") from None
    headers: dict[str, list[str]] = {}
    for name, value in answer.headers.items():
        headers.setdefault(name.lower(), []).append(value)
    return {
        "Headers": headers, "ResponseBody": json_or_text(text) if "json" in kind else text,
        "StatusCode": answer.status, "StatusText": answer.reason,
    }


def limited_body(answer: Any, deadline: float) -> bytes:
    """The body of an answer; raises if it is too slow or too large for a state."""
    raw = b""
    while chunk := answer.read1(65536):
        raw += chunk
        if len(raw) > STATE_PAYLOAD_BYTES:
            raise too_large()
        if time.monotonic() > deadline:
            raise TimeoutError(f"no whole answer in {HTTP_SECONDS} s")
    return raw


def json_or_text(text: str) -> Any:
    """The value that the text is JSON of, or the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


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


def keep_settings_of_tables() -> None:
    """Gives a table the time to live and the backups that the template asks for, and a name of its own.

    The name is new for each stack, so that a table which an earlier one has left is not taken over.
    """
    handlers = resource_handlers("AWS::DynamoDB::Table")
    create, update, delete = handlers["create"], handlers["update"], handlers["delete"]
    tables = ministack("services.dynamodb")

    def settle(made: Created, properties: Properties) -> Created:
        name, expiry = {"TableName": made[0]}, properties.get("TimeToLiveSpecification")
        tables._ttl_settings.pop(made[0], None)
        if expiry:
            enabled = {**expiry, "Enabled": is_true(expiry.get("Enabled"))}
            checked("DynamoDb", tables._update_ttl({**name, "TimeToLiveSpecification": enabled}))
        recovery = properties.get("PointInTimeRecoverySpecification") or {}
        enabled = {"PointInTimeRecoveryEnabled": is_true(recovery.get("PointInTimeRecoveryEnabled"))}
        tables._update_continuous_backups({**name, "PointInTimeRecoverySpecification": enabled})
        return made

    def create_table(logical_id: str, properties: Properties, stack: str) -> Created:
        seed = ministack("services.cloudformation.provisioners")._NAME_SEED
        if "TableName" not in properties and not seed.get():
            # It stays with the resource, as it does for buckets; updates bring it back.
            seed.set(uuid.uuid4().hex[:8])
        return settle(create(logical_id, properties, stack), properties)

    def update_table(
        table: str, old: Properties, new: Properties, stack: str, logical_id: str | None = None
    ) -> Created:
        before, after = (entry.get("TimeToLiveSpecification") or {} for entry in (old, new))
        made = update(table, old, new, stack, logical_id)
        both = is_true(before.get("Enabled")) and is_true(after.get("Enabled"))
        if made[0] == table and both and before["AttributeName"] != after["AttributeName"]:
            active = f"current AttributeName is {before['AttributeName']}"
            raise refusal("DynamoDb", 400, f"TimeToLive is active on a different AttributeName: {active}")
        return settle(made, new)

    def delete_table(table: str, properties: Properties) -> None:
        delete(table, properties)
        tables._ttl_settings.pop(table, None)
        tables._pitr_settings.pop(table, None)

    handlers.update(create=create_table, update=update_table, delete=delete_table)


def is_true(value: Any) -> bool:
    """A boolean of a template, which may be written as a string."""
    return str(value).lower() == "true"


def may_assume(service: str, role: str, source: str) -> bool:
    """Whether the role trusts a service of AWS that acts for this resource."""
    evaluator, scope = ministack("core.iam_evaluator"), ministack("core.responses")
    account = scope.get_account_id()
    trust = (ministack("services.iam")._roles.get(role.rsplit("/", 1)[-1]) or {}).get(
        "AssumeRolePolicyDocument"
    )
    context = evaluator.EvalContext(
        "", "Service", account, "sts:AssumeRole", role, scope.get_region(), secure_transport=True,
        service_context={"aws:sourcearn": source, "aws:sourceaccount": account},
    )
    decision = evaluator.evaluate_resource_policy(trust, context, service=f"{service}.amazonaws.com")
    return bool(decision.decision == "Allow")


def keep_state_machines_as_aws() -> None:
    """Checks the trust of a state machine's role, stores its logging as described, refuses what is lost."""
    handlers = resource_handlers("AWS::StepFunctions::StateMachine")
    create, update = handlers["create"], handlers["update"]

    provisioners = ministack("services.cloudformation.provisioners")

    def check_trust(arn: str, properties: Properties) -> None:
        if not may_assume("states", properties.get("RoleArn", ""), arn):
            raise refusal(
                "Sfn", 400, "Neither the global service principal states.amazonaws.com, nor the regional "
                "one is authorized to assume the provided role."
            )

    def check_variables_of(properties: Properties) -> None:
        for state, language in states_of(json.loads(provisioners._sfn_definition(properties))):
            parts = (state, *state.get("Choices", ()), *state.get("Catch", ()))
            if language != "JSONata" and any("Assign" in part for part in parts):
                raise ValueError("The local cloud would lose variables (Assign) of states without JSONata")

    def renamed(properties: Properties) -> Properties:
        logging_configuration = properties.get("LoggingConfiguration")
        if logging_configuration is None:
            return properties
        return {**properties, "LoggingConfiguration": lower_names(logging_configuration)}

    def create_machine(logical_id: str, properties: Properties, stack: str) -> Created:
        scope = ministack("core.responses")
        name = properties.get("StateMachineName") or provisioners._physical_name(
            stack, logical_id, max_len=80
        )
        prefix = f"arn:aws:states:{scope.get_region()}:{scope.get_account_id()}:stateMachine"
        check_trust(f"{prefix}:{name}", properties)
        check_variables_of(properties)
        made: Created = create(logical_id, renamed(properties), stack)
        return made

    def update_machine(
        arn: str, old: Properties, new: Properties, stack: str, logical_id: str | None = None
    ) -> Created:
        check_trust(arn, new)
        check_variables_of(new)
        made: Created = update(arn, renamed(old), renamed(new), stack, logical_id)
        return made

    handlers.update(create=create_machine, update=update_machine)


def states_of(machine: dict[str, Any], language: str = "JSONPath") -> Iterator[tuple[dict[str, Any], str]]:
    """All states of a definition, each with its query language."""
    language = machine.get("QueryLanguage", language)
    for state in machine.get("States", {}).values():
        yield state, state.get("QueryLanguage", language)
        for name in ("ItemProcessor", "Iterator"):
            yield from states_of(state.get(name, {}), language)
        for branch in state.get("Branches", ()):
            yield from states_of(branch, language)


def lower_names(value: Any) -> Any:
    """The value with the names of its members beginning in lower case."""
    if isinstance(value, dict):
        return {name[0].lower() + name[1:]: lower_names(member) for name, member in value.items()}
    if isinstance(value, list):
        return [lower_names(member) for member in value]
    return is_true(value) if value in ("true", "false") else value


# What ministack leaves out of a schedule, with what AWS takes where the template says nothing.
SCHEDULE_SETTINGS = {
    "Description": "", "EndDate": None, "KmsKeyArn": None, "ScheduleExpressionTimezone": "UTC",
    "StartDate": None, "State": "ENABLED",
}


def keep_schedules_as_aws() -> None:
    """Demands that the role of a schedule trusts it, and keeps its time zone, dates and state."""
    handlers = resource_handlers("AWS::Scheduler::Schedule")
    create, update = handlers["create"], handlers["update"]

    def check_trust(properties: Properties) -> None:
        scope, group = ministack("core.responses"), properties.get("GroupName", "default")
        prefix = f"arn:aws:scheduler:{scope.get_region()}:{scope.get_account_id()}:schedule-group"
        if not may_assume("scheduler", properties["Target"]["RoleArn"], f"{prefix}/{group}"):
            raise refusal(
                "Scheduler", 400, "The execution role you provide must allow AWS EventBridge Scheduler to "
                "assume the role."
            )

    def settle(made: Created, properties: Properties) -> Created:
        group = properties.get("GroupName", "default")
        schedule = ministack("services.scheduler")._schedules[f"{group}/{made[0]}"]
        for name, otherwise in SCHEDULE_SETTINGS.items():
            schedule[name] = properties.get(name, otherwise)
            if schedule[name] is None:
                del schedule[name]
        return made

    def create_schedule(logical_id: str, properties: Properties, stack: str) -> Created:
        check_trust(properties)
        return settle(create(logical_id, properties, stack), properties)

    def update_schedule(name: str, old: Properties, new: Properties, stack: str) -> Created:
        check_trust(new)
        return settle(update(name, old, new, stack), new)

    handlers.update(create=create_schedule, update=update_schedule)


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


# --- Topics of somebody else ---------------------------------------------------------------------


def keep_topics_of_others_closed() -> None:
    """Answers of a topic of another account as if it were closed, and fails a subscription to none.

    SNS does not tell an account whether another one has a topic; ministack does.
    """
    topics = ministack("services.sns")
    get = topics._get_topic

    def get_topic(arn: str, action: str | None = None) -> Any:
        found = get(arn, action)
        if found[0] is None and action and is_of_another_account(arn):
            return None, closed(arn, action)
        return found

    topics._get_topic = get_topic
    handlers = resource_handlers("AWS::SNS::Subscription")
    create = handlers["create"]

    def create_subscription(logical_id: str, properties: Properties, stack: str) -> Created:
        arn = properties.get("TopicArn", "")
        region, account = arn.split(":")[3:5]
        topic = topics._topics.get_scoped(account, region, arn)
        if topic is None and is_of_another_account(arn):
            raise refusal("Sns", 403, closed_text(arn, "sns:Subscribe"))
        if topic is None:
            raise refusal("Sns", 404, "Topic does not exist")
        if is_of_another_account(arn) and topics._enforce_topic_policy(topic, "sns:Subscribe"):
            raise refusal("Sns", 403, closed_text(arn, "sns:Subscribe"))
        return create(logical_id, properties, stack)

    handlers["create"] = create_subscription


def is_of_another_account(arn: str) -> bool:
    """Whether the ARN names another account than the caller's."""
    return arn.split(":")[4:5] != [ministack("core.responses").get_account_id()]


def closed(arn: str, action: str) -> Any:
    """The answer of SNS to a call for a topic that the caller may not know of."""
    return ministack("services.sns")._error("AuthorizationError", closed_text(arn, action), 403)


def closed_text(arn: str, action: str) -> str:
    """SNS's words for it."""
    account = ministack("core.responses").get_account_id()
    return (
        f"User: arn:aws:iam::{account}:root is not authorized to perform: {action.upper()[:3]}{action[3:]} on "
        f"resource: {arn} because no resource-based policy allows the {action.upper()[:3]}{action[3:]} action"
    )


# --- CloudFormation: where a template is ---------------------------------------------------------


def read_templates_from_s3_of_the_region() -> None:
    """Takes a template from an address of S3 only, in both forms that S3 has, and only in this region."""
    handlers = ministack("services.cloudformation.handlers")
    for action in ("CreateChangeSet", "CreateStack", "UpdateStack", "ValidateTemplate"):
        handlers._ACTION_HANDLERS[action] = with_path_style(handlers, handlers._ACTION_HANDLERS[action])


def with_path_style(handlers: ModuleType, answer: Callable[..., Any]) -> Callable[..., Any]:
    """An action that gets the address of its template in the one form that ministack knows."""

    def answer_of_s3(request: dict[str, Any]) -> Any:
        address = handlers._p(request, "TemplateURL")
        if not address:
            return answer(request)
        path = template_path(address, ministack("core.responses").get_region())
        if path is None:
            text = "TemplateURL must be a supported URL."
            return handlers._error("ValidationError", text)
        return answer({**request, "TemplateURL": [f"https://s3.amazonaws.com{path}"]})

    return answer_of_s3


def template_path(address: str, region: str) -> str | None:
    """Bucket and key of an address of S3 as a path; None if it is none of this region."""
    parts = urllib.parse.urlsplit(address)
    host = re.fullmatch(rf"(?:([a-z0-9.-]+)\.)?s3[.-]{region}\.amazonaws\.com", parts.netloc)
    if parts.scheme != "https" or host is None:
        return None
    return f"/{host[1]}{parts.path}" if host[1] else parts.path


# --- CloudFormation: whose rights a stack's resources take --------------------------------------

# The access key of whoever made the request that is being served, and of what it has begun.
CALLER: contextvars.ContextVar[str] = contextvars.ContextVar("caller", default="")

# Actions that IAM knows no resource for. Source: Service Authorization Reference.
WITHOUT_RESOURCE = frozenset((
    "acm:RequestCertificate", "cloudfront:CreateDistribution", "cloudfront:CreateOriginAccessControl",
    "cloudfront:CreateResponseHeadersPolicy", "kms:CreateKey", "lambda:CreateEventSourceMapping",
    "logs:DescribeIndexPolicies", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
    "route53:ListHostedZones", "secretsmanager:GetRandomPassword",
))

# Properties that give a resource its name; CloudFormation makes the names of the others.
NAME_PROPERTIES = (
    "AlarmName", "BucketName", "FunctionName", "LogGroupName", "QueueName", "RoleName", "StateMachineName",
    "TableName", "TopicName", "Name",
)

# What a resource is in an ARN, behind partition and service: region and account, then its name. `{}` is the
# name, `{id}` what AWS calls it.
ARNS = {
    "AWS::ApiGateway::RestApi": "apigateway:{region}::/restapis/{id}",
    "AWS::CertificateManager::Certificate": "acm:{region}:{account}:certificate/{id}",
    "AWS::CloudFront::Distribution": "cloudfront::{account}:distribution/{id}",
    "AWS::CloudFront::OriginAccessControl": "cloudfront::{account}:origin-access-control/{id}",
    "AWS::CloudFront::ResponseHeadersPolicy": "cloudfront::{account}:response-headers-policy/{id}",
    "AWS::CloudWatch::Alarm": "cloudwatch:{region}:{account}:alarm:{name}",
    "AWS::DynamoDB::Table": "dynamodb:{region}:{account}:table/{name}",
    "AWS::Events::Connection": "events:{region}:{account}:connection/{name}/{id}",
    "AWS::IAM::Role": "iam::{account}:role/{name}",
    "AWS::KMS::Key": "kms:{region}:{account}:key/{id}",
    "AWS::Lambda::EventSourceMapping": "lambda:{region}:{account}:event-source-mapping:{id}",
    "AWS::Lambda::Function": "lambda:{region}:{account}:function:{name}",
    "AWS::Logs::LogGroup": "logs:{region}:{account}:log-group:{name}",
    "AWS::S3::Bucket": "s3:::{name}",
    "AWS::SNS::Topic": "sns:{region}:{account}:{name}",
    "AWS::SQS::Queue": "sqs:{region}:{account}:{name}",
    "AWS::Scheduler::Schedule": "scheduler:{region}:{account}:schedule/default/{name}",
    "AWS::SecretsManager::Secret": "secretsmanager:{region}:{account}:secret:{name}",
    "AWS::StepFunctions::StateMachine": "states:{region}:{account}:stateMachine:{name}",
    "AWS::WAFv2::WebACL": "wafv2:{region}:{account}:regional/webacl/{name}/{id}",
}


class Piece:
    """A resource of a stack that CloudFormation is about to work on."""

    def __init__(
        self, kind: str, logical_id: str, properties: Properties, stack: str, identifier: str = ""
    ) -> None:
        self.kind, self.properties, self.identifier = kind, properties or {}, identifier
        made = f"{stack}-{logical_id}-0123456789ABC"
        given = (self.properties[name] for name in NAME_PROPERTIES if self.properties.get(name))
        known = re.split(r"[/:]", identifier)[-1] if kind != "AWS::Logs::LogGroup" else identifier
        self.name = str(known or next(given, made))
        if kind == "AWS::S3::Bucket":
            self.name = self.name.lower()

    def arn(self) -> str:
        """Its own ARN, as far as it has one."""
        scope = ministack("core.responses")
        return "arn:aws:" + ARNS[self.kind].format(
            region=scope.get_region(), account=scope.get_account_id(), name=self.name,
            id=re.split(r"[/:|]", self.identifier)[-1] or "0123456789",
        )

    def targets(self, action: str) -> list[str]:
        """ARNs of what an action is needed on for it."""
        if action in WITHOUT_RESOURCE:
            return ["*"]
        of_others = OTHER_TARGETS.get((self.kind, action.split(":")[0])) or OTHER_TARGETS.get((self.kind, ""))
        if action == "apigateway:POST" and self.kind == "AWS::ApiGateway::RestApi":
            return [self.arn().rsplit("/", 1)[0]]
        if action == "route53:GetChange":
            return ["arn:aws:route53:::change/C0123456789"]
        return of_others(self) if of_others else [self.arn()]


def below_api(piece: Piece) -> list[str]:
    """What belongs to an API."""
    region = ministack("core.responses").get_region()
    return [f"arn:aws:apigateway:{region}::/restapis/{piece.properties.get('RestApiId', 'a')}/part/b"]


def function_of(piece: Piece) -> list[str]:
    """The function that a permission is about."""
    return [Piece("AWS::Lambda::Function", "", {}, "", piece.properties.get("FunctionName", "a")).arn()]


def queues_of(piece: Piece) -> list[str]:
    """The queues that a policy is about."""
    queues = piece.properties.get("Queues", ())
    return [Piece("AWS::SQS::Queue", "", {}, "", queue).arn() for queue in queues]


def zone_of(piece: Piece) -> list[str]:
    """The hosted zone that a record, or the proof of a certificate, is written to."""
    proofs = piece.properties.get("DomainValidationOptions") or [{}]
    zone = piece.properties.get("HostedZoneId") or proofs[0].get("HostedZoneId")
    return [f"arn:aws:route53:::hostedzone/{zone}"]


def passed_role(piece: Piece) -> list[str]:
    """The role that a service is given."""
    properties = piece.properties
    return [properties.get("Role") or properties.get("RoleArn") or properties["Target"]["RoleArn"]]


def connection_secret(piece: Piece) -> list[str]:
    """The secret that EventBridge keeps for a connection."""
    scope = ministack("core.responses")
    place = f"secretsmanager:{scope.get_region()}:{scope.get_account_id()}"
    return [f"arn:aws:{place}:secret:events!connection/{piece.name}/0123-abcd"]


API_DESTINATIONS = "apidestinations.events.amazonaws.com"


def linked_role(_: Piece) -> list[str]:
    """The role that EventBridge makes for itself."""
    account = ministack("core.responses").get_account_id()
    name = "AWSServiceRoleForAmazonEventBridgeApiDestinations"
    return [f"arn:aws:iam::{account}:role/aws-service-role/{API_DESTINATIONS}/{name}"]


# By resource type and service, or by type alone: what an action is needed on that is not the resource itself.
OTHER_TARGETS: dict[tuple[str, str], Callable[[Piece], list[str]]] = {
    ("AWS::ApiGateway::Deployment", ""): below_api,
    ("AWS::ApiGateway::GatewayResponse", ""): below_api,
    ("AWS::ApiGateway::Method", ""): below_api,
    ("AWS::ApiGateway::Resource", ""): below_api,
    ("AWS::ApiGateway::Stage", ""): below_api,
    ("AWS::CertificateManager::Certificate", "route53"): zone_of,
    ("AWS::Events::Connection", "iam"): linked_role,
    ("AWS::Events::Connection", "secretsmanager"): connection_secret,
    ("AWS::Lambda::Function", "iam"): passed_role,
    ("AWS::Lambda::Function", "s3"): lambda piece: [
        f"arn:aws:s3:::{piece.properties['Code']['S3Bucket']}/{piece.properties['Code']['S3Key']}"
    ],
    ("AWS::Lambda::Permission", ""): function_of,
    ("AWS::Route53::RecordSet", ""): zone_of,
    ("AWS::S3::BucketPolicy", ""): lambda piece: [f"arn:aws:s3:::{piece.properties.get('Bucket')}"],
    ("AWS::SNS::Subscription", ""): lambda piece: [piece.properties.get("TopicArn", "")],
    ("AWS::SNS::TopicPolicy", ""): lambda piece: list(piece.properties.get("Topics", ())),
    ("AWS::SQS::QueuePolicy", ""): queues_of,
    ("AWS::Scheduler::Schedule", "iam"): passed_role,
    ("AWS::StepFunctions::StateMachine", "iam"): passed_role,
    ("AWS::StepFunctions::StateMachine", "kms"): lambda piece: [
        piece.properties["EncryptionConfiguration"]["KmsKeyId"]
    ],
    ("AWS::WAFv2::WebACLAssociation", ""): lambda piece: [
        piece.properties["WebACLArn"], piece.properties["ResourceArn"]
    ],
}


def demand_rights_of_callers() -> None:
    """Fails an operation on a resource of a stack that the caller of CloudFormation may not do.

    AWS acts with the caller's rights: whoever deploys needs what the handlers of the resource types call.
    Nothing is asked of the root user.
    """
    stacks, evaluator = ministack("services.cloudformation.stacks"), ministack("core.iam_evaluator")
    create, update, delete = stacks._provision_resource, stacks._update_resource, stacks._delete_resource
    pin = evaluator.pin_request_caller

    def pin_caller(headers: dict[str, str], query: dict[str, Any] | None = None) -> None:
        pin(headers, query)
        CALLER.set(ministack("core.router").extract_access_key_id(headers, query or {}) or "")

    def provision(kind: str, logical_id: str, properties: Properties, stack: str) -> Created:
        check_caller(Piece(kind, logical_id, properties, stack), "create", "read")
        made: Created = create(kind, logical_id, properties, stack)
        return made

    def change(
        kind: str, identifier: str, old: Properties, new: Properties, stack: str, logical_id: str = "",
        *rest: Any,
    ) -> Created:
        if old != new:
            check_caller(Piece(kind, logical_id, new, stack, identifier), "update", "read")
        changed: Created = update(kind, identifier, old, new, stack, logical_id, *rest)
        return changed

    def remove(
        kind: str, identifier: str, properties: Properties, stack: str = "", logical_id: str = ""
    ) -> None:
        check_caller(Piece(kind, logical_id, properties, stack, identifier), "delete")
        delete(kind, identifier, properties, stack, logical_id)

    evaluator.pin_request_caller = pin_caller
    stacks._provision_resource, stacks._update_resource = provision, change
    stacks._delete_resource = remove


@functools.cache
def handler_permissions() -> dict[str, dict[str, Any]]:
    """Which actions the handlers of each resource type call, from the file beside this one or in the sources."""
    here = pathlib.Path(__file__).resolve().parent
    places = (here / "handlers.json", here.parent.parent / "stacks/src/rights/handlers.json")
    text = next(place for place in places if place.is_file()).read_text(encoding="utf-8")
    table: dict[str, dict[str, Any]] = json.loads(text)
    return table


def needed_actions(piece: Piece, *operations: str) -> Iterator[str]:
    """What some operations on a resource with these properties call."""
    handlers = handler_permissions().get(piece.kind, {})
    for operation in operations:
        entries = (*handlers.get(operation, ()), *handlers.get("also", {}).get(operation, ()))
        for entry in entries:
            action, _, rest = entry.partition(" ")
            if rest != "never" and (not rest or has_property(piece.properties, rest.removeprefix("if "))):
                yield action


def has_property(value: Any, path: str) -> bool:
    """Whether there is a property of this path; in a list, any element may have it."""
    if isinstance(value, list):
        return any(has_property(element, path) for element in value)
    name, _, rest = path.partition(".")
    if not isinstance(value, dict) or name not in value:
        return False
    return not rest or has_property(value[name], rest)


def check_caller(piece: Piece, *operations: str) -> None:
    """Raises if whoever began the stack's operation may not do what it takes."""
    evaluator, scope = ministack("core.iam_evaluator"), ministack("core.responses")
    account = scope.get_account_id()
    caller = evaluator.resolve_principal(CALLER.get(), account) if CALLER.get() else None
    # The root user, and ministack itself, may do everything.
    if getattr(caller, "policies", None) is None:
        return
    for action in needed_actions(piece, *operations):
        for target in piece.targets(action):
            context = evaluator.EvalContext(
                caller.arn, caller.type, account, action, target, scope.get_region(),
                source_ip="cloudformation.amazonaws.com", secure_transport=True,
                principal_keys=caller.keys, service_context=call_context(piece, action),
            )
            decision = evaluator.evaluate(context, caller.policies, *caller.limits).decision
            if decision != "Allow":
                service = action.split(":")[0]
                raise refusal(
                    service.capitalize(), 403, f"User: {caller.arn} is not authorized to perform: {action} "
                    f"on resource: {target} because no identity-based policy allows the {action} action"
                )


SERVICES_WITH_ROLES = {
    "AWS::Lambda::Function": "lambda", "AWS::Scheduler::Schedule": "scheduler",
    "AWS::StepFunctions::StateMachine": "states",
}


def call_context(piece: Piece, action: str) -> dict[str, Any]:
    """What a call that CloudFormation makes for a resource brings with it, in IAM's words."""
    context: dict[str, Any] = {
        "aws:calledvia": ["cloudformation.amazonaws.com"], "aws:viaawsservice": "true",
    }
    if action == "iam:PassRole":
        context["iam:passedtoservice"] = f"{SERVICES_WITH_ROLES[piece.kind]}.amazonaws.com"
    if action == "iam:CreateServiceLinkedRole":
        context["iam:awsservicename"] = API_DESTINATIONS
    if piece.kind == "AWS::IAM::Role" and piece.properties.get("PermissionsBoundary"):
        context["iam:permissionsboundary"] = piece.properties["PermissionsBoundary"]
    if piece.kind == "AWS::Lambda::EventSourceMapping":
        context["lambda:functionarn"] = function_of(piece)[0]
    if action in ("kms:Decrypt", "kms:GenerateDataKey"):
        context["kms:encryptioncontext:aws:states:statemachinearn"] = piece.arn()
    return context


def name_what_is_asked_for() -> None:
    """Demands of whoever asks for all stacks, or for a simulation, the right that AWS demands, on what it is about."""
    handlers, actions = ministack("services.cloudformation.handlers"), ministack("core.iam_actions")
    evaluator, scope = ministack("core.iam_evaluator"), ministack("core.responses")
    describe, find = handlers._ACTION_HANDLERS["DescribeStacks"], actions.extract_resource_arn

    def all_stacks() -> str:
        return f"arn:aws:cloudformation:{scope.get_region()}:{scope.get_account_id()}:stack/*/*"

    def find_resource(service: str, *rest: Any) -> str:
        found: str = find(service, *rest)
        if service == "cloudformation" and found == "*":
            return all_stacks()
        if service == "iam" and found == "*":
            simulated = (rest[4] or {}).get("PolicySourceArn") or [found]
            return str(simulated[0])
        return found

    def describe_stacks(request: dict[str, Any]) -> Any:
        if not handlers._p(request, "StackName") and CALLER.get():
            denied = evaluator.enforce(
                CALLER.get(), "cloudformation:ListStacks", "cloudformation", scope.get_region(), all_stacks()
            )
            if denied is not None:
                text = f"User: {denied.principal_arn} is not authorized to perform: cloudformation:ListStacks"
                return handlers._error("AccessDenied", text, 403)
        return describe(request)

    actions.extract_resource_arn = find_resource
    handlers._ACTION_HANDLERS["DescribeStacks"] = describe_stacks


USERNAME = "${aws:username}"


def named_by(user: str, policy: list[Any]) -> list[Any]:
    """The statements of a policy with the caller's name in place of IAM's variable for it."""
    if not any(USERNAME in resource for statement in policy for resource in statement.resources):
        return policy
    return [
        dataclasses.replace(statement, resources=[name.replace(USERNAME, user) for name in statement.resources])
        for statement in policy
    ]


# What a simulated request brings with it, by key in lower case.
SIMULATED: contextvars.ContextVar[dict[str, Any]] = contextvars.ContextVar("simulated", default={})


def simulate_with_context() -> None:
    """Lets a simulation of policies see the context that it is given, and a policy name its user."""
    iam, evaluator = ministack("services.iam"), ministack("core.iam_evaluator")
    simulate, evaluate = iam._IAM_HANDLERS["SimulatePrincipalPolicy"], evaluator.evaluate

    def simulate_in_context(request: dict[str, Any]) -> Any:
        entries, token = {}, None
        for number in range(1, 50):
            entry = f"ContextEntries.member.{number}"
            if key := iam._p(request, f"{entry}.ContextKeyName"):
                entries[key.lower()] = iam._p(request, f"{entry}.ContextKeyValues.member.1")
        token = SIMULATED.set(entries)
        try:
            return simulate(request)
        finally:
            SIMULATED.reset(token)

    def evaluate_in_context(context: Any, *layers: Any) -> Any:
        context.service_context.update(SIMULATED.get())
        user = context.principal_arn.rsplit("/", 1)[-1]
        return evaluate(context, *([named_by(user, policy) for policy in layer] for layer in layers))

    iam._IAM_HANDLERS["SimulatePrincipalPolicy"] = simulate_in_context
    evaluator.evaluate = evaluate_in_context


# --- CloudFormation: what a change set says ------------------------------------------------------

# Without an entry here, ministack calls every change to the type a conditional replacement.
REPLACING_PROPERTIES: dict[str, tuple[str, ...]] = {
    "AWS::ApiGateway::Deployment": ("DeploymentCanarySettings", "RestApiId"),
    "AWS::ApiGateway::GatewayResponse": ("ResponseType", "RestApiId"),
    "AWS::ApiGateway::Method": ("HttpMethod", "ResourceId", "RestApiId"),
    "AWS::ApiGateway::Resource": ("ParentId", "PathPart", "RestApiId"),
    "AWS::ApiGateway::RestApi": (),
    "AWS::ApiGateway::Stage": ("RestApiId", "StageName"),
    "AWS::CloudFront::CachePolicy": (),
    "AWS::CloudFront::Distribution": (),
    "AWS::CloudFront::OriginAccessControl": (),
    "AWS::CloudFront::OriginRequestPolicy": (),
    "AWS::CloudFront::ResponseHeadersPolicy": (),
    "AWS::CloudWatch::Alarm": ("AlarmName",),
    "AWS::Events::Connection": ("Name",),
    "AWS::Events::Rule": ("Name",),
    "AWS::KMS::Alias": ("AliasName",),
    "AWS::KMS::Key": (),
    "AWS::Lambda::EventSourceMapping": ("EventSourceArn", "StartingPosition"),
    "AWS::Lambda::Permission": (
        "Action",
        "FunctionName",
        "Principal",
        "SourceAccount",
        "SourceArn",
    ),
    "AWS::Logs::LogGroup": ("LogGroupName",),
    "AWS::Route53::HostedZone": ("Name",),
    "AWS::Route53::RecordSet": ("HostedZoneId", "HostedZoneName", "Name"),
    "AWS::S3::Bucket": ("BucketName",),
    "AWS::S3::BucketPolicy": ("Bucket",),
    "AWS::SNS::Subscription": ("Endpoint", "Protocol", "TopicArn"),
    "AWS::SNS::TopicPolicy": (),
    "AWS::SQS::QueuePolicy": (),
    "AWS::Scheduler::Schedule": ("Name",),
    "AWS::SecretsManager::ResourcePolicy": ("SecretId",),
    "AWS::SecretsManager::Secret": ("Name",),
    "AWS::WAFv2::WebACLAssociation": ("ResourceArn", "WebACLArn"),
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


# --- CloudFormation: stacks and change sets that come and go --------------------------------------


def keep_stacks_as_aws() -> None:
    """Keeps one stack of a name at a time: who proposes beside others shares it, who comes later does not replace it."""
    handlers, state = ministack("services.cloudformation.handlers"), ministack("services.cloudformation")
    create = handlers._ACTION_HANDLERS["CreateChangeSet"]

    def create_change_set(request: dict[str, Any]) -> Any:
        name = handlers._p(request, "StackName")
        before = state._stacks.get(name)
        answer = create(request)
        status = (before or {}).get("StackStatus")
        if status == "REVIEW_IN_PROGRESS":
            answer = beside_other_proposals(before, answer)
        elif status == "DELETE_COMPLETE" and state._stacks.get(name) is not before:
            # By its id, which is its key from now on, AWS tells of it for three months.
            state._stacks[before["StackId"]] = before
        return answer

    handlers._ACTION_HANDLERS["CreateChangeSet"] = create_change_set


def know_repeated_requests() -> None:
    """Takes a request with the token of an earlier one for the same request."""
    handlers = ministack("services.cloudformation.handlers")._ACTION_HANDLERS
    for action, token in (("CreateChangeSet", "ClientToken"), ("ExecuteChangeSet", "ClientRequestToken")):
        handlers[action] = once_by_token(token, handlers[action])


def once_by_token(field: str, handle: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """Answers a repeated request as the first one was answered."""
    find = ministack("services.cloudformation.handlers")._p
    answers: dict[str, Any] = {}

    def handle_once(request: dict[str, Any]) -> Any:
        token = find(request, field)
        if token and token in answers:
            return answers[token]
        answer = handle(request)
        if token and answer[0] == 200:
            answers[token] = answer
        return answer

    return handle_once


def beside_other_proposals(stack: dict[str, Any], answer: Any) -> Any:
    """Puts a change set for a new stack to the stack that an earlier one has made."""
    state, name = ministack("services.cloudformation"), stack["StackName"]
    replaced, state._stacks[name] = state._stacks.get(name), stack
    status, headers, body = answer
    if status != 200 or replaced is None or replaced is stack:
        return answer
    for change_set in state._change_sets.values():
        if change_set["StackId"] == replaced["StackId"]:
            change_set["StackId"] = stack["StackId"]
    state._stack_events.pop(replaced["StackId"], None)
    old, new = (value if isinstance(body, str) else value.encode() for value in (replaced["StackId"], stack["StackId"]))
    return status, headers, body.replace(old, new)


def find_change_sets_by_stack_id() -> None:
    """Finds the change sets of a stack by its id too, and lists none of a stack that is not there; one on each page."""
    handlers, changes = ministack("services.cloudformation.handlers"), ministack("services.cloudformation.changesets")
    # AWS's pages hold a megabyte: a client has to ask for the next one whatever their size.
    changes._page = functools.partial(changes._page, page_size=1)
    for action in ("DescribeChangeSet", "ExecuteChangeSet", "ListChangeSets"):
        handlers._ACTION_HANDLERS[action] = by_stack_name(action, handlers._ACTION_HANDLERS[action])


def by_stack_name(action: str, handle: Callable[[dict[str, Any]], Any]) -> Callable[[dict[str, Any]], Any]:
    """Leads a request for a stack by its id to the stack's name."""
    handlers = ministack("services.cloudformation.handlers")

    def handle_by_name(request: dict[str, Any]) -> Any:
        name = handlers._p(request, "StackName")
        stack = handlers._resolve_stack(name) if name else None
        is_gone = not stack or (stack["StackStatus"] == "DELETE_COMPLETE" and name != stack["StackId"])
        if action == "ListChangeSets" and is_gone:
            return handlers._error("ValidationError", f"Stack [{name}] does not exist")
        return handle({**request, "StackName": stack["StackName"]} if stack else request)

    return handle_by_name


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
    answer_to_distributions_of_this_machine,
    lead_distributions_to_local_apis,
    complete_distributions,
    ask_function_before_api_calls_it,
    keep_policies_of_apis_as_aws,
    provide_associations_of_rules,
    demand_rights_to_poll,
    limit_roles_by_their_boundaries,
    demand_rights_to_log,
    log_how_functions_die,
    keep_logs_as_aws,
    page_log_events,
    demand_large_parts,
    count_attributes_of_messages,
    deliver_across_regions_as_aws,
    publish_alarms_as_aws,
    demand_rights_to_start_machines,
    keep_connections_as_aws,
    demand_rights_to_keep_connections,
    provide_connections,
    run_tasks_as_aws,
    demand_rights_to_call_services,
    wait_between_attempts_as_aws,
    limit_data_of_machines,
    limit_expressions,
    provide_http_tasks,
    treat_secrets_as_aws,
    provide_secret_policies,
    keep_settings_of_tables,
    keep_state_machines_as_aws,
    keep_schedules_as_aws,
    demand_code_of_functions,
    keep_buckets_that_hold_data,
    keep_topics_of_others_closed,
    read_templates_from_s3_of_the_region,
    demand_rights_of_callers,
    name_what_is_asked_for,
    simulate_with_context,
    tell_replacements_apart,
    correct_change_sets,
    keep_stacks_as_aws,
    know_repeated_requests,
    find_change_sets_by_stack_id,
    report_only_what_changes,
    guard.give_functions_secrets_of_their_own,
    guard.guard_runtime_api,
    # The last, so that it stands before all others.
    guard.guard_requests,
)

if __name__ == "__main__":
    main()
