"""Shows that each gap between ministack and AWS is closed: `python -m unittest launcher_test`.

Runs with the Python that has `requirements.txt` installed; everything stays on 127.0.0.1.
"""

from __future__ import annotations

import copy
import http.client
import io
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request
import zipfile
from base64 import b64encode
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

HERE = Path(__file__).parent
REGION = "ap-northeast-1"
ACCOUNT = "000000000000"
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


def archive() -> bytes:
    """A function's code."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("bootstrap", BOOTSTRAP)
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


class Emulator:
    """A launcher of its own on a free port."""

    command = [str(HERE / "launcher.py")]
    output: Any = subprocess.DEVNULL

    def __init__(self) -> None:
        self.root = {"access_key_id": "LOCALROOT", "secret_access_key": secrets.token_hex(20)}
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.home = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            [sys.executable, *self.command], cwd=HERE, env=self.environment(),
            stdin=subprocess.PIPE, stdout=self.output, stderr=self.output,
        )
        with self.process.stdin as settings:
            settings.write(json.dumps(self.settings()).encode())
        wait_for(lambda: self.get("/_ministack/health")[0] == 200)

    def settings(self) -> dict[str, str]:
        """What the deployer gives to the launcher's standard input."""
        return self.root

    def environment(self) -> dict[str, str]:
        """What the deployer starts the launcher with."""
        return {
            "PATH": "/usr/bin:/bin", "HOME": self.home.name, "TMPDIR": self.home.name,
            "LANG": "C.UTF-8", "GATEWAY_PORT": str(self.port), "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1", "MINISTACK_REGION": REGION,
            "AWS_ENDPOINT_URL": self.url, "SFTP_ENABLED": "0", "IOT_MTLS_ENABLED": "0",
            "AUTH": "true", "PYTHONDONTWRITEBYTECODE": "1",
        }

    def stop(self) -> None:
        """Sends SIGTERM and waits."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=10)
        finally:
            self.process.kill()
            self.home.cleanup()

    def client(self, service: str, signature: str | None = None, region: str = REGION, **headers: str) -> Any:
        """A client of one service, as the root of the account."""
        client = botocore.session.Session().create_client(
            service, region, endpoint_url=self.url, aws_access_key_id=self.root["access_key_id"],
            aws_secret_access_key=self.root["secret_access_key"],
            config=Config(retries={"max_attempts": 0}, read_timeout=90, signature_version=signature),
        )
        client.meta.events.register("before-send", lambda request, **_: request.headers.update(headers))
        return client

    def get(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, bytes]:
        """Status and body of a request; status 0 if nobody answers."""
        request = urllib.request.Request(self.url + path, body, headers)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            return 0, b""


def wait_for(condition: Any, seconds: float = 120) -> None:
    """Waits until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.02)


class Emulated(unittest.TestCase):
    """Tests that share an emulator; each deploys stacks under its own name."""

    emulator: Emulator

    @classmethod
    def setUpClass(cls) -> None:
        cls.emulator = Emulator()
        cls.stacks, cls.s3 = cls.emulator.client("cloudformation"), cls.emulator.client("s3")
        cls.secrets, cls.functions = cls.emulator.client("secretsmanager"), cls.emulator.client("lambda")
        cls.s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": REGION})
        cls.s3.put_object(Bucket="code", Key="code.zip", Body=archive())

    @classmethod
    def tearDownClass(cls) -> None:
        cls.emulator.stop()

    def change_set(self, resources: dict[str, Any], outputs: Any, kind: str) -> dict[str, Any]:
        template = json.dumps({"Resources": resources, **({"Outputs": outputs} if outputs else {})})
        created = self.stacks.create_change_set(
            StackName=self.id().rsplit(".")[-1].replace("_", "-"), ChangeSetName=f"c{time.time_ns()}",
            ChangeSetType=kind, TemplateBody=template, Capabilities=["CAPABILITY_IAM"],
        )
        return self.stacks.describe_change_set(ChangeSetName=created["Id"])

    def deploy(self, resources: dict[str, Any], outputs: Any = None, kind: str = "CREATE") -> dict[str, Any]:
        change_set = self.change_set(resources, outputs, kind)
        self.assertEqual(change_set["Status"], "CREATE_COMPLETE")
        self.stacks.execute_change_set(ChangeSetName=change_set["ChangeSetId"])
        return self.settled(change_set["StackId"])

    def settled(self, stack: str) -> dict[str, Any]:
        read = lambda: self.stacks.describe_stacks(StackName=stack)["Stacks"][0]
        wait_for(lambda: not read()["StackStatus"].endswith("_IN_PROGRESS"))
        found = read()
        outputs = {entry["OutputKey"]: entry["OutputValue"] for entry in found.get("Outputs", [])}
        return {**found, "Outputs": outputs}

    def reasons(self, stack: dict[str, Any]) -> str:
        events = self.stacks.describe_stack_events(StackName=stack["StackId"])["StackEvents"]
        return " ".join(event.get("ResourceStatusReason", "") for event in events)

    def delete(self, stack: dict[str, Any]) -> None:
        self.stacks.delete_stack(StackName=stack["StackId"])
        self.assertEqual(self.settled(stack["StackId"])["StackStatus"], "DELETE_COMPLETE")


class Callers(Emulated):
    """CloudFormation may do what its caller may, and no more."""

    def signed_in(self, name: str, *policies: dict[str, Any], service: str = "cloudformation") -> Any:
        """A client, as a user with these policies beside those for stacks."""
        iam = self.emulator.client("iam")
        iam.create_user(UserName=name)
        for n, policy in enumerate((statement("cloudformation:*", "*"), *policies)):
            iam.put_user_policy(UserName=name, PolicyName=f"p{n}", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return botocore.session.Session().create_client(
            service, REGION, endpoint_url=self.emulator.url,
            aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"],
            config=Config(retries={"max_attempts": 0}),
        )

    def end_of(self, client: Any, resources: dict[str, Any]) -> dict[str, Any]:
        """What becomes of a stack that this client creates."""
        name = self.id().rsplit(".")[-1].replace("_", "-")
        created = client.create_stack(
            StackName=name, TemplateBody=json.dumps({"Resources": resources}), Capabilities=["CAPABILITY_IAM"]
        )
        return self.settled(created["StackId"])

    def test_right_that_is_missing(self) -> None:
        queue = {"Queue": resource("SQS::Queue")}
        all_but_tags = ["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"]
        client = self.signed_in("without-tags", statement(all_but_tags, "*"))
        stack = self.end_of(client, queue)
        self.assertEqual(stack["StackStatus"], "ROLLBACK_COMPLETE")
        self.assertIn("is not authorized to perform: sqs:ListQueueTags", self.reasons(stack))

    def test_rights_for_calls_of_cloudformation(self) -> None:
        via = {"ForAnyValue:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}}
        actions = [f"sqs:{action}" for action in (
            "CreateQueue", "DeleteQueue", "GetQueueAttributes", "GetQueueUrl", "ListQueueTags", "TagQueue",
        )]
        name = f"arn:aws:sqs:{REGION}:{ACCOUNT}:test-rights-for-calls-of-cloudformation-*"
        client = self.signed_in("via-stacks", statement(actions, name, Condition=via))
        stack = self.end_of(client, {"Queue": resource("SQS::Queue")})
        self.assertEqual(stack["StackStatus"], "CREATE_COMPLETE", self.reasons(stack))
        client.delete_stack(StackName=stack["StackId"])
        self.assertEqual(self.settled(stack["StackId"])["StackStatus"], "DELETE_COMPLETE")

    def test_role_for_another_service(self) -> None:
        made = ["iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:GetRole", "iam:GetRolePolicy",
                "iam:ListAttachedRolePolicies", "iam:ListRolePolicies", "iam:PutRolePolicy", "iam:TagRole",
                "iam:UntagRole"]
        functions = ["lambda:*", "s3:GetObject"]
        to_states = {"StringEquals": {"iam:PassedToService": "states.amazonaws.com"}}
        client = self.signed_in(
            "passes-to-states", statement(made, "*"), statement(functions, "*"),
            statement("iam:PassRole", "*", Condition=to_states),
        )
        stack = self.end_of(client, {"Role": role(), "Function": function()})
        self.assertEqual(stack["StackStatus"], "ROLLBACK_COMPLETE")
        self.assertIn("is not authorized to perform: iam:PassRole", self.reasons(stack))

    def test_all_stacks(self) -> None:
        client = self.signed_in("lists-none")
        iam = self.emulator.client("iam")
        client.describe_stacks()
        describes = statement("cloudformation:DescribeStacks", "*")
        iam.put_user_policy(UserName="lists-none", PolicyName="p0", PolicyDocument=json.dumps(describes))
        with self.assertRaisesRegex(ClientError, "cloudformation:ListStacks"):
            client.describe_stacks()

    def test_right_on_oneself(self) -> None:
        iam = self.emulator.client("iam")
        arn = f"arn:aws:iam::{ACCOUNT}:user/"
        own = statement("iam:SimulatePrincipalPolicy", arn + "${aws:username}")
        asks = self.signed_in("asks", own, service="iam")
        iam.create_user(UserName="other")
        asks.simulate_principal_policy(PolicySourceArn=f"{arn}asks", ActionNames=["sqs:CreateQueue"])
        with self.assertRaisesRegex(ClientError, "AccessDenied"):
            asks.simulate_principal_policy(PolicySourceArn=f"{arn}other", ActionNames=["sqs:CreateQueue"])

    def test_simulation(self) -> None:
        iam = self.emulator.client("iam")
        via = {"ForAnyValue:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}}
        user = iam.create_user(UserName="simulated")["User"]["Arn"]
        policy = json.dumps(statement("sqs:CreateQueue", "*", Condition=via))
        iam.put_user_policy(UserName="simulated", PolicyName="p", PolicyDocument=policy)
        entry = {"ContextKeyName": "aws:CalledVia", "ContextKeyType": "stringList"}
        for service, decision in ("cloudformation", "allowed"), ("athena", "implicitDeny"):
            context = [{**entry, "ContextKeyValues": [f"{service}.amazonaws.com"]}]
            answer = iam.simulate_principal_policy(
                PolicySourceArn=user, ActionNames=["sqs:CreateQueue"], ContextEntries=context
            )
            self.assertEqual(answer["EvaluationResults"][0]["EvalDecision"], decision)


class Gaps(Emulated):
    """One test for each gap in what functions, queues, secrets, buckets and change sets do."""

    def test_secret(self) -> None:
        wish = {"PasswordLength": 40, "ExcludePunctuation": True}
        policy = resource(
            "SecretsManager::ResourcePolicy", SecretId={"Ref": "Empty"},
            ResourcePolicy=deny_without_tls("secretsmanager:GetSecretValue", "*"),
        )
        stack = self.deploy(
            {
                "Empty": resource("SecretsManager::Secret"), "Policy": policy,
                "Made": resource("SecretsManager::Secret", GenerateSecretString=wish),
            },
            {"Empty": {"Value": {"Ref": "Empty"}}, "Made": {"Value": {"Ref": "Made"}}},
        )["Outputs"]
        self.assertTrue(stack["Empty"].startswith(f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:"))
        with self.assertRaisesRegex(ClientError, "secret value for staging label: AWSCURRENT"):
            self.secrets.get_secret_value(SecretId=stack["Empty"])
        self.assertRegex(
            self.secrets.get_secret_value(SecretId=stack["Made"])["SecretString"], r"^[A-Za-z0-9]{40}$"
        )
        self.assertIn("ResourcePolicy", self.secrets.get_resource_policy(SecretId=stack["Empty"]))

    def test_tls_policy(self) -> None:
        queue = self.deploy(
            {
                "Queue": resource("SQS::Queue"),
                "Policy": resource(
                    "SQS::QueuePolicy", Queues=[{"Ref": "Queue"}],
                    PolicyDocument=deny_without_tls("sqs:*", {"Fn::GetAtt": ["Queue", "Arn"]}),
                ),
            },
            {"Url": {"Value": {"Ref": "Queue"}}},
        )["Outputs"]["Url"]
        self.emulator.client("sqs").send_message(QueueUrl=queue, MessageBody="over the loopback")
        plain = self.emulator.client("sqs", **{"X-Forwarded-Proto": "http"})
        with self.assertRaisesRegex(ClientError, "AccessDenied"):
            plain.send_message(QueueUrl=queue, MessageBody="over plain http")

    def test_api(self) -> None:
        uri = "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function.Arn}/invocations"
        api = {
            "Role": role(), "Function": function(), "Api": resource("ApiGateway::RestApi", Name="api"),
            "Method": resource(
                "ApiGateway::Method", RestApiId={"Ref": "Api"}, HttpMethod="POST", AuthorizationType="NONE",
                ResourceId={"Fn::GetAtt": ["Api", "RootResourceId"]},
                Integration={"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": {"Fn::Sub": uri}},
            ),
            "Deployment": {
                **resource("ApiGateway::Deployment", RestApiId={"Ref": "Api"}), "DependsOn": "Method",
            },
            "Stage": resource(
                "ApiGateway::Stage", StageName="s",
                RestApiId={"Ref": "Api"}, DeploymentId={"Ref": "Deployment"},
            ),
        }
        host = {"Host": {"Value": {"Fn::Sub": "${Api}.execute-api.${AWS::Region}.amazonaws.com"}}}
        headers = {"Host": self.deploy(api, host)["Outputs"]["Host"]}
        self.assertEqual(self.emulator.get("/s/", b"{}", **headers)[0], 500)
        source = "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/POST/"
        api["Permission"] = resource(
            "Lambda::Permission", FunctionName={"Ref": "Function"}, Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com", SourceArn={"Fn::Sub": source},
        )
        self.deploy(api, host, "UPDATE")
        self.assertEqual(self.emulator.get("/s/", b"{}", **headers), (200, b"done"))

    def test_policy_of_an_api(self) -> None:
        def policy(senders: int) -> dict[str, Any]:
            ranges = {"aws:SourceIp": [f"192.0.{n // 256}.{n % 256}/32" for n in range(senders)]}
            denial = {**statement("execute-api:Invoke", ["execute-api:/*"], Principal="*")["Statement"][0]}
            denial.update(Effect="Deny", Condition={"NotIpAddress": ranges})
            whole = statement("execute-api:Invoke", ["execute-api:/*"], Principal="*")
            return {**whole, "Statement": [*whole["Statement"], denial]}

        api = lambda **properties: {"Api": resource("ApiGateway::RestApi", Name="policed", **properties)}
        outputs = {"Id": {"Value": {"Ref": "Api"}}}
        identifier = self.deploy(api(Policy=policy(300)), outputs)["Outputs"]["Id"]
        read = lambda: self.emulator.client("apigateway").get_rest_api(restApiId=identifier)["policy"]
        self.assertIn("NotIpAddress", read())
        self.deploy(api(Description="without a policy"), outputs, "UPDATE")
        self.assertIn("NotIpAddress", read(), "CloudFormation leaves the policy as it was")
        self.deploy(api(Policy=policy(0)), outputs, "UPDATE")
        self.assertNotIn("192.0.0.1/32", read())
        stack = self.deploy(api(Policy=policy(600)), outputs, "UPDATE")
        self.assertEqual(stack["StackStatus"], "UPDATE_ROLLBACK_COMPLETE")
        self.assertRegex(self.reasons(stack), r"\d+ characters exceed the limit of 8192")

    def test_rules_in_front_of_an_api(self) -> None:
        seen = {"CloudWatchMetricsEnabled": False, "SampledRequestsEnabled": False, "MetricName": "all"}
        rules = resource(
            "WAFv2::WebACL", Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=seen,
        )
        arn = "arn:aws:apigateway:${AWS::Region}::/restapis/${Api}/stages/s"
        association = resource(
            "WAFv2::WebACLAssociation", ResourceArn={"Fn::Sub": arn},
            WebACLArn={"Fn::GetAtt": ["Rules", "Arn"]},
        )
        ruled = {
            "Rules": rules, "Api": resource("ApiGateway::RestApi", Name="ruled"), "Association": association,
            "Deployment": resource("ApiGateway::Deployment", RestApiId={"Ref": "Api"}),
        }
        stack = self.deploy(ruled)
        self.assertEqual(stack["StackStatus"], "ROLLBACK_COMPLETE", "there is no stage")
        self.stacks.delete_stack(StackName=stack["StackId"])
        self.settled(stack["StackId"])
        ruled["Stage"] = resource(
            "ApiGateway::Stage", StageName="s", RestApiId={"Ref": "Api"}, DeploymentId={"Ref": "Deployment"},
        )
        ruled["Association"]["DependsOn"] = "Stage"
        outputs = {"Arn": {"Value": {"Fn::Sub": arn}}}
        stack = self.deploy(ruled, outputs)
        find = lambda: self.emulator.client("wafv2").get_web_acl_for_resource(
            ResourceArn=stack["Outputs"]["Arn"]
        )
        self.assertIn("WebACL", find())
        self.delete(stack)
        with self.assertRaises(ClientError):
            find()

    def test_boundary_of_a_role(self) -> None:
        logs = {"Fn::GetAtt": ["Logs", "Arn"]}
        may = statement(["logs:CreateLogStream", "logs:PutLogEvents"], logs)
        boundary = lambda action: resource("IAM::ManagedPolicy", PolicyDocument=statement(action, "*"))
        limited = {
            "Logs": resource("Logs::LogGroup", LogGroupName="log-of-limited"),
            "Boundary": boundary("s3:*"), "Role": role(may),
            "Function": function(LoggingConfig={"LogGroup": {"Ref": "Logs"}}),
        }
        limited["Role"]["Properties"]["PermissionsBoundary"] = {"Ref": "Boundary"}
        names = {"Name": {"Value": {"Ref": "Function"}}, "Role": {"Value": {"Ref": "Role"}}}
        outputs = self.deploy(limited, names)["Outputs"]

        def lines() -> list[dict[str, Any]]:
            self.functions.invoke(FunctionName=outputs["Name"], Payload=b"{}")
            events = self.emulator.client("logs").filter_log_events(logGroupName="log-of-limited")["events"]
            return list(events)

        self.assertEqual(lines(), [], "a right outside of the boundary is none")
        found = self.emulator.client("iam").get_role(RoleName=outputs["Role"])["Role"]
        self.assertIn(":policy/", found["PermissionsBoundary"]["PermissionsBoundaryArn"])
        limited["Boundary"] = boundary("logs:*")
        self.deploy(limited, names, "UPDATE")
        self.assertNotEqual(lines(), [])
        unknown = f"arn:aws:iam::{ACCOUNT}:policy/nowhere"
        limited["Role"]["Properties"]["PermissionsBoundary"] = unknown
        stack = self.deploy(limited, names, "UPDATE")
        self.assertEqual(stack["StackStatus"], "UPDATE_ROLLBACK_COMPLETE")
        self.assertIn(f"Scope ARN: {unknown} does not exist", self.reasons(stack))

    def test_topic_of_another_region(self) -> None:
        queues = self.emulator.client("sqs")
        for region, principal in (
            ("us-east-1", "sns.amazonaws.com"), ("ap-east-1", "sns.ap-east-1.amazonaws.com"),
        ):
            topics = self.emulator.client("sns", region=region)
            topic = topics.create_topic(Name="elsewhere")["TopicArn"]
            send = lambda service: resource(
                "SQS::QueuePolicy", Queues=[{"Ref": "Queue"}], PolicyDocument=statement(
                    "sqs:SendMessage", {"Fn::GetAtt": ["Queue", "Arn"]}, Principal={"Service": service},
                    Condition={"ArnEquals": {"aws:SourceArn": topic}},
                ),
            )
            subscribed = {
                "Queue": resource("SQS::Queue"), "Policy": send("sns.eu-south-1.amazonaws.com"),
                "Subscription": resource(
                    "SNS::Subscription", TopicArn=topic, Protocol="sqs", Region=region,
                    Endpoint={"Fn::GetAtt": ["Queue", "Arn"]},
                ),
            }
            url = {"Url": {"Value": {"Ref": "Queue"}}}
            outputs = self.deploy(subscribed, url)["Outputs"]

            def received() -> int:
                topics.publish(TopicArn=topic, Message="told")
                got = queues.receive_message(QueueUrl=outputs["Url"], WaitTimeSeconds=1)
                return len(got.get("Messages", []))

            self.assertEqual(received(), 0, "another name of SNS is not let in")
            self.deploy({**subscribed, "Policy": send(principal)}, url, "UPDATE")
            self.assertEqual(received(), 1, region)
            self.delete(self.settled(self.id().rsplit(".")[-1].replace("_", "-")))
            self.assertEqual(topics.list_subscriptions()["Subscriptions"], [])

    def test_notifications_of_a_bucket(self) -> None:
        service = {"Service": "s3.amazonaws.com"}
        of_account = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
        policy = lambda **more: resource(
            "SNS::TopicPolicy", Topics=[{"Ref": "Topic"}],
            PolicyDocument=statement("sns:Publish", {"Ref": "Topic"}, **more),
        )
        told = {"Topic": resource("SNS::Topic"), "Policy": policy(Principal={"Service": "events.amazonaws.com"})}
        output = {"Topic": {"Value": {"Ref": "Topic"}}}
        topic = self.deploy(told, output)["Outputs"]["Topic"]
        wish = {"TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]}
        put = lambda: self.s3.put_bucket_notification_configuration(
            Bucket="code", NotificationConfiguration=wish
        )
        with self.assertRaisesRegex(ClientError, "Unable to validate the following destination configurations"):
            put()
        told["Policy"] = policy(Principal=service, Condition=of_account)
        self.deploy(told, output, "UPDATE")
        put()

    def test_missing_code(self) -> None:
        broken = {"Role": role(), "Function": function(Code={"S3Bucket": "code", "S3Key": "gone.zip"})}
        stack = self.deploy(broken)
        self.assertEqual(stack["StackStatus"], "ROLLBACK_COMPLETE")
        self.assertIn("NoSuchKey", self.reasons(stack))
        with self.assertRaisesRegex(ClientError, "is in ROLLBACK_COMPLETE state and can not be updated"):
            self.deploy(broken, kind="UPDATE")

    def test_variables(self) -> None:
        for kind, size, status in ("CREATE", 4000, "CREATE_COMPLETE"), ("UPDATE", 4100, "UPDATE_ROLLBACK_COMPLETE"):
            large = function(Environment={"Variables": {"TEXT": "x" * size}})
            stack = self.deploy({"Role": role(), "Function": large}, kind=kind)
            self.assertEqual(stack["StackStatus"], status)
        self.assertIn("exceeded the 4KB limit", self.reasons(stack))

    def test_rights_to_poll(self) -> None:
        queue = {"Fn::GetAtt": ["Queue", "Arn"]}
        stack = self.deploy({
            "Queue": resource("SQS::Queue"), "Function": function(),
            "Role": role(statement(["sqs:ReceiveMessage", "sqs:GetQueueAttributes"], queue)),
            "Mapping": resource(
                "Lambda::EventSourceMapping", EventSourceArn=queue, FunctionName={"Ref": "Function"}
            ),
        })
        self.assertEqual(stack["StackStatus"], "ROLLBACK_COMPLETE")
        self.assertIn("does not have permissions to call DeleteMessage on SQS", self.reasons(stack))

    def test_log(self) -> None:
        group = resource("Logs::LogGroup", LogGroupName="log-of-test")
        logging_to_it = function(LoggingConfig={"LogGroup": {"Ref": "Logs"}})
        silent = {"Logs": group, "Role": role(), "Function": logging_to_it}
        name = {"Name": {"Value": {"Ref": "Function"}}}
        target = self.deploy(silent, name)["Outputs"]["Name"]
        self.functions.invoke(FunctionName=target, Payload=b"{}")
        logs = self.emulator.client("logs")
        self.assertEqual(logs.filter_log_events(logGroupName="log-of-test")["events"], [])
        actions, arn = ["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": ["Logs", "Arn"]}
        self.deploy({**silent, "Role": role(statement(actions, arn))}, name, "UPDATE")
        self.functions.invoke(FunctionName=target, Payload=b'{"do": "die"}')
        lines = [event["message"] for event in logs.filter_log_events(logGroupName="log-of-test")["events"]]
        self.assertIn("called", lines)
        self.assertTrue(any("Runtime.ExitError" in line for line in lines), lines)

    def test_pages_of_log_events(self) -> None:
        logs = self.emulator.client("logs")
        logs.create_log_group(logGroupName="paged")
        written = []
        now = time.time_ns() // 1_000_000
        for stream in ("a", "b"):
            logs.create_log_stream(logGroupName="paged", logStreamName=stream)
            # Many share a millisecond, and pages end within it.
            events = [{"timestamp": now + n // 7, "message": f"{stream}{n}"} for n in range(6_000)]
            logs.put_log_events(logGroupName="paged", logStreamName=stream, logEvents=events)
            written += [event["message"] for event in events]
        pages = logs.get_paginator("filter_log_events")
        for limit in ({}, {"limit": 1_111}, {"limit": 10_000}):
            read = [event for page in pages.paginate(logGroupName="paged", **limit) for event in page["events"]]
            self.assertEqual(sorted(event["message"] for event in read), sorted(written))
            times = [event["timestamp"] for event in read]
            self.assertEqual(times, sorted(times))
        self.assertNotIn("nextToken", logs.filter_log_events(logGroupName="paged", startTime=now + 850))

    def test_lines_of_a_log(self) -> None:
        group = resource("Logs::LogGroup", LogGroupName="lines")
        rights = statement(["logs:CreateLogStream", "logs:PutLogEvents"], "*")
        target = self.deploy(
            {"Logs": group, "Role": role(rights), "Function": function(LoggingConfig={"LogGroup": {"Ref": "Logs"}})},
            {"Name": {"Value": {"Ref": "Function"}}},
        )["Outputs"]["Name"]
        text = "a\u2028b\u2029c\u0085d\x0be"
        self.functions.invoke(FunctionName=target, Payload=json.dumps({"say": text}).encode())
        logs = self.emulator.client("logs")
        lines = [event["message"] for event in logs.filter_log_events(logGroupName="lines")["events"]]
        self.assertIn(text, lines)

    def test_bucket_with_data(self) -> None:
        bucket = self.deploy({"Bucket": resource("S3::Bucket")}, {"Name": {"Value": {"Ref": "Bucket"}}})
        name = bucket["Outputs"]["Name"]
        self.s3.put_object(Bucket=name, Key="kept", Body=b"data")
        self.stacks.delete_stack(StackName=bucket["StackId"])
        self.assertEqual(self.settled(bucket["StackId"])["StackStatus"], "DELETE_FAILED")
        self.s3.delete_object(Bucket=name, Key="kept")
        self.stacks.delete_stack(StackName=bucket["StackId"])
        self.assertEqual(self.settled(bucket["StackId"])["StackStatus"], "DELETE_COMPLETE")

    def test_table_settings(self) -> None:
        def table(**more: Any) -> dict[str, Any]:
            return {"Table": resource(
                "DynamoDB::Table", BillingMode="PAY_PER_REQUEST", **more,
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            )}

        def shown(stack: dict[str, Any]) -> tuple[Any, Any]:
            name = {"TableName": stack["Outputs"]["Name"]}
            backups = tables.describe_continuous_backups(**name)["ContinuousBackupsDescription"]
            recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
            return tables.describe_time_to_live(**name)["TimeToLiveDescription"], recovery

        tables, name = self.emulator.client("dynamodb"), {"Name": {"Value": {"Ref": "Table"}}}
        expiring = {"TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True}}
        kept = {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}
        stack = self.deploy(table(**expiring, **kept), name)
        on = {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
        self.assertEqual(shown(stack), (on, "ENABLED"))
        other = {"TimeToLiveSpecification": {"AttributeName": "other", "Enabled": True}}
        stack = self.deploy(table(**other, **kept), name, "UPDATE")
        self.assertEqual(stack["StackStatus"], "UPDATE_ROLLBACK_COMPLETE")
        self.assertIn("TimeToLive is active on a different AttributeName", self.reasons(stack))
        self.assertEqual(shown(stack), (on, "ENABLED"))
        stack = self.deploy(table(), name, "UPDATE")
        self.assertEqual(shown(stack), ({"TimeToLiveStatus": "DISABLED"}, "DISABLED"))
        self.delete(stack)

    def test_table_that_an_earlier_stack_left(self) -> None:
        table = {
            **resource(
                "DynamoDB::Table", BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            ),
            "DeletionPolicy": "RetainExceptOnCreate",
        }
        tables, name = self.emulator.client("dynamodb"), {"Name": {"Value": {"Ref": "Table"}}}
        old = self.deploy({"Table": table}, name)
        kept = old["Outputs"]["Name"]
        tables.put_item(TableName=kept, Item={"id": {"S": "kept"}})
        self.delete(old)
        new = self.deploy({"Table": table}, name)
        self.assertNotEqual(new["Outputs"]["Name"], kept)
        self.assertEqual(tables.scan(TableName=kept)["Count"], 1)
        table["Properties"]["Tags"] = [{"Key": "changed", "Value": "true"}]
        updated = self.deploy({"Table": table}, name, "UPDATE")
        self.assertEqual(updated["Outputs"]["Name"], new["Outputs"]["Name"])
        self.delete(updated)
        for left in (kept, new["Outputs"]["Name"]):
            tables.delete_table(TableName=left)

    def test_alarm(self) -> None:
        service = lambda name: {"Service": f"{name}.amazonaws.com"}
        of_alarms = {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:depth"}}
        publish = statement("sns:Publish", {"Ref": "Topic"}, Principal=service("cloudwatch"), Condition=of_alarms)
        send = statement("sqs:SendMessage", {"Fn::GetAtt": ["Queue", "Arn"]}, Principal=service("sns"))
        alarmed = {
            "Topic": resource("SNS::Topic"), "Queue": resource("SQS::Queue"),
            "TopicPolicy": resource("SNS::TopicPolicy", Topics=[{"Ref": "Topic"}], PolicyDocument=publish),
            "QueuePolicy": resource("SQS::QueuePolicy", Queues=[{"Ref": "Queue"}], PolicyDocument=send),
            "Subscription": resource(
                "SNS::Subscription", TopicArn={"Ref": "Topic"}, Protocol="sqs",
                Endpoint={"Fn::GetAtt": ["Queue", "Arn"]},
            ),
            "Alarm": resource(
                "CloudWatch::Alarm", AlarmName="depth", MetricName="Depth", Namespace="AWS/SQS", Period=60,
                Statistic="SampleCount", EvaluationPeriods=1, Threshold=0, TreatMissingData="notBreaching",
                ComparisonOperator="GreaterThanThreshold", AlarmActions=[{"Ref": "Topic"}],
                Dimensions=[{"Name": "QueueName", "Value": "watched"}],
            ),
        }
        urls = {"Queue": {"Value": {"Ref": "Queue"}}, "Topic": {"Value": {"Ref": "Topic"}}}
        outputs = self.deploy(alarmed, urls)["Outputs"]
        alarms, queues = self.emulator.client("cloudwatch"), self.emulator.client("sqs")

        def told() -> list[dict[str, Any]]:
            for state in "OK", "ALARM":
                alarms.set_alarm_state(AlarmName="depth", StateValue=state, StateReason="tested")
            got = queues.receive_message(QueueUrl=outputs["Queue"], WaitTimeSeconds=1).get("Messages", [])
            return [json.loads(message["Body"]) for message in got]

        (envelope,) = told()
        self.assertEqual(envelope["Subject"], 'ALARM: "depth" in Asia Pacific (Tokyo)')
        message = json.loads(envelope["Message"])
        self.assertRegex(message.pop("StateChangeTime"), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000$")
        del message["AlarmConfigurationUpdatedTimestamp"]
        self.assertEqual(message, {
            "AlarmName": "depth", "AlarmDescription": None, "AWSAccountId": ACCOUNT, "NewStateValue": "ALARM",
            "NewStateReason": "tested", "OldStateValue": "OK", "Region": "Asia Pacific (Tokyo)",
            "AlarmArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:depth",
            "OKActions": [], "AlarmActions": [outputs["Topic"]], "InsufficientDataActions": [],
            "Trigger": {
                "MetricName": "Depth", "Namespace": "AWS/SQS", "StatisticType": "Statistic",
                "Statistic": "SAMPLE_COUNT", "Unit": None, "Period": 60, "EvaluationPeriods": 1,
                "Dimensions": [{"value": "watched", "name": "QueueName"}], "Threshold": 0.0,
                "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching",
                "EvaluateLowSampleCountPercentile": "",
            },
        })
        publish["Statement"][0]["Principal"] = service("events")
        self.deploy(alarmed, urls, "UPDATE")
        self.assertEqual(told(), [], "the policy of the topic counts")
        del alarmed["TopicPolicy"]
        stack = self.deploy(alarmed, urls, "UPDATE")
        self.assertEqual(len(told()), 1)
        self.delete(stack)

    def test_small_parts(self) -> None:
        upload = {"Bucket": "code", "Key": "large"}
        upload["UploadId"] = self.s3.create_multipart_upload(**upload)["UploadId"]
        parts = [
            {"PartNumber": n, "ETag": self.s3.upload_part(**upload, PartNumber=n, Body=b"small")["ETag"]}
            for n in (1, 2)
        ]
        with self.assertRaisesRegex(ClientError, "EntityTooSmall"):
            self.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
        self.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts[:1]})

    def test_size_of_messages(self) -> None:
        queues = self.emulator.client("sqs")
        url = queues.create_queue(QueueName="sizes")["QueueUrl"]
        reason = {"Reason": {"DataType": "String", "StringValue": "x" * 94}}
        size = 1024 * 1024
        for body, attributes, is_taken in (
            ("x" * size, {}, True), ("x" * (size + 1), {}, False),
            ("あ" * (size // 3), {}, True), ("あ" * (size // 3 + 1), {}, False),
            # The name, the type and the value.
            ("x" * (size - 106), reason, True), ("x" * (size - 105), reason, False),
        ):
            message = {"QueueUrl": url, "MessageBody": body, "MessageAttributes": attributes}
            if is_taken:
                queues.send_message(**message)
            else:
                with self.assertRaisesRegex(ClientError, "1048576 bytes"):
                    queues.send_message(**message)

    def test_writes_with_preconditions(self) -> None:
        # No gap: the handlers rely on it that the emulator does here as S3 does.
        name, digest = {"Bucket": "code", "Key": "bound"}, lambda text: b64encode(sha256(text).digest()).decode()
        put = lambda text, **more: self.s3.put_object(
            **name, Body=text, ChecksumSHA256=digest(text), Metadata={"number": "7"}, **more
        )["ETag"]
        head = lambda: self.s3.head_object(**name, ChecksumMode="ENABLED")
        with self.assertRaisesRegex(ClientError, "404"):
            head()
        with self.assertRaisesRegex(ClientError, "NoSuchKey"):
            put(b"a", IfMatch='"00"')
        tag = put(b"a", IfNoneMatch="*")
        for wrong in ({"IfNoneMatch": "*"}, {"IfMatch": '"00"'}):
            with self.assertRaisesRegex(ClientError, "PreconditionFailed"):
                put(b"b", **wrong)
        put(b"b", IfMatch=tag)
        found = head()
        self.assertEqual((found["ChecksumSHA256"], found["Metadata"]), (digest(b"b"), {"number": "7"}))
        parts = [bytes(5 * 1024 * 1024), b"rest"]
        upload = {**name, "UploadId": self.s3.create_multipart_upload(
            **name, ChecksumAlgorithm="SHA256", Metadata={"number": "8"}
        )["UploadId"]}
        sent = [
            {"PartNumber": n, "ChecksumSHA256": digest(part), "ETag": self.s3.upload_part(
                **upload, PartNumber=n, Body=part, ChecksumSHA256=digest(part)
            )["ETag"]}
            for n, part in enumerate(parts, 1)
        ]
        complete = lambda **more: self.s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": sent}, **more)
        for wrong in ({"IfNoneMatch": "*"}, {"IfMatch": tag}):
            with self.assertRaisesRegex(ClientError, "PreconditionFailed"):
                complete(**wrong)
        complete(IfMatch=found["ETag"])
        composite = digest(b"".join(sha256(part).digest() for part in parts))
        self.assertEqual((head()["ChecksumSHA256"], head()["Metadata"]), (f"{composite}-2", {"number": "8"}))

    def test_change_sets(self) -> None:
        queue, output = {"Queue": resource("SQS::Queue")}, {"Old": {"Value": "1"}}
        self.deploy(queue, output)
        self.assertEqual(self.change_set(queue, output, "UPDATE")["Status"], "FAILED")
        self.assertEqual(self.deploy(queue, {"New": {"Value": "2"}}, "UPDATE")["Outputs"], {"New": "2"})
        stack = self.deploy({**queue, "Added": resource("SQS::Queue")}, kind="UPDATE")
        events = self.stacks.describe_stack_events(StackName=stack["StackId"])["StackEvents"]
        touched = {(event["LogicalResourceId"], event["ResourceStatus"]) for event in events}
        self.assertIn(("Added", "CREATE_COMPLETE"), touched)
        self.assertNotIn(("Queue", "UPDATE_COMPLETE"), touched)

    def propose(self, name: str, stack: str, **more: Any) -> dict[str, Any]:
        template = json.dumps({"Resources": {"Queue": resource("SQS::Queue")}})
        return self.stacks.create_change_set(
            StackName=stack, ChangeSetName=name, ChangeSetType="CREATE", TemplateBody=template, **more,
        )

    def test_proposals_of_two(self) -> None:
        one, other = (self.propose(name, "two-proposals") for name in ("one", "other"))
        self.assertEqual(one["StackId"], other["StackId"])
        listed = lambda stack: [
            entry["ChangeSetName"]
            for page in self.stacks.get_paginator("list_change_sets").paginate(StackName=stack)
            for entry in page["Summaries"]
        ]
        self.assertEqual((listed("two-proposals"), listed(one["StackId"])), (["one", "other"], ["one", "other"]))
        first = self.stacks.list_change_sets(StackName="two-proposals")
        self.assertEqual((len(first["Summaries"]), "NextToken" in first), (1, True))
        self.stacks.execute_change_set(StackName=one["StackId"], ChangeSetName="one")
        self.assertEqual(self.settled(one["StackId"])["StackStatus"], "CREATE_COMPLETE")
        # AWS drops the other one.
        self.assertEqual(listed("two-proposals"), ["one"])
        with self.assertRaisesRegex(ClientError, "does not exist"):
            self.stacks.list_change_sets(StackName="nobody-s")

    def test_repeated_requests(self) -> None:
        first = self.propose("same", "repeated", ClientToken="same")
        again = self.propose("same", "repeated", ClientToken="same")
        self.assertEqual((first["Id"], first["StackId"]), (again["Id"], again["StackId"]))
        with self.assertRaisesRegex(ClientError, "AlreadyExists"):
            self.propose("same", "repeated", ClientToken="another")
        execute = lambda **more: self.stacks.execute_change_set(ChangeSetName=first["Id"], **more)
        execute(ClientRequestToken="same"), execute(ClientRequestToken="same")
        with self.assertRaisesRegex(ClientError, "InvalidChangeSetStatus"):
            execute(ClientRequestToken="another")

    def test_stack_that_comes_back(self) -> None:
        queue = {"Queue": resource("SQS::Queue")}
        old = self.deploy(queue)
        self.delete(old)
        new = self.deploy(queue)
        self.assertNotEqual(old["StackId"], new["StackId"])
        read = lambda stack: self.stacks.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        self.assertEqual((read(old["StackId"]), read(new["StackName"])), ("DELETE_COMPLETE", "CREATE_COMPLETE"))
        events = self.stacks.describe_stack_events(StackName=old["StackId"])["StackEvents"]
        self.assertEqual({event["StackId"] for event in events}, {old["StackId"]})
        # To delete the old one once more has no effect.
        self.stacks.delete_stack(StackName=old["StackId"])
        self.assertEqual(read(new["StackName"]), "CREATE_COMPLETE")

    def test_buckets_of_two_regions(self) -> None:
        other = "eu-west-1"
        there = self.emulator.client("s3", region=other)
        there.create_bucket(Bucket="twin-there", CreateBucketConfiguration={"LocationConstraint": other})
        self.s3.create_bucket(Bucket="twin-here", CreateBucketConfiguration={"LocationConstraint": REGION})
        names = lambda **more: [entry["Name"] for entry in self.s3.list_buckets(Prefix="twin-", **more)["Buckets"]]
        self.assertEqual((names(), names(BucketRegion=REGION)), (["twin-here", "twin-there"], ["twin-here"]))
        seen: list[int] = []
        note = lambda parsed_response, **_: seen.append(parsed_response["ResponseMetadata"]["HTTPStatusCode"])
        here = self.emulator.client("s3")
        here.meta.events.register("response-received.s3.ListObjectVersions", note)
        # The SDK for Python goes on to the region that the redirect names; not every SDK does.
        here.list_object_versions(Bucket="twin-there")
        self.assertEqual(seen[0], 301)

    def test_replacements(self) -> None:
        self.deploy({"Kept": resource("Logs::LogGroup"), "Renamed": resource("Logs::LogGroup")})
        changes = self.change_set(
            {
                "Kept": resource("Logs::LogGroup", RetentionInDays=7),
                "Renamed": resource("Logs::LogGroup", LogGroupName="other"),
            },
            None, "UPDATE",
        )["Changes"]
        replaced = {change["ResourceChange"]["LogicalResourceId"]:
                    change["ResourceChange"]["Replacement"] for change in changes}
        self.assertEqual(replaced, {"Kept": "False", "Renamed": "True"})

    def test_topics_of_others(self) -> None:
        sns = self.emulator.client("sns")
        for account, code in ("444455556666", "AuthorizationError"), (ACCOUNT, "NotFound"):
            topic = f"arn:aws:sns:{REGION}:{account}:no-such-topic"
            with self.assertRaisesRegex(ClientError, code):
                sns.get_topic_attributes(TopicArn=topic)
            with self.assertRaisesRegex(ClientError, code):
                sns.publish(TopicArn=topic, Message="m")
        reason = "not authorized to perform: SNS:Subscribe"
        for n, (account, words) in enumerate((("444455556666", reason), (ACCOUNT, "Topic does not exist"))):
            template = {"Resources": {
                "Queue": resource("SQS::Queue"),
                "Subscription": resource(
                    "SNS::Subscription", Protocol="sqs", Endpoint={"Fn::GetAtt": ["Queue", "Arn"]},
                    TopicArn=f"arn:aws:sns:{REGION}:{account}:no-such-topic",
                ),
            }}
            made = self.stacks.create_stack(StackName=f"topics-of-others-{n}", TemplateBody=json.dumps(template))
            stack = self.settled(made["StackId"])
            self.assertEqual(stack["StackStatus"], "ROLLBACK_COMPLETE")
            self.assertIn(words, self.reasons(stack))

    def test_long_templates(self) -> None:
        def template(size: int) -> str:
            text = json.dumps({"Description": "d", "Resources": {"Queue": resource("SQS::Queue")}})
            return text + " " * (size - len(text))

        def validate(**where: str) -> Any:
            return self.stacks.validate_template(**where)

        def put(size: int) -> str:
            self.s3.put_object(Bucket="code", Key=f"{size}.json", Body=template(size))
            return f"{size}.json"

        validate(TemplateBody=template(51_200))
        with self.assertRaisesRegex(ClientError, "Member must have length less than or equal to 51200"):
            validate(TemplateBody=template(51_201))
        key = put(1_000_000)
        for host in f"s3.{REGION}.amazonaws.com/code", f"code.s3.{REGION}.amazonaws.com":
            validate(TemplateURL=f"https://{host}/{key}")
            with self.assertRaisesRegex(ClientError, "Template may not exceed 1000000 bytes in size"):
                validate(TemplateURL=f"https://{host}/{put(1_000_001)}")
        for address in f"https://example.com/code/{key}", f"https://s3.eu-west-1.amazonaws.com/code/{key}":
            with self.assertRaisesRegex(ClientError, "TemplateURL must be a supported URL"):
                validate(TemplateURL=address)

    def test_deleted_function(self) -> None:
        before = children(self.emulator.process.pid)
        name = {"Name": {"Value": {"Ref": "Function"}}}
        stack = self.deploy({"Role": role(), "Function": function()}, name)
        self.functions.invoke(FunctionName=stack["Outputs"]["Name"], Payload=b"{}")
        self.assertNotEqual(children(self.emulator.process.pid), before)
        self.stacks.delete_stack(StackName=stack["StackId"])
        wait_for(lambda: children(self.emulator.process.pid) == before)


class Endpoint(ThreadingHTTPServer):
    """A web service that keeps the requests and answers what its path says."""

    ANSWERS: dict[str, tuple[int, str, bytes]] = {
        "/json": (200, "application/json", b'{"said": [1, true]}'),
        "/text": (200, "text/plain; charset=utf-8", "1 \u00e9t\u00e9".encode()),
        "/binary": (200, "application/octet-stream", b"text"),
        "/large": (200, "application/json", b'"' + b"x" * 256 * 1024 + b'"'),
        "/part": (206, "application/json", b'{"said": [1, true]}'),
        "/refused": (401, "application/json", b'{"code": 16}'),
        "/proxy": (407, "text/plain", b""),
        "/moved": (302, "text/plain", b""),
        "/broken": (503, "text/plain", b"later"),
    }

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.requests: list[tuple[str, str, dict[str, str], str]] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Answering(BaseHTTPRequestHandler):
    """One request to the endpoint."""

    server: Endpoint

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.requests.append((self.command, self.path, headers, body))
        status, kind, text = self.server.ANSWERS[self.path.partition("?")[0]]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Location", "/json")
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = answer

    def log_message(self, *_: Any) -> None:
        """Keeps quiet."""


KEY = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "first"}}
CONNECTIONS = f"arn:aws:events:{REGION}:{ACCOUNT}:connection"


def machine(definition: dict[str, Any], **properties: Any) -> dict[str, Any]:
    """A state machine whose role is the resource `Role`."""
    return resource(
        "StepFunctions::StateMachine", RoleArn={"Fn::GetAtt": ["Role", "Arn"]}, Definition=definition,
        **properties,
    )


def task(service: str, **fields: Any) -> dict[str, Any]:
    """A machine of one task, which takes its arguments from the input."""
    state = {
        "Type": "Task", "Resource": f"arn:aws:states:::{service}", "Arguments": "{% $states.input %}",
        "End": True, **fields,
    }
    return {"QueryLanguage": "JSONata", "StartAt": "Do", "States": {"Do": state, "Caught": {"Type": "Succeed"}}}


class StateMachines(Emulated):
    """State machines, the web services that they call and the connections that they use."""

    SECRET = {"Fn::GetAtt": ["Connection", "SecretArn"]}

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.machines, cls.events = cls.emulator.client("stepfunctions"), cls.emulator.client("events")
        cls.endpoint = Endpoint()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.endpoint.shutdown()
        cls.endpoint.server_close()
        super().tearDownClass()

    def setUp(self) -> None:
        self.endpoint.requests.clear()

    def rights(self) -> list[dict[str, Any]]:
        """What the role of an HTTP task needs, one policy for each step."""
        condition = {
            "StringEquals": {"states:HTTPMethod": ["GET", "POST"]},
            "StringLike": {"states:HTTPEndpoint": "http://127.0.0.1*"},
        }
        arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:*"
        return [
            statement("states:InvokeHTTPEndpoint", arn, Condition=condition),
            statement("events:RetrieveConnectionCredentials", {"Fn::GetAtt": ["Connection", "Arn"]}),
            statement(["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"], self.SECRET),
        ]

    def rights_to_update(self) -> list[dict[str, Any]]:
        """What whoever updates the connection needs, one policy for each right."""
        secrets = {"Fn::Sub": (
            "arn:aws:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:events!connection/${Connection}/*"
        )}
        return [
            statement("events:UpdateConnection", {"Fn::GetAtt": ["Connection", "ArnForPolicy"]}),
            *(
                statement(f"secretsmanager:{action}", secrets) for action in (
                    "CreateSecret", "DeleteSecret", "GetSecretValue", "PutSecretValue", "UpdateSecret",
                )
            ),
        ]

    def system(
        self, definition: dict[str, Any], grants: list[dict[str, Any]], auth: Any = KEY, **more: Any
    ) -> dict[str, Any]:
        """A machine with a role and a connection; the outputs of its stack."""
        self.stack = self.deploy(
            {
                "Connection": resource(
                    "Events::Connection", Name=self.id().rsplit(".")[-1], AuthorizationType="API_KEY",
                    AuthParameters=auth,
                ),
                "Role": role(*grants), "Machine": machine(definition), **more,
            },
            {
                "Machine": {"Value": {"Ref": "Machine"}}, "Name": {"Value": {"Ref": "Connection"}},
                **{
                    name: {"Value": {"Fn::GetAtt": ["Connection", name]}}
                    for name in ("Arn", "ArnForPolicy", "SecretArn")
                },
            },
        )
        self.assertEqual(self.stack["StackStatus"], "CREATE_COMPLETE", self.reasons(self.stack))
        outputs: dict[str, Any] = self.stack["Outputs"]
        return outputs

    def run_machine(self, arn: str, **given: Any) -> tuple[Any, str]:
        """The output, or error and cause, of an execution."""
        run = self.machines.start_execution(stateMachineArn=arn, input=json.dumps(given))["executionArn"]
        read = lambda: self.machines.describe_execution(executionArn=run)
        wait_for(lambda: read()["status"] != "RUNNING")
        ended = read()
        if ended["status"] == "SUCCEEDED":
            return json.loads(ended["output"]), ""
        return ended["error"], ended.get("cause", "")

    def call(self, outputs: dict[str, Any], path: str, method: str = "GET", **given: Any) -> tuple[Any, str]:
        """What a machine of one HTTP task ends with."""
        return self.run_machine(outputs["Machine"], **{
            "ApiEndpoint": self.endpoint.url + path, "Method": method,
            "InvocationConfig": {"ConnectionArn": outputs["Arn"]}, **given,
        })

    def test_http_request(self) -> None:
        extra = {
            "HeaderParameters": [{"Key": "X-Both", "Value": "connection"}],
            "QueryStringParameters": [{"Key": "both", "Value": "connection"}],
            "BodyParameters": [{"Key": "both", "Value": "connection"}],
        }
        outputs = self.system(task("http:invoke"), self.rights(), {**KEY, "InvocationHttpParameters": extra})
        answer, _ = self.call(
            outputs, "/json?a=1", "POST", Headers={"X-Both": "task", "X-Own": "task"},
            QueryParameters={"both": "task", "own": ["1", "2"]}, RequestBody={"both": "task", "own": 1},
        )
        self.assertEqual(answer["ResponseBody"], {"said": [1, True]})
        self.assertEqual((answer["StatusCode"], answer["StatusText"]), (200, "OK"))
        self.assertEqual(answer["Headers"]["content-type"], ["application/json"])
        method, path, headers, body = self.endpoint.requests[0]
        self.assertEqual((method, path), ("POST", "/json?a=1&both=connection&own=1&own=2"))
        self.assertEqual(json.loads(body), {"both": "connection", "own": 1})
        self.assertEqual((headers["x-both"], headers["x-own"], headers["x-key"]), ("connection", "task", "first"))
        self.assertEqual(headers["user-agent"], f"Amazon|StepFunctions|HttpInvoke|{REGION}")
        self.assertEqual((headers["range"], headers["content-type"]), ("bytes=0-262144", "application/json; charset=UTF-8"))
        error, cause = self.call(outputs, "/json", "POST", RequestBody="text")
        self.assertEqual(error, "States.Runtime", cause)

    def test_http_forms(self) -> None:
        outputs = self.system(task("http:invoke"), self.rights())
        forms = {
            "INDICES": "id%5B0%5D=1&id%5B1%5D=a+b", "BRACKETS": "id%5B%5D=1&id%5B%5D=a+b",
            "REPEAT": "id=1&id=a+b", "COMMAS": "id=1%2Ca+b",
        }
        for array_format, text in forms.items():
            options = {"ArrayFormat": array_format}
            self.call(
                outputs, "/text", "POST", RequestBody={"id": [1, "a b"], "deep": {"yes": True}},
                Headers={"Content-Type": "application/x-www-form-urlencoded"},
                Transform={"RequestBodyEncoding": "URL_ENCODED", "RequestEncodingOptions": options},
            )
            _, _, headers, body = self.endpoint.requests.pop()
            self.assertEqual(body, f"{text}&deep%5Byes%5D=true")
            self.assertEqual(headers["content-type"], "application/x-www-form-urlencoded")

    def test_http_answers(self) -> None:
        outputs = self.system(task("http:invoke"), self.rights())
        older = {"InvocationConfig": None, "Authentication": {"ConnectionArn": outputs["Arn"]}}
        for name in {}, older:
            self.assertEqual(self.call(outputs, "/text", **name)[0]["ResponseBody"], "1 \u00e9t\u00e9")
        expected = {
            "/broken": "States.Http.StatusCode.503", "/moved": "States.Http.StatusCode.302",
            "/binary": "States.Runtime", "/large": "States.DataLimitExceeded",
        }
        self.assertEqual({path: self.call(outputs, path)[0] for path in expected}, expected)
        self.assertEqual(self.call(outputs, "/broken")[1], "", "AWS keeps nothing of the answer")
        self.assertEqual(self.call(outputs, "/part")[0]["StatusCode"], 206)
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            nobody = f"http://127.0.0.1:{unused.getsockname()[1]}/"
            self.assertEqual(self.call(outputs, "", ApiEndpoint=nobody)[0], "States.Http.Socket")

    def test_http_requests_that_aws_does_not_send(self) -> None:
        outputs = self.system(task("http:invoke"), self.rights())
        for wrong in (
            {"Headers": {"Authorization": "Basic"}}, {"Headers": {"X-Forwarded-For": "me"}},
            {"Headers": {"cache-control": "no-store"}}, {"Headers": {"x-amz-date": "now"}},
            {"ApiEndpoint": "http://example.com/"}, {"ApiEndpoint": "file:///etc/hosts"},
            {"Method": "BREW"}, {"InvocationConfig": {}},
        ):
            self.assertEqual(self.call(outputs, "/json", **wrong)[0], "States.Runtime", wrong)
        self.assertEqual(self.endpoint.requests, [])

    def test_http_rights(self) -> None:
        expected = (
            ("States.Http.AccessDenied", "is not authorized to perform states:InvokeHTTPEndpoint on API Endpoint"),
            ("Events.ConnectionResource.AccessDenied", "No permissions to call RetrieveConnectionCredentials"),
            ("Events.ConnectionResource.AccessDenied", "No permissions to call DescribeSecret and/or GetSecretValue"),
        )
        for missing, (name, text) in enumerate(expected):
            grants = [grant for n, grant in enumerate(self.rights()) if n != missing]
            outputs = self.system(task("http:invoke"), grants)
            error, cause = self.call(outputs, "/json")
            self.assertEqual(error, name, cause)
            self.assertIn(text, cause)
            self.delete(self.stack)
        outputs = self.system(task("http:invoke"), self.rights())
        error, cause = self.call(outputs, "/json", "DELETE")
        self.assertEqual(error, "States.Http.AccessDenied", "the condition on states:HTTPMethod counts")
        self.assertEqual(self.endpoint.requests, [])

    def test_catching(self) -> None:
        for field in (
            {"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]},
            {"Retry": [{"ErrorEquals": ["States.TaskFailed"], "MaxAttempts": 9}]},
        ):
            outputs = self.system(task("http:invoke", **field), self.rights())
            self.assertEqual(self.call(outputs, "/binary")[0], "States.Runtime")
            self.assertEqual(self.call(outputs, "/large")[0], "States.DataLimitExceeded")
            self.delete(self.stack)
        catch = [{"ErrorEquals": ["States.DataLimitExceeded"], "Next": "Caught"}]
        outputs = self.system(task("http:invoke", Catch=catch), self.rights())
        self.assertEqual(self.call(outputs, "/large")[0]["Error"], "States.DataLimitExceeded")

    def test_rights_to_call_services(self) -> None:
        secret = {"Secret": resource("SecretsManager::Secret", SecretString="hidden", Name="of-machine")}
        get = statement("secretsmanager:GetSecretValue", {"Ref": "Secret"})
        update = self.rights_to_update()
        describe = statement("events:DescribeConnection", {"Fn::GetAtt": ["Connection", "Arn"]})
        change = {
            "AuthorizationType": "API_KEY",
            "AuthParameters": {"ApiKeyAuthParameters": {"ApiKeyValue": "second"}},
        }
        name = {"Name": "test_rights_to_call_services"}
        for service, given, grants, error in (
            (
                "secretsmanager:getSecretValue", {"SecretId": "of-machine"}, [get],
                "SecretsManager.SecretsManagerException",
            ),
            ("eventbridge:updateConnection", {**name, **change}, update, "EventBridge.AccessDeniedException"),
            ("eventbridge:describeConnection", name, [describe], "EventBridge.AccessDeniedException"),
        ):
            for missing in range(len(grants)):
                rest = [grant for n, grant in enumerate(grants) if n != missing]
                outputs = self.system(task(f"aws-sdk:{service}"), rest, **secret)
                ended, cause = self.run_machine(outputs["Machine"], **given)
                self.assertEqual(ended, error, cause)
                self.assertIn(grants[missing]["Statement"][0]["Action"], cause)
                self.delete(self.stack)
            outputs = self.system(task(f"aws-sdk:{service}"), grants, **secret)
            ended, cause = self.run_machine(outputs["Machine"], **given)
            self.assertFalse(cause)
            self.delete(self.stack)

    def test_settings(self) -> None:
        group = "/aws/vendedlogs/states/tested"
        target = {"Fn::GetAtt": ["Machine", "Arn"]}
        logged = {"Level": "ALL", "IncludeExecutionData": False, "Destinations": [
            {"CloudWatchLogsLogGroup": {"LogGroupArn": {"Fn::GetAtt": ["Logs", "Arn"]}}},
        ]}
        schedule = {
            "ScheduleExpression": "cron(0 3 * * ? *)", "ScheduleExpressionTimezone": "Asia/Tokyo",
            "FlexibleTimeWindow": {"Mode": "OFF"}, "State": "DISABLED",
            "Target": {"Arn": target, "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}, "Input": "{}"},
        }
        system = {
            "Logs": resource("Logs::LogGroup", LogGroupName=group), "Role": role(),
            "Machine": machine(task("http:invoke"), LoggingConfiguration=logged),
            "Schedule": resource("Scheduler::Schedule", **schedule),
        }
        names = {name: {"Value": {"Ref": name}} for name in ("Machine", "Schedule")}
        stack = self.deploy(system, names)
        schedules, outputs = self.emulator.client("scheduler"), stack["Outputs"]

        def shown() -> tuple[Any, ...]:
            found = schedules.get_schedule(Name=outputs["Schedule"])
            described = self.machines.describe_state_machine(stateMachineArn=outputs["Machine"])
            configuration = described["loggingConfiguration"]
            arn = configuration["destinations"][0]["cloudWatchLogsLogGroup"]["logGroupArn"]
            self.assertIn(group, arn)
            return configuration["level"], found["ScheduleExpressionTimezone"], found["State"]

        self.assertEqual(shown(), ("ALL", "Asia/Tokyo", "DISABLED"))
        logged["Level"] = "ERROR"
        for name in "ScheduleExpressionTimezone", "State":
            del schedule[name]
        system["Schedule"] = resource("Scheduler::Schedule", **schedule)
        stack = self.deploy(system, names, "UPDATE")
        self.assertEqual(stack["Outputs"], outputs)
        self.assertEqual(shown(), ("ERROR", "UTC", "ENABLED"))
        self.delete(stack)
        self.assertEqual(schedules.list_schedules()["Schedules"], [])

    def test_trust(self) -> None:
        target = {"Arn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f", "RoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}
        schedule = resource(
            "Scheduler::Schedule", ScheduleExpression="rate(1 day)", FlexibleTimeWindow={"Mode": "OFF"}, Target=target
        )
        for other, distrustful, reason in (
            ("states", schedule, "must allow AWS EventBridge Scheduler to assume the role"),
            ("scheduler", machine(task("http:invoke")), "is authorized to assume the provided role"),
        ):
            stack = self.deploy({"Role": role(trusts=(other,)), "Distrustful": distrustful})
            self.assertEqual(stack["StackStatus"], "ROLLBACK_COMPLETE")
            self.assertIn(reason, self.reasons(stack))
            self.delete(stack)

    def test_variables_that_would_be_lost(self) -> None:
        assigning = {"Type": "Pass", "Assign": {"kept": 1}, "End": True}
        inner = {"StartAt": "Do", "States": {"Do": assigning}}
        outer = {"Type": "Parallel", "Branches": [inner], "End": True}
        definition = {"StartAt": "Both", "States": {"Both": outer}}
        stack = self.deploy({"Role": role(), "Machine": machine(definition)})
        self.assertEqual(stack["StackStatus"], "ROLLBACK_COMPLETE")
        self.assertIn("would lose variables", self.reasons(stack))
        self.delete(stack)
        assigning["QueryLanguage"] = "JSONata"
        stack = self.deploy({"Role": role(), "Machine": machine(definition)})
        self.assertEqual(stack["StackStatus"], "CREATE_COMPLETE", self.reasons(stack))

    def test_rights_to_start(self) -> None:
        started = lambda: len(self.machines.list_executions(stateMachineArn=outputs["Machine"])["executions"])
        arn = {"Fn::GetAtt": ["Machine", "Arn"]}
        for grants, expected in ([], 0), ([statement("states:StartExecution", arn)], 1):
            rule = resource("Events::Rule", EventPattern={"source": ["test"]}, Targets=[
                {"Id": "machine", "Arn": arn, "RoleArn": {"Fn::GetAtt": ["Starter", "Arn"]}},
            ])
            outputs = self.system(task("http:invoke"), [], Rule=rule, Starter=role(*grants))
            self.events.put_events(Entries=[{"Source": "test", "DetailType": "test", "Detail": "{}"}])
            if expected:
                wait_for(started)
            time.sleep(0.2)  # Whatever else were to start would have started by now.
            self.assertEqual(started(), expected)
            self.delete(self.stack)

    def test_rights_to_use_the_key(self) -> None:
        account = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
        of_machine = {"StringLike": {
            "kms:EncryptionContext:aws:states:stateMachineArn": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:*",
        }}
        actions, key = ["kms:Decrypt", "kms:GenerateDataKey"], {"Fn::GetAtt": ["Key", "Arn"]}
        encrypted = machine(
            {"StartAt": "Do", "States": {"Do": {"Type": "Pass", "End": True}}},
            EncryptionConfiguration={"Type": "CUSTOMER_MANAGED_KMS_KEY", "KmsKeyId": key},
        )
        for granted in actions[:1], actions:
            stack = self.deploy(
                {
                    "Key": resource("KMS::Key", KeyPolicy=statement("kms:*", "*", Principal=account)),
                    "Role": role(statement(granted, key, Condition=of_machine)), "Machine": encrypted,
                },
                {"Machine": {"Value": {"Ref": "Machine"}}},
            )
            ended, cause = self.run_machine(stack["Outputs"]["Machine"], said=1)
            if granted is actions:
                self.assertEqual(ended, {"said": 1})
            else:
                self.assertEqual(ended, "KmsAccessDeniedException")
                self.assertIn("is not authorized to perform: kms:GenerateDataKey", cause)
            self.delete(stack)

    def test_connection(self) -> None:
        outputs = self.system(task("http:invoke"), self.rights())
        name, prefix = outputs["Name"], f"arn:aws:events:{REGION}:{ACCOUNT}:connection/test_connection"
        self.assertEqual((name, outputs["ArnForPolicy"]), ("test_connection", prefix))
        self.assertRegex(outputs["Arn"], rf"^{prefix}/[0-9a-f-]{{36}}$")
        self.assertRegex(outputs["SecretArn"], rf":secret:events!connection/{name}/[0-9a-f-]{{36}}-\w+$")
        self.assertNotIn(outputs["Arn"].rsplit("/")[-1], outputs["SecretArn"])
        self.assertIn("first", self.secrets.get_secret_value(SecretId=outputs["SecretArn"])["SecretString"])
        described = self.events.describe_connection(Name=name)
        self.assertEqual(described["AuthParameters"], {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key"}})
        self.assertEqual((described["ConnectionArn"], described["SecretArn"]), (outputs["Arn"], outputs["SecretArn"]))
        stale = {"ConnectionArn": f"{prefix}/0c3a1a6e-0000-0000-0000-000000000000"}
        self.assertEqual(self.events.deauthorize_connection(Name=name)["ConnectionState"], "DEAUTHORIZING")
        self.assertEqual(self.call(outputs, "/json")[0], "Events.ConnectionResource.InvalidConnectionState")
        error, _ = self.call(outputs, "/json", InvocationConfig=stale)
        self.assertEqual(error, "Events.ConnectionResource.AccessDenied", "the role names the whole ARN")
        self.delete(self.stack)
        self.assertEqual(self.events.list_connections(NamePrefix=name)["Connections"], [])
        with self.assertRaisesRegex(ClientError, "ResourceNotFound"):
            self.secrets.describe_secret(SecretId=outputs["SecretArn"])

    def test_connection_that_authorizes(self) -> None:
        definition = task("http:invoke", Arguments="{% $states.context.Execution.Input %}")
        key = {"ApiKeyAuthParameters": {"ApiKeyValue": "second"}}
        definition["StartAt"] = "Update"
        definition["States"]["Update"] = {
            "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:eventbridge:updateConnection", "Next": "Do",
            "Arguments": {
                "Name": "test_connection_that_authorizes", "AuthorizationType": "API_KEY", "AuthParameters": key,
            },
        }
        outputs = self.system(definition, [*self.rights(), *self.rights_to_update()])
        self.assertEqual(self.call(outputs, "/json")[0], "Events.ConnectionResource.AuthInProgress")
        state = lambda: self.events.describe_connection(Name=outputs["Name"])["ConnectionState"]
        wait_for(lambda: state() == "AUTHORIZED")
        retry = [{"ErrorEquals": ["Events.ConnectionResource.AuthInProgress"], "IntervalSeconds": 1}]
        definition["States"]["Do"]["Retry"] = retry
        self.machines.update_state_machine(stateMachineArn=outputs["Machine"], definition=json.dumps(definition))
        self.assertEqual(self.call(outputs, "/json")[0]["StatusCode"], 200)
        self.assertEqual(self.endpoint.requests[0][2]["x-key"], "second")
        stored = self.secrets.get_secret_value(SecretId=outputs["SecretArn"])["SecretString"]
        self.assertEqual(json.loads(stored)["ApiKeyAuthParameters"], {"ApiKeyName": "X-Key", "ApiKeyValue": "second"})

    def test_connection_whose_credentials_are_refused(self) -> None:
        basic = {"BasicAuthParameters": {"Username": "user", "Password": "first"}}
        for kind, parameters, path in (
            ("API_KEY", KEY, "/refused"), ("API_KEY", KEY, "/proxy"), ("BASIC", basic, "/refused"),
        ):
            rights = copy.deepcopy(self.rights())
            rights[2]["Statement"][0]["Resource"] = "*"  # The secret will be another one.
            connection = resource(
                "Events::Connection", Name=self.id().rsplit(".")[-1], AuthorizationType=kind,
                AuthParameters=parameters,
            )
            outputs = self.system(task("http:invoke"), rights, Connection=connection)
            name, before = outputs["Name"], outputs["SecretArn"]
            self.assertRegex(self.call(outputs, path)[0], r"States\.Http\.StatusCode\.40[17]")
            self.assertEqual(self.call(outputs, "/json")[0], "Events.ConnectionResource.InvalidConnectionState")
            state = lambda: self.events.describe_connection(Name=name)["ConnectionState"]
            wait_for(lambda: state() == "DEAUTHORIZED")
            self.assertEqual(self.call(outputs, "/json")[0], "Events.ConnectionResource.InvalidConnectionState")
            self.assertEqual(self.events.describe_connection(Name=name)["AuthParameters"], {})
            with self.assertRaisesRegex(ClientError, "ResourceNotFound"):
                self.secrets.get_secret_value(SecretId=before)
            with self.assertRaisesRegex(ClientError, "ValidationException"):  # Nothing is left to complete it.
                part = {group: dict(list(members.items())[1:]) for group, members in parameters.items()}
                self.events.update_connection(Name=name, AuthorizationType=kind, AuthParameters=part)
            self.events.update_connection(Name=name, AuthorizationType=kind, AuthParameters=parameters)
            wait_for(lambda: state() == "AUTHORIZED")
            self.assertEqual(self.call(outputs, "/json")[0]["StatusCode"], 200)
            after = self.events.describe_connection(Name=name)["SecretArn"]
            self.assertNotEqual(after, before)
            self.assertIn("first", self.secrets.get_secret_value(SecretId=after)["SecretString"])
            self.delete(self.stack)

    def test_connection_updates_without_a_kind(self) -> None:
        outputs = self.system(task("http:invoke"), [])
        for wrong in ({"AuthParameters": KEY}, {"AuthorizationType": "BASIC"}):
            with self.assertRaisesRegex(ClientError, "ValidationException.*AuthorizationType with"):
                self.events.update_connection(Name=outputs["Name"], **wrong)
        self.events.update_connection(Name=outputs["Name"], Description="another")
        described = self.events.describe_connection(Name=outputs["Name"])
        self.assertEqual((described["Description"], described["ConnectionState"]), ("another", "AUTHORIZED"))

    def test_rights_to_keep_connections(self) -> None:
        people = self.emulator.client("iam")
        people.create_user(UserName="keeper")
        key = people.create_access_key(UserName="keeper")["AccessKey"]
        events = botocore.session.Session().create_client(
            "events", REGION, endpoint_url=self.emulator.url, aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"], config=Config(retries={"max_attempts": 0}),
        )
        secrets = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:events!connection/kept/*"
        calls = (
            lambda: events.create_connection(Name="kept", AuthorizationType="API_KEY", AuthParameters=KEY),
            lambda: events.update_connection(Name="kept", AuthorizationType="API_KEY", AuthParameters=KEY),
        )
        for call in calls:
            granted = ["events:CreateConnection", "events:UpdateConnection"]
            for right in ("Create", "Delete", "Get", "Put", "Update"):
                policy = {"Version": "2012-10-17", "Statement": [
                    {"Effect": "Allow", "Action": granted, "Resource": [secrets, f"{CONNECTIONS}/kept*"]},
                ]}
                people.put_user_policy(UserName="keeper", PolicyName="p", PolicyDocument=json.dumps(policy))
                with self.assertRaisesRegex(ClientError, "AccessDenied"):
                    call()
                granted.append(f"secretsmanager:{right}Secret{'Value' if right in ('Get', 'Put') else ''}")
            policy = {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": granted, "Resource": [secrets, f"{CONNECTIONS}/kept*"]},
            ]}
            people.put_user_policy(UserName="keeper", PolicyName="p", PolicyDocument=json.dumps(policy))
            call()
        self.events.delete_connection(Name="kept")

    def passed(self, *states: dict[str, Any]) -> tuple[Any, str]:
        """What a machine of `Pass` states, one after the other, ends with."""
        chain = {
            f"S{n}": {"Type": "Pass", **state, **({"Next": f"S{n + 1}"} if n + 1 < len(states) else {"End": True})}
            for n, state in enumerate(states)
        }
        definition = {"QueryLanguage": "JSONata", "StartAt": "S0", "States": chain}
        outputs = self.system(definition, [])
        ended = self.run_machine(outputs["Machine"])
        self.delete(self.stack)
        return ended

    def test_size_of_data(self) -> None:
        text = "{{% $pad('', {}, 'x') %}}".format
        ok = {"Output": "ok"}
        self.assertEqual(self.passed({"Assign": {"x": text(262142)}, **ok})[0], "ok")
        self.assertEqual(self.passed({"Assign": {"x": text(131070), "y": text(131070)}, **ok})[0], "ok")
        many = [{"Assign": {f"v{chr(97 + n // 26)}{chr(97 + n % 26)}": text(250000)}, **ok} for n in range(42)]
        self.assertEqual(self.passed(*many[:3])[0], "ok")
        for states in (
            [{"Assign": {"x": text(262143)}, **ok}],
            [{"Assign": {"x": text(131071), "y": text(131071)}, **ok}],
            [{"Output": text(262143)}],
            many,
        ):
            self.assertEqual(self.passed(*states)[0], "States.DataLimitExceeded")
        outputs = self.system(task("aws-sdk:eventbridge:describeConnection", Arguments={"Name": text(262143)}), [])
        self.assertEqual(self.run_machine(outputs["Machine"])[0], "States.DataLimitExceeded")

    def test_variables_are_set_all_at_once(self) -> None:
        first = {"Assign": {"x": 1, "y": 2}}
        swapped = {"Assign": {"x": "{% $y %}", "y": "{% $x %}"}}
        self.assertEqual(self.passed(first, swapped, {"Output": "{% [$x, $y] %}"})[0], [2, 1])

    def test_size_of_expressions(self) -> None:
        deep = lambda levels: "+".join(["1"] * levels)
        many = lambda count: f"$length($replace($pad('', {count}, 'x'), /x/, 'yy'))"
        for right, value in (
            ("$length($pad('', 262144, 'x'))", 262144), ("$length($pad('', 131072, 'x') & $pad('', 131073, 'x'))", 262145),
            ("$length($pad($pad('', 131072, 'x'), 262145, 'x'))", 262145), (deep(40), 40), (many(20000), 40000),
            ("$replace('a.b', '.', '-')", "a-b"),
        ):
            self.assertEqual(self.passed({"Output": f"{{% {right} %}}"})[0], value, right)
        for wrong in ("$length($pad('', 262145, 'x'))", deep(200), many(20001)):
            self.assertEqual(self.passed({"Output": f"{{% {wrong} %}}"})[0], "States.QueryEvaluationError", wrong)

    def test_connection_updates(self) -> None:
        outputs = self.system(task("http:invoke"), self.rights())
        other = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Other", "ApiKeyValue": "third"}}
        connection = resource(
            "Events::Connection", Name=outputs["Name"], AuthorizationType="API_KEY", AuthParameters=other
        )
        self.deploy({"Connection": connection}, kind="UPDATE")
        described = self.events.describe_connection(Name=outputs["Name"])
        self.assertEqual(described["ConnectionArn"], outputs["Arn"])
        self.assertEqual(described["AuthParameters"], {"ApiKeyAuthParameters": {"ApiKeyName": "X-Other"}})
        renamed = resource(
            "Events::Connection", Name="renamed", AuthorizationType="API_KEY", AuthParameters=other
        )
        self.deploy({"Connection": renamed}, kind="UPDATE")
        self.assertEqual(self.events.describe_connection(Name="renamed")["ConnectionState"], "AUTHORIZED")
        with self.assertRaisesRegex(ClientError, "ResourceNotFound"):
            self.events.describe_connection(Name=outputs["Name"])
        self.delete(self.stack)

    def test_connection_values(self) -> None:
        for value in ("x" * 513, "line\n", "with:colon", "bell\a"):
            wrong = {"ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": value}}
            with self.assertRaisesRegex(ClientError, "ValidationException.*ApiKeyValue") as refused:
                self.events.create_connection(Name="wrong", AuthorizationType="API_KEY", AuthParameters=wrong)
            self.assertNotIn(value, str(refused.exception))
        self.events.create_connection(Name="longest", AuthorizationType="API_KEY", AuthParameters={
            "ApiKeyAuthParameters": {"ApiKeyName": "X-Key", "ApiKeyValue": "x" * 512}
        })
        self.events.delete_connection(Name="longest")


OPTIMIZED, DISABLED = "658327ea-f89d-4fab-a63d-7e88639e58f6", "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"


class Sites(Emulated):
    """A distribution in front of a private bucket and an API."""

    def behavior(self, origin: str, cache: str, headers: Any, **more: Any) -> dict[str, Any]:
        """How the distribution treats some paths."""
        return {
            "TargetOriginId": origin, "ViewerProtocolPolicy": "redirect-to-https", "CachePolicyId": cache,
            "ResponseHeadersPolicyId": headers, "Compress": True, **more,
        }

    def site(self) -> dict[str, Any]:
        """The resources of a site."""
        everyone = {"Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}}
        source = {"Fn::Sub": "arn:aws:cloudfront::${AWS::AccountId}:distribution/${Distribution}"}
        condition = {"StringEquals": {"AWS:SourceArn": source}}
        uri = "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Function.Arn}/invocations"
        headers = {
            "Name": "of-site", "CustomHeadersConfig": {"Items": [
                {"Header": "x-site", "Value": "own", "Override": True},
            ]},
            "SecurityHeadersConfig": {
                "ContentSecurityPolicy": {"ContentSecurityPolicy": "default-src 'self'", "Override": True},
                "ContentTypeOptions": {"Override": True},
                "FrameOptions": {"FrameOption": "DENY", "Override": True},
                "ReferrerPolicy": {"ReferrerPolicy": "no-referrer", "Override": True},
                "StrictTransportSecurity": {"AccessControlMaxAgeSec": 60, "Override": True},
            },
        }
        methods = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
        config = {
            "Enabled": True, "DefaultRootObject": "index.html", "HttpVersion": "http2and3",
            "Origins": [
                {
                    "Id": "pages", "DomainName": {"Fn::GetAtt": ["Bucket", "RegionalDomainName"]},
                    "OriginAccessControlId": {"Ref": "Access"}, "S3OriginConfig": {},
                },
                {
                    "Id": "api", "OriginPath": "/v1",
                    "DomainName": {"Fn::Sub": "${Api}.execute-api.${AWS::Region}.amazonaws.com"},
                    "CustomOriginConfig": {"OriginProtocolPolicy": "https-only", "OriginSSLProtocols": ["TLSv1.2"]},
                },
            ],
            "DefaultCacheBehavior": self.behavior("pages", OPTIMIZED, {"Ref": "Headers"}),
            "CacheBehaviors": [self.behavior(
                "api", DISABLED, SECURITY_HEADERS, PathPattern="/api/*", AllowedMethods=methods,
                OriginRequestPolicyId=ALL_VIEWER_EXCEPT_HOST,
            )],
            "CustomErrorResponses": [
                {"ErrorCode": 403, "ResponseCode": 404, "ResponsePagePath": "/404.html"},
            ],
        }
        return {
            "Bucket": resource("S3::Bucket", PublicAccessBlockConfiguration={
                name: True for name in (
                    "BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets",
                )
            }),
            "BucketPolicy": resource("S3::BucketPolicy", Bucket={"Ref": "Bucket"}, PolicyDocument={
                "Version": "2012-10-17", "Statement": [{
                    **everyone, "Action": "s3:GetObject", "Condition": condition,
                    "Resource": {"Fn::Sub": "${Bucket.Arn}/*"},
                }],
            }),
            "Access": resource("CloudFront::OriginAccessControl", OriginAccessControlConfig={
                "Name": "of-site", "OriginAccessControlOriginType": "s3", "SigningBehavior": "always",
                "SigningProtocol": "sigv4",
            }),
            "Headers": resource("CloudFront::ResponseHeadersPolicy", ResponseHeadersPolicyConfig=headers),
            "Distribution": resource("CloudFront::Distribution", DistributionConfig=config),
            "Role": role(), "Function": function(), "Api": resource("ApiGateway::RestApi", Name="api"),
            "Parent": resource(
                "ApiGateway::Resource", RestApiId={"Ref": "Api"}, PathPart="api",
                ParentId={"Fn::GetAtt": ["Api", "RootResourceId"]},
            ),
            "Proxy": resource(
                "ApiGateway::Resource", RestApiId={"Ref": "Api"}, PathPart="{proxy+}", ParentId={"Ref": "Parent"},
            ),
            "Method": resource(
                "ApiGateway::Method", RestApiId={"Ref": "Api"}, HttpMethod="ANY", AuthorizationType="NONE",
                ResourceId={"Ref": "Proxy"},
                Integration={"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": {"Fn::Sub": uri}},
            ),
            "Permission": resource(
                "Lambda::Permission", FunctionName={"Ref": "Function"}, Action="lambda:InvokeFunction",
                Principal="apigateway.amazonaws.com",
                SourceArn={"Fn::Sub": "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*"},
            ),
            "Deployment": {
                **resource("ApiGateway::Deployment", RestApiId={"Ref": "Api"}), "DependsOn": "Method",
            },
            "Stage": resource(
                "ApiGateway::Stage", StageName="v1", RestApiId={"Ref": "Api"}, DeploymentId={"Ref": "Deployment"},
            ),
        }

    OUTPUTS = {
        "Id": {"Value": {"Ref": "Distribution"}}, "Bucket": {"Value": {"Ref": "Bucket"}},
        "Domain": {"Value": {"Fn::GetAtt": ["Distribution", "DomainName"]}},
    }

    def visit(
        self, host: str, path: str, body: bytes | None = None, method: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], str]:
        """Status, headers and body that a viewer of the distribution gets, without any redirect."""
        viewer = http.client.HTTPConnection("127.0.0.1", self.emulator.port, timeout=10)
        try:
            viewer.request(method or ("POST" if body else "GET"), path, body, {"Host": host, **headers})
            answer = viewer.getresponse()
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read().decode()
        finally:
            viewer.close()

    def test_site(self) -> None:
        site = self.site()
        stack = self.deploy(site, self.OUTPUTS)
        self.assertEqual(stack["StackStatus"], "CREATE_COMPLETE", self.reasons(stack))
        outputs = stack["Outputs"]
        bucket, identifier, domain = outputs["Bucket"], outputs["Id"], outputs["Domain"]
        host = f"{identifier.lower()}.cloudfront.localhost:{self.emulator.port}"
        for name, text in ("index.html", "home"), ("404.html", "lost"), ("app.js", "code"):
            self.s3.put_object(
                Bucket=bucket, Key=name, Body=text.encode(), ContentType="text/html", CacheControl="max-age=9"
            )
        status, headers, text = self.visit(host, "/")
        self.assertEqual((status, text), (200, "home"))
        self.assertEqual((headers["content-type"], headers["cache-control"]), ("text/html", "max-age=9"))
        self.assertEqual(headers["content-security-policy"], "default-src 'self'")
        self.assertEqual((headers["x-site"], headers["x-frame-options"]), ("own", "DENY"))
        self.assertEqual(headers["referrer-policy"], "no-referrer")
        self.assertEqual(self.visit(domain, "/app.js")[::2], (200, "code"))
        self.assertEqual(self.visit(host, "/missing")[::2], (404, "lost"))
        self.assertEqual(self.visit(host, "/app.js", b"{}")[0], 403)
        self.assertEqual(self.emulator.get(f"/{bucket}/index.html")[0], 403)
        self.assertEqual(self.visit(host, "/", **{"X-Forwarded-Proto": "http"})[0], 301)
        self.check_api(host)
        self.check_invalidation(identifier)
        self.check_updates(site, host, bucket)

    def check_api(self, host: str) -> None:
        given = {"Content-Type": "application/json", "X-Own": "yes", "Origin": "http://elsewhere"}
        status, headers, text = self.visit(host, "/api/deep?a=1&a=2", b'{"do": "show"}', **given)
        self.assertEqual(status, 200)
        self.assertEqual(headers["strict-transport-security"], "max-age=31536000")
        seen = json.loads(text)
        sent = {name.lower(): value for name, value in seen["headers"].items()}
        self.assertEqual((seen["httpMethod"], seen["body"]), ("POST", '{"do": "show"}'))
        self.assertEqual((seen["path"], seen["multiValueQueryStringParameters"]), ("/api/deep", {"a": ["1", "2"]}))
        self.assertEqual((sent["content-type"], sent["x-own"]), ("application/json", "yes"))
        self.assertTrue(sent["host"].endswith(f".execute-api.{REGION}.amazonaws.com"), sent["host"])
        self.assertEqual(self.visit(host, "/api/deep", method="DELETE")[0], 200)

    def check_invalidation(self, identifier: str) -> None:
        distributions = self.emulator.client("cloudfront")
        batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": "one"}
        made = distributions.create_invalidation(DistributionId=identifier, InvalidationBatch=batch)["Invalidation"]
        shown = distributions.get_invalidation(DistributionId=identifier, Id=made["Id"])["Invalidation"]
        self.assertEqual(shown["Status"], "Completed")
        listed = distributions.list_invalidations(DistributionId=identifier)["InvalidationList"]["Items"]
        self.assertEqual([(entry["Id"], entry["Status"]) for entry in listed], [(made["Id"], "Completed")])

    def check_updates(self, site: dict[str, Any], host: str, bucket: str) -> None:
        config = site["Headers"]["Properties"]["ResponseHeadersPolicyConfig"]
        config["CustomHeadersConfig"]["Items"][0]["Value"] = "changed"
        distribution = site["Distribution"]["Properties"]["DistributionConfig"]
        distribution["DefaultRootObject"] = "app.js"
        site["Access"]["Properties"]["OriginAccessControlConfig"]["Description"] = "changed"
        changes = self.change_set(site, self.OUTPUTS, "UPDATE")["Changes"]
        replaced = {
            change["ResourceChange"]["LogicalResourceId"]: change["ResourceChange"]["Replacement"]
            for change in changes
        }
        self.assertEqual(replaced, dict.fromkeys(("Headers", "Distribution", "Access"), "False"))
        self.deploy(site, self.OUTPUTS, "UPDATE")
        status, headers, text = self.visit(host, "/")
        self.assertEqual((status, headers["x-site"], text), (200, "changed", "code"))
        policy = site["BucketPolicy"]["Properties"]["PolicyDocument"]["Statement"][0]
        policy["Condition"] = {"StringEquals": {"AWS:SourceArn": "arn:aws:cloudfront::1:distribution/OTHER"}}
        stack = self.deploy(site, self.OUTPUTS, "UPDATE")
        self.assertEqual(self.visit(host, "/")[0], 403, "the bucket's policy counts")
        for name in ("index.html", "404.html", "app.js"):
            self.s3.delete_object(Bucket=bucket, Key=name)
        self.delete(stack)
        distributions = self.emulator.client("cloudfront")
        self.assertEqual(distributions.list_distributions()["DistributionList"]["Quantity"], 0)
        self.assertEqual(distributions.list_origin_access_controls()["OriginAccessControlList"]["Quantity"], 0)

    def test_policies(self) -> None:
        cache = {
            "Name": "cache-of-test", "DefaultTTL": 60, "MinTTL": 0, "MaxTTL": 120,
            "ParametersInCacheKeyAndForwardedToOrigin": {
                "CookiesConfig": {"CookieBehavior": "none"}, "EnableAcceptEncodingGzip": True,
                "HeadersConfig": {"HeaderBehavior": "none"},
                "QueryStringsConfig": {"QueryStringBehavior": "all"},
            },
        }
        request = {
            "Name": "request-of-test", "CookiesConfig": {"CookieBehavior": "none"},
            "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": ["Accept"]},
            "QueryStringsConfig": {"QueryStringBehavior": "all"},
        }
        policies = {
            "Cache": resource("CloudFront::CachePolicy", CachePolicyConfig=cache),
            "Request": resource("CloudFront::OriginRequestPolicy", OriginRequestPolicyConfig=request),
        }
        outputs = {name: {"Value": {"Ref": name}} for name in policies}
        before = self.deploy(policies, outputs)
        cache["DefaultTTL"], request["CookiesConfig"] = 90, {"CookieBehavior": "all"}
        after = self.deploy(policies, outputs, "UPDATE")
        self.assertEqual((after["StackStatus"], after["Outputs"]), ("UPDATE_COMPLETE", before["Outputs"]))
        distributions = self.emulator.client("cloudfront")
        kept = distributions.get_cache_policy(Id=after["Outputs"]["Cache"])["CachePolicy"]
        self.assertEqual(kept["CachePolicyConfig"]["DefaultTTL"], 90)
        self.delete(after)
        self.assertEqual(distributions.list_cache_policies(Type="custom")["CachePolicyList"]["Quantity"], 0)


class StartAndStop(unittest.TestCase):
    """What the launcher does before and after it serves."""

    def test_another_version_stops_with_one_line(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            info = Path(folder, "ministack-9.9.dist-info")
            info.mkdir()
            (info / "METADATA").write_text("Metadata-Version: 2.1\nName: ministack\nVersion: 9.9\n")
            self.check("import launcher; launcher.main()", "ministack 9.9 is installed", PYTHONPATH=folder)

    def test_a_missing_name_stops_with_one_line(self) -> None:
        code = "import launcher; launcher.HOOKED_NAMES['app'] += ('gone',); launcher.main()"
        self.check(code, "has no `app.gone`")

    def test_a_slow_answer_is_a_failed_connection(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
            call = f"launcher.called(urllib.request.Request({url!r}), {{}})"
            code = f"import launcher, urllib.request; launcher.HTTP_SECONDS = 0.1; {call}"
            self.check(code, "States.Http.Socket: TimeoutError")

    def test_attempts_are_as_far_apart_as_their_retrier_says(self) -> None:
        retrier = {
            "ErrorEquals": ["E"], "IntervalSeconds": 5, "MaxAttempts": 7, "BackoffRate": 2, "MaxDelaySeconds": 300,
        }
        find = f"machines._find_matching_retrier([{retrier!r}], 'E', {{0: count}})[0]['IntervalSeconds']"
        code = (
            "import launcher; machines = launcher.ministack('services.stepfunctions'); waited = []; "
            "machines._scaled_sleep = waited.append; launcher.wait_between_attempts_as_aws(); "
            f"left = [{find} for count in range(7)]; launcher.running_machine.set({{}}); "
            f"left += [{find} for count in range(7)]; raise SystemExit(f'{{left}} {{waited}}')"
        )
        self.check(code, f"{[5] * 7 + [0] * 7} [5, 10, 20, 40, 80, 160, 300]")

    def check(self, code: str, expected: str, **environment: str) -> None:
        ended = subprocess.run(
            [sys.executable, "-B", "-c", code], cwd=HERE, env={**environment, "PATH": "/usr/bin:/bin"},
            capture_output=True, text=True, timeout=30, start_new_session=True,
        )
        self.assertEqual(ended.returncode, 1, ended)
        self.assertIn(expected, ended.stderr.splitlines()[-1])

    def test_sigterm_ends_busy_functions(self) -> None:
        emulator = Emulator()
        emulator.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument="{}")
        functions = emulator.client("lambda")
        functions.create_function(
            FunctionName="busy", Runtime="provided.al2023", Handler="bootstrap", Timeout=60,
            Role=f"arn:aws:iam::{ACCOUNT}:role/role", Code={"ZipFile": archive()},
        )
        wait_for(lambda: functions.get_function(FunctionName="busy")["Configuration"]["State"] == "Active")
        request = {"FunctionName": "busy", "Payload": b'{"do": "sleep"}'}
        caller = threading.Thread(target=functions.invoke, kwargs=request, daemon=True)
        caller.start()
        wait_for(lambda: children(emulator.process.pid))
        left = children(emulator.process.pid)
        time.sleep(0.5)  # The function may still be starting, and then nobody waits for it yet.
        emulator.stop()
        caller.join()
        self.assertEqual(emulator.process.returncode, 0)
        self.assertEqual([pid for pid in left if Path(f"/proc/{pid}").exists()], [])


def children(parent: int) -> list[int]:
    """The processes that this one started."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(status.parent.name))
    return found


if __name__ == "__main__":
    unittest.main()
