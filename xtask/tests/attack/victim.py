"""Puts something worth an attack on the local stage, and looks whether it is still as it was.

Usage: python victim.py REGION COMMAND [ARGUMENT...]; prints JSON. The environment says which account, by the
variables that `cargo xtask local env` prints.
"""

import io
import json
import sys
import zipfile

import botocore.auth
import botocore.awsrequest
import botocore.session

REGION, COMMAND, *ARGUMENTS = sys.argv[1:]
SESSION = botocore.session.get_session()
ANSWER = {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*"}}
BOOTSTRAP = f"""#!{sys.executable}
import json, os, urllib.request
api = "http://%s/2018-06-01/runtime/invocation/" % os.environ["AWS_LAMBDA_RUNTIME_API"]
while True:
    with urllib.request.urlopen(api + "next") as call:
        id = call.headers["Lambda-Runtime-Aws-Request-Id"]
    answer = {{**{ANSWER!r}, "body": os.environ["AWS_LAMBDA_RUNTIME_API"]}}
    urllib.request.urlopen(urllib.request.Request(api + id + "/response", json.dumps(answer).encode(), method="POST"))
"""


def client(service):
    return SESSION.create_client(service, region_name=REGION)


def prepare():
    """A bucket, a function that runs, and an API in front of it that lets every page read its answers."""
    buckets, functions, apis = client("s3"), client("lambda"), client("apigateway")
    buckets.create_bucket(Bucket="precious", CreateBucketConfiguration={"LocationConstraint": REGION})
    trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}
    role = client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as file:
        file.writestr("bootstrap", BOOTSTRAP)
    function = functions.create_function(
        FunctionName="f", Runtime="provided.al2023", Handler="bootstrap", Role=role, Code={"ZipFile": code.getvalue()},
    )["FunctionArn"]
    functions.add_permission(
        FunctionName="f", StatementId="s", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com",
    )
    api = apis.create_rest_api(name="a")["id"]
    root = apis.get_resources(restApiId=api)["items"][0]["id"]
    apis.put_method(restApiId=api, resourceId=root, httpMethod="GET", authorizationType="NONE")
    apis.put_integration(
        restApiId=api, resourceId=root, httpMethod="GET", type="AWS_PROXY", integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations",
    )
    apis.create_deployment(restApiId=api, stageName="s")
    return {"api": f"/_aws/execute-api/{api}/s/", "runtime_api": answer(), "signed": signed(role)}


def signed(role):
    """A call that makes a function, signed with the root key in its address, so that it needs no header."""
    body = json.dumps({"FunctionName": "evil", "Runtime": "provided.al2023", "Handler": "x", "Role": role, "Code": {}})
    url = f"{client('lambda').meta.endpoint_url}/2015-03-31/functions"
    request = botocore.awsrequest.AWSRequest("POST", url, data=body)
    botocore.auth.SigV4QueryAuth(SESSION.get_credentials(), "lambda", REGION, 600).add_auth(request)
    return {"url": request.url, "body": body}


def answer():
    """What the function answers: where its Runtime API is."""
    payload = json.load(client("lambda").invoke(FunctionName="f", Payload=b"{}")["Payload"])
    return payload["body"]


def look():
    """What there is, and whether the function still works."""
    return {
        "buckets": [bucket["Name"] for bucket in client("s3").list_buckets()["Buckets"]],
        "functions": [function["FunctionName"] for function in client("lambda").list_functions()["Functions"]],
        "answer": answer(),
    }


print(json.dumps(globals()[COMMAND](*ARGUMENTS)))
