"""Looks at an account with botocore, so that our own code does not judge itself.

Usage: python account.py ENDPOINT REGION COMMAND [ARGUMENT...]; prints JSON.
"""

import io
import json
import sys
import zipfile

import botocore.session

ENDPOINT, REGION, COMMAND, *ARGUMENTS = sys.argv[1:]
SESSION = botocore.session.get_session()


def client(service):
    return SESSION.create_client(
        service, region_name=REGION, endpoint_url=ENDPOINT,
        aws_access_key_id="test", aws_secret_access_key="test",
    )


def pages(service, operation, key, **arguments):
    """Every item of a listing, page after page where the service has pages."""
    api = client(service)
    if api.can_paginate(operation):
        for page in api.get_paginator(operation).paginate(**arguments):
            yield from page.get(key) or []
    else:
        yield from getattr(api, operation)(**arguments).get(key) or []


def inventory():
    """Everything that a deployment could leave behind, by service."""
    return {
        "stacks": sorted(
            stack["StackName"] for stack in pages("cloudformation", "list_stacks", "StackSummaries")
            if stack["StackStatus"] != "DELETE_COMPLETE"
        ),
        "buckets": sorted(bucket["Name"] for bucket in pages("s3", "list_buckets", "Buckets")),
        "queues": sorted(pages("sqs", "list_queues", "QueueUrls")),
        "functions": sorted(function["FunctionName"] for function in pages("lambda", "list_functions", "Functions")),
        "mappings": sorted(
            mapping["UUID"] for mapping in pages("lambda", "list_event_source_mappings", "EventSourceMappings")
        ),
        "log_groups": sorted(group["logGroupName"] for group in pages("logs", "describe_log_groups", "logGroups")),
        "roles": sorted(role["RoleName"] for role in pages("iam", "list_roles", "Roles")),
        "users": sorted(user["UserName"] for user in pages("iam", "list_users", "Users")),
        "policies": sorted(policy["Arn"] for policy in pages("iam", "list_policies", "Policies", Scope="Local")),
        "secrets": sorted(
            secret["ARN"] for secret in pages("secretsmanager", "list_secrets", "SecretList", IncludePlannedDeletion=True)
        ),
        "apis": sorted(api["id"] for api in pages("apigateway", "get_rest_apis", "items")),
        "topics": sorted(topic["TopicArn"] for topic in pages("sns", "list_topics", "Topics")),
        "tables": sorted(pages("dynamodb", "list_tables", "TableNames")),
    }


def find(word):
    """Where a word stands: templates, change sets, events, functions, logs, archives, objects' names."""
    places = []

    def look(place, value):
        text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
        if word in text:
            places.append(place)

    stacks = client("cloudformation")
    for stack in inventory()["stacks"]:
        look(f"template of {stack}", stacks.get_template(StackName=stack)["TemplateBody"])
        look(f"stack {stack}", stacks.describe_stacks(StackName=stack))
        look(f"events of {stack}", list(pages("cloudformation", "describe_stack_events", "StackEvents", StackName=stack)))
        for change_set in pages("cloudformation", "list_change_sets", "Summaries", StackName=stack):
            look(f"change set of {stack}", stacks.describe_change_set(StackName=stack, ChangeSetName=change_set["ChangeSetId"]))
    for function in pages("lambda", "list_functions", "Functions"):
        look(f"function {function['FunctionName']}", function)
    for group in inventory()["log_groups"]:
        look(f"log {group}", list(pages("logs", "filter_log_events", "events", logGroupName=group)))
    for secret in pages("secretsmanager", "list_secrets", "SecretList"):
        look(f"description of {secret['Name']}", secret)
    objects = client("s3")
    for bucket in inventory()["buckets"]:
        for item in pages("s3", "list_objects_v2", "Contents", Bucket=bucket):
            look(f"name in {bucket}", item["Key"])
            content = objects.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            if item["Key"].endswith(".zip"):
                with zipfile.ZipFile(io.BytesIO(content)) as archive:
                    content = b"".join(archive.read(name) for name in archive.namelist())
            if word.encode() in content:
                places.append(f"{bucket}/{item['Key']}")
    return places


def queue_of(stack, logical_id):
    resource = client("cloudformation").describe_stack_resource(StackName=stack, LogicalResourceId=logical_id)
    return resource["StackResourceDetail"]["PhysicalResourceId"]


def send(stack, logical_id, body):
    return client("sqs").send_message(QueueUrl=queue_of(stack, logical_id), MessageBody=body)["MessageId"]


def receive(stack, logical_id):
    """One message with its attributes, waiting for it; it is removed from the queue."""
    queue, url = client("sqs"), queue_of(stack, logical_id)
    answer = queue.receive_message(QueueUrl=url, WaitTimeSeconds=20, MessageAttributeNames=["All"])
    for message in answer.get("Messages", []):
        queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        reason = message.get("MessageAttributes", {}).get("Reason", {}).get("StringValue")
        return {"body": message["Body"], "reason": reason}
    return None


def depth(stack, logical_id):
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = client("sqs").get_queue_attributes(QueueUrl=queue_of(stack, logical_id), AttributeNames=names)
    return sum(int(attributes["Attributes"][name]) for name in names)


def keys(bucket):
    return sorted(item["Key"] for item in pages("s3", "list_objects_v2", "Contents", Bucket=bucket))


def uploads(bucket):
    return [upload["Key"] for upload in client("s3").list_multipart_uploads(Bucket=bucket).get("Uploads", [])]


def change_sets(stack):
    return [item["ChangeSetName"] for item in pages("cloudformation", "list_change_sets", "Summaries", StackName=stack)
            if item["Status"] == "FAILED" or item["ExecutionStatus"] == "AVAILABLE"]


def retention(prefix):
    groups = pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=prefix)
    return {group["logGroupName"]: group.get("retentionInDays") for group in groups}


def simulate(role, action, resource):
    """Whether a role's own policy allows one action on one resource."""
    account = client("sts").get_caller_identity()["Account"]
    answer = client("iam").simulate_principal_policy(
        PolicySourceArn=f"arn:aws:iam::{account}:role/{role}", ActionNames=[action], ResourceArns=[resource])
    return answer["EvaluationResults"][0]["EvalDecision"]




print(json.dumps(globals()[COMMAND](*ARGUMENTS), default=str, ensure_ascii=False))
