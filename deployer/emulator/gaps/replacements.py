"""Tells a change that replaces a resource from one in place.

AWS: a change set says for each resource whether it is replaced, which follows from the property that changes.
    Source: CloudFormation user guide, "Understand update behaviors of stack resources"; for each property, "Update
    requires" in the template reference.
ministack: calls every change to a type that it has no list for a conditional replacement.
"""

from __future__ import annotations

from aws.stacks import PROVISIONERS
from registry import changes

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


@changes(PROVISIONERS, "_REPLACING_PROPERTIES", "dict")
def with_more_types(known: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The list of ministack, with those of the types that it has none for."""
    return {**REPLACING_PROPERTIES, **known}
