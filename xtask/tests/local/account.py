"""Looks at an account with botocore, so that the code of Tsugite does not judge itself.

Usage: python account.py REGION COMMAND [ARGUMENT...]; prints JSON. The environment says which account, by
the variables that `cargo xtask local env` prints. The command `serve` answers one `[COMMAND, [ARGUMENT...]]` of
each line on stdin with one line.
"""

import functools
import io
import json
import sys
import zipfile

import botocore.session

REGION, COMMAND, *ARGUMENTS = sys.argv[1:]
SESSION = botocore.session.get_session()


@functools.cache
def client(service, region=REGION):
    return SESSION.create_client(service, region_name=region)


def pages(service, operation, key, region=REGION, **arguments):
    """Every item of a listing, page after page where the service has pages; `key` may be a path."""
    api = client(service, region)
    answers = [getattr(api, operation)(**arguments)] if not api.can_paginate(operation) else \
        api.get_paginator(operation).paginate(**arguments)
    for answer in answers:
        for name in key.split("."):
            answer = answer.get(name) or []
        yield from answer


def inventory():
    """Everything that a deployment could leave behind, by service; CloudFront's certificates are in us-east-1."""
    return {
        **regional(REGION),
        "us-east-1": regional("us-east-1"),
        "buckets": sorted(bucket["Name"] for bucket in pages("s3", "list_buckets", "Buckets")),
        "roles": sorted(role["RoleName"] for role in pages("iam", "list_roles", "Roles")),
        "users": sorted(user["UserName"] for user in pages("iam", "list_users", "Users")),
        "policies": sorted(policy["Arn"] for policy in pages("iam", "list_policies", "Policies", Scope="Local")),
        "distributions": sorted(item["Id"] for item in distributions()),
        "access_controls": sorted(
            item["Id"] for item in
            pages("cloudfront", "list_origin_access_controls", "OriginAccessControlList.Items")
        ),
        "headers_policies": sorted(
            item["ResponseHeadersPolicy"]["Id"] for item in
            pages("cloudfront", "list_response_headers_policies", "ResponseHeadersPolicyList.Items", Type="custom")
        ),
    }


def regional(region):
    """What a deployment could leave behind in one region."""
    def names(service, operation, key, name, **arguments):
        return sorted(item[name] for item in pages(service, operation, key, region, **arguments))

    keys = names("kms", "list_keys", "Keys", "KeyId")
    state = client("kms", region).describe_key
    return {
        "stacks": sorted(
            stack["StackName"] for stack in pages("cloudformation", "list_stacks", "StackSummaries", region)
            if stack["StackStatus"] != "DELETE_COMPLETE"
        ),
        "queues": sorted(pages("sqs", "list_queues", "QueueUrls", region)),
        "topics": names("sns", "list_topics", "Topics", "TopicArn"),
        "subscriptions": names("sns", "list_subscriptions", "Subscriptions", "SubscriptionArn"),
        "functions": names("lambda", "list_functions", "Functions", "FunctionName"),
        "mappings": names("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
        "log_groups": names("logs", "describe_log_groups", "logGroups", "logGroupName"),
        "secrets": names("secretsmanager", "list_secrets", "SecretList", "ARN", IncludePlannedDeletion=True),
        "apis": names("apigateway", "get_rest_apis", "items", "id"),
        "tables": sorted(pages("dynamodb", "list_tables", "TableNames", region)),
        "alarms": names("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
        "certificates": names("acm", "list_certificates", "CertificateSummaryList", "CertificateArn"),
        "machines": names("stepfunctions", "list_state_machines", "stateMachines", "name"),
        "connections": names("events", "list_connections", "Connections", "Name"),
        "rules": names("events", "list_rules", "Rules", "Name"),
        "schedules": names("scheduler", "list_schedules", "Schedules", "Name"),
        # A key that a stack leaves behind waits a week or more until it is gone.
        "keys": [key for key in keys if state(KeyId=key)["KeyMetadata"]["KeyState"] != "PendingDeletion"],
    }


def traces():
    """The inventory, with all that shows an operation which did not come to its end."""
    there = inventory()
    return {
        **there,
        "statuses": [f"{name} {status_of(name)}" for name in there["stacks"]],
        "change_sets": [f"{name}/{change_set}" for name in there["stacks"] for change_set in change_sets(name)],
        "uploads": [f"{bucket}/{key}" for bucket in there["buckets"] for key in uploads(bucket)],
        "without_value": [secret for secret in there["secrets"] if not has_value(secret)],
    }


def delete_stack(stack):
    client("cloudformation").delete_stack(StackName=stack)


def plant(stack, logical_id):
    """Makes a bucket with an object and a log group, named as those of a stack with this logical id."""
    bucket = f"{stack}-{logical_id.lower()}-a1b2c3d4"
    client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    client("s3").put_object(Bucket=bucket, Key="a", Body=b"a")
    client("logs").create_log_group(logGroupName=f"/aws/lambda/{stack}-{logical_id}")


def status_of(stack):
    return client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]


def has_value(secret):
    try:
        return bool(client("secretsmanager").get_secret_value(SecretId=secret))
    except client("secretsmanager").exceptions.ResourceNotFoundException:
        return False


def distributions():
    return pages("cloudfront", "list_distributions", "DistributionList.Items")


def find(*words):
    """Where one of the words stands: templates, events, settings, logs, archives, objects, items, messages."""
    places = []

    def look(place, value):
        text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
        if any(word in text for word in words):
            places.append(place)

    there, stacks = inventory(), client("cloudformation")
    for stack in there["stacks"]:
        look(f"template of {stack}", stacks.get_template(StackName=stack)["TemplateBody"])
        look(f"stack {stack}", stacks.describe_stacks(StackName=stack))
        look(f"events of {stack}", events(stack))
        for change_set in pages("cloudformation", "list_change_sets", "Summaries", StackName=stack):
            look(f"change set of {stack}", stacks.describe_change_set(StackName=stack, ChangeSetName=change_set["ChangeSetId"]))
    for function in pages("lambda", "list_functions", "Functions"):
        look(f"function {function['FunctionName']}", function)
    for group in there["log_groups"]:
        look(f"log {group}", list(pages("logs", "filter_log_events", "events", logGroupName=group)))
    for secret in pages("secretsmanager", "list_secrets", "SecretList"):
        look(f"description of {secret['Name']}", secret)
    for alarm in pages("cloudwatch", "describe_alarms", "MetricAlarms"):
        look(f"alarm {alarm['AlarmName']}", alarm)
    for distribution in distributions():
        look(f"distribution {distribution['Id']}", distribution)
    for table in there["tables"]:
        look(f"table {table}", list(pages("dynamodb", "scan", "Items", TableName=table)))
    for queue in there["queues"]:
        # Nothing is hidden from its consumer, for the message can be seen again at once.
        look(f"queue {queue}", client("sqs").receive_message(
            QueueUrl=queue, VisibilityTimeout=0, MaxNumberOfMessages=10, MessageAttributeNames=["All"]))
    objects = client("s3")
    for bucket in there["buckets"]:
        for item in pages("s3", "list_objects_v2", "Contents", Bucket=bucket):
            look(f"name in {bucket}", item["Key"])
            content = objects.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            if item["Key"].endswith(".zip"):
                with zipfile.ZipFile(io.BytesIO(content)) as archive:
                    content = b"".join(archive.read(name) for name in archive.namelist())
            if any(word.encode() in content for word in words):
                places.append(f"{bucket}/{item['Key']}")
    return places


def resources(stack):
    """What AWS calls the resources of a stack, by their logical ids."""
    there = pages("cloudformation", "list_stack_resources", "StackResourceSummaries", StackName=stack)
    return {resource["LogicalResourceId"]: resource["PhysicalResourceId"] for resource in there}


def queue_of(stack, logical_id):
    return resources(stack)[logical_id]


def send(stack, logical_id, *bodies):
    queue, url = client("sqs"), queue_of(stack, logical_id)
    return [queue.send_message(QueueUrl=url, MessageBody=body)["MessageId"] for body in bodies]


def receive(stack, logical_id):
    """One message with its attributes, waiting for it; it is removed from the queue."""
    queue, url = client("sqs"), queue_of(stack, logical_id)
    answer = queue.receive_message(QueueUrl=url, WaitTimeSeconds=20, MessageAttributeNames=["All"])
    for message in answer.get("Messages", []):
        queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        reason = message.get("MessageAttributes", {}).get("Reason", {}).get("StringValue")
        return {"body": message["Body"], "reason": reason}
    return None


def receive_all(stack, logical_id):
    """Every message that is there, as `receive` tells it; all are removed."""
    queue, url = client("sqs"), queue_of(stack, logical_id)
    found = []
    while messages := queue.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get("Messages", []):
        for message in messages:
            queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found.append({"body": message["Body"],
                          "reason": message.get("MessageAttributes", {}).get("Reason", {}).get("StringValue")})
    return found


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


def events(stack):
    return list(pages("cloudformation", "describe_stack_events", "StackEvents", StackName=stack))


def retention(prefix):
    groups = pages("logs", "describe_log_groups", "logGroups", logGroupNamePrefix=prefix)
    return {group["logGroupName"]: group.get("retentionInDays") for group in groups}


def decisions(questions):
    """What the roles' own policies say: for each `[role, action, resource]` of a JSON list its decision."""
    account = client("sts").get_caller_identity()["Account"]

    def decision(role, action, resource):
        answer = client("iam").simulate_principal_policy(
            PolicySourceArn=f"arn:aws:iam::{account}:role/{role}", ActionNames=[action], ResourceArns=[resource])
        return answer["EvaluationResults"][0]["EvalDecision"]

    return [decision(*question) for question in json.loads(questions)]


def make_user(name, documents):
    """Creates a user with these policies, a JSON list of documents; returns its access key."""
    iam = client("iam")
    iam.create_user(UserName=name)
    for number, document in enumerate(json.loads(documents)):
        made = iam.create_policy(PolicyName=f"{name}-{number}", PolicyDocument=json.dumps(document))
        iam.attach_user_policy(UserName=name, PolicyArn=made["Policy"]["Arn"])
    return iam.create_access_key(UserName=name)["AccessKey"]


def remove_user(name):
    """Deletes a user with its policies and its access keys."""
    iam = client("iam")
    for policy in pages("iam", "list_attached_user_policies", "AttachedPolicies", UserName=name):
        iam.detach_user_policy(UserName=name, PolicyArn=policy["PolicyArn"])
        iam.delete_policy(PolicyArn=policy["PolicyArn"])
    for key in pages("iam", "list_access_keys", "AccessKeyMetadata", UserName=name):
        iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user(UserName=name)


def serve():
    for line in sys.stdin:
        command, arguments = json.loads(line)
        tell(globals()[command](*arguments))


def tell(answer):
    print(json.dumps(answer, default=str, ensure_ascii=False), flush=True)


if COMMAND == "serve":
    serve()
else:
    tell(globals()[COMMAND](*ARGUMENTS))
