"""Pieces of templates that several tests deploy."""

from __future__ import annotations

import io
import sys
import zipfile
from typing import Any

from testing.emulator import ACCOUNT

# A function that does what its event says.
BOOTSTRAP = f"""#!{sys.executable}
import json, os, time, urllib.request
api = "http://%s/2018-06-01/runtime/invocation/" % os.environ["AWS_LAMBDA_RUNTIME_API"]
while True:
    with urllib.request.urlopen(api + "next") as call:
        id, event = call.headers["Lambda-Runtime-Aws-Request-Id"], json.load(call)
    print("called", flush=True)
    if "say" in event:
        print(event["say"], flush=True)
    if event.get("do") == "die":
        os._exit(3)
    if event.get("do") == "sleep":
        time.sleep(60)
    shows = "show" in (event.get("body") or "")
    answer = json.dumps({{"statusCode": 200, "body": json.dumps(event) if shows else "done"}}).encode()
    urllib.request.urlopen(urllib.request.Request(api + id + "/response", answer, method="POST"))
"""


def archive(bootstrap: str = BOOTSTRAP) -> bytes:
    """A function's code."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("bootstrap", bootstrap)
    return buffer.getvalue()


def statement(action: Any, resource: Any, **more: Any) -> dict[str, Any]:
    """A policy document with one statement."""
    entry = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return {"Version": "2012-10-17", "Statement": [entry]}


def deny_without_tls(action: str, resource: Any) -> dict[str, Any]:
    """A policy document that demands TLS."""
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    return statement(action, resource, Effect="Deny", Principal="*", Condition=condition)


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    """A resource of a template."""
    return {"Type": f"AWS::{kind}", "Properties": properties}


def outputs(**values: Any) -> dict[str, Any]:
    """The outputs of a template."""
    return {name: {"Value": value} for name, value in values.items()}


def role(*grants: dict[str, Any], trusts: tuple[str, ...] = ("lambda", "scheduler", "states")) -> dict[str, Any]:
    """A role that may do what the policy documents say."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": {"Service": [f"{service}.amazonaws.com" for service in trusts]},
            "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": ACCOUNT}},
        }],
    }
    policies = [{"PolicyName": f"p{n}", "PolicyDocument": grant} for n, grant in enumerate(grants)]
    return resource("IAM::Role", AssumeRolePolicyDocument=trust, Policies=policies)


def function(**properties: Any) -> dict[str, Any]:
    """A function whose code is in the bucket `code`; its role is the resource `Role`."""
    return resource("Lambda::Function", **{
        "Runtime": "provided.al2023", "Handler": "bootstrap", "Timeout": 70,
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"S3Bucket": "code", "S3Key": "code.zip"}, **properties,
    })


LOGS = ["logs:CreateLogStream", "logs:PutLogEvents"]


def logging_function(group: str, *grants: dict[str, Any]) -> dict[str, Any]:
    """A function with its role and its log group, as the resources `Function`, `Role` and `Logs`."""
    return {
        "Logs": resource("Logs::LogGroup", LogGroupName=group), "Role": role(*grants),
        "Function": function(LoggingConfig={"LogGroup": {"Ref": "Logs"}}),
    }


def api(*path: str, method: str = "POST", stage: str = "v1", function: str = "Function") -> dict[str, Any]:
    """An API that calls a function at one path, by default the root; the function does not let it yet."""
    parent: Any = {"Fn::GetAtt": ["Api", "RootResourceId"]}
    made: dict[str, Any] = {"Api": resource("ApiGateway::RestApi", Name="api")}
    for n, part in enumerate(path):
        made[f"Path{n}"] = resource(
            "ApiGateway::Resource", RestApiId={"Ref": "Api"}, PathPart=part, ParentId=parent
        )
        parent = {"Ref": f"Path{n}"}
    uri = f"arn:aws:apigateway:${{AWS::Region}}:lambda:path/2015-03-31/functions/${{{function}.Arn}}/invocations"
    made["Method"] = resource(
        "ApiGateway::Method", RestApiId={"Ref": "Api"}, HttpMethod=method, AuthorizationType="NONE", ResourceId=parent,
        Integration={"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": {"Fn::Sub": uri}},
    )
    return {**made, **deployment(stage, after="Method")}


def deployment(stage: str, after: str) -> dict[str, Any]:
    """What makes the resource `Api` answer at a stage, once another resource is there."""
    return {
        "Deployment": {**resource("ApiGateway::Deployment", RestApiId={"Ref": "Api"}), "DependsOn": after},
        "Stage": resource(
            "ApiGateway::Stage", StageName=stage, RestApiId={"Ref": "Api"}, DeploymentId={"Ref": "Deployment"},
        ),
    }


def permission(function: str = "Function", calls: str = "*") -> dict[str, Any]:
    """What lets the resource `Api` call a function."""
    source = f"arn:aws:execute-api:${{AWS::Region}}:${{AWS::AccountId}}:${{Api}}/{calls}"
    return resource(
        "Lambda::Permission", FunctionName={"Ref": function}, Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com", SourceArn={"Fn::Sub": source},
    )


def table(**properties: Any) -> dict[str, Any]:
    """A table whose items have the key `id`."""
    return resource(
        "DynamoDB::Table", BillingMode="PAY_PER_REQUEST", **properties,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
