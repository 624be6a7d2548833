"""The resources of a stack that CloudFormation is about to work on, by the ARNs that their policies name."""

from __future__ import annotations

import re
from collections.abc import Callable

from aws import scope
from aws.stacks import Properties

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

API_DESTINATIONS = "apidestinations.events.amazonaws.com"


class Resource:
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
        return "arn:aws:" + ARNS[self.kind].format(
            region=scope.region(), account=scope.account(), name=self.name,
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


def below_api(resource: Resource) -> list[str]:
    """What belongs to an API."""
    api = resource.properties.get("RestApiId", "a")
    return [f"arn:aws:apigateway:{scope.region()}::/restapis/{api}/part/b"]


def function_of(resource: Resource) -> list[str]:
    """The function that a permission is about."""
    return [Resource("AWS::Lambda::Function", "", {}, "", resource.properties.get("FunctionName", "a")).arn()]


def queues_of(resource: Resource) -> list[str]:
    """The queues that a policy is about."""
    queues = resource.properties.get("Queues", ())
    return [Resource("AWS::SQS::Queue", "", {}, "", queue).arn() for queue in queues]


def zone_of(resource: Resource) -> list[str]:
    """The hosted zone that a record, or the proof of a certificate, is written to."""
    proofs = resource.properties.get("DomainValidationOptions") or [{}]
    zone = resource.properties.get("HostedZoneId") or proofs[0].get("HostedZoneId")
    return [f"arn:aws:route53:::hostedzone/{zone}"]


def passed_role(resource: Resource) -> list[str]:
    """The role that a service is given."""
    properties = resource.properties
    return [properties.get("Role") or properties.get("RoleArn") or properties["Target"]["RoleArn"]]


def connection_secret(resource: Resource) -> list[str]:
    """The secret that EventBridge keeps for a connection."""
    place = f"secretsmanager:{scope.region()}:{scope.account()}"
    return [f"arn:aws:{place}:secret:events!connection/{resource.name}/0123-abcd"]


def linked_role(_: Resource) -> list[str]:
    """The role that EventBridge makes for itself."""
    name = "AWSServiceRoleForAmazonEventBridgeApiDestinations"
    return [f"arn:aws:iam::{scope.account()}:role/aws-service-role/{API_DESTINATIONS}/{name}"]


# By resource type and service, or by type alone: what an action is needed on that is not the resource itself.
OTHER_TARGETS: dict[tuple[str, str], Callable[[Resource], list[str]]] = {
    ("AWS::ApiGateway::Deployment", ""): below_api,
    ("AWS::ApiGateway::GatewayResponse", ""): below_api,
    ("AWS::ApiGateway::Method", ""): below_api,
    ("AWS::ApiGateway::Resource", ""): below_api,
    ("AWS::ApiGateway::Stage", ""): below_api,
    ("AWS::CertificateManager::Certificate", "route53"): zone_of,
    ("AWS::Events::Connection", "iam"): linked_role,
    ("AWS::Events::Connection", "secretsmanager"): connection_secret,
    ("AWS::Lambda::Function", "iam"): passed_role,
    ("AWS::Lambda::Function", "s3"): lambda resource: [
        f"arn:aws:s3:::{resource.properties['Code']['S3Bucket']}/{resource.properties['Code']['S3Key']}"
    ],
    ("AWS::Lambda::Permission", ""): function_of,
    ("AWS::Route53::RecordSet", ""): zone_of,
    ("AWS::S3::BucketPolicy", ""): lambda resource: [f"arn:aws:s3:::{resource.properties.get('Bucket')}"],
    ("AWS::SNS::Subscription", ""): lambda resource: [resource.properties.get("TopicArn", "")],
    ("AWS::SNS::TopicPolicy", ""): lambda resource: list(resource.properties.get("Topics", ())),
    ("AWS::SQS::QueuePolicy", ""): queues_of,
    ("AWS::Scheduler::Schedule", "iam"): passed_role,
    ("AWS::StepFunctions::StateMachine", "iam"): passed_role,
    ("AWS::StepFunctions::StateMachine", "kms"): lambda resource: [
        resource.properties["EncryptionConfiguration"]["KmsKeyId"]
    ],
    ("AWS::WAFv2::WebACLAssociation", ""): lambda resource: [
        resource.properties["WebACLArn"], resource.properties["ResourceArn"]
    ],
}
