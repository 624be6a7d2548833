"""Tests that visit a distribution in front of a private bucket and an API."""

from __future__ import annotations

import http.client
from typing import Any

from testing.emulated import Emulated
from testing.templates import api, function, outputs, permission, resource, role

OPTIMIZED, DISABLED = "658327ea-f89d-4fab-a63d-7e88639e58f6", "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
SECURITY_HEADERS = "67f7725c-6f97-4210-82d7-5512b31e9d03"

OUTPUTS = outputs(
    Id={"Ref": "Distribution"}, Bucket={"Ref": "Bucket"}, Domain={"Fn::GetAtt": ["Distribution", "DomainName"]},
)
PAGES = ("index.html", "home"), ("404.html", "lost"), ("app.js", "code")


def behavior(origin: str, cache: str, headers: Any, **more: Any) -> dict[str, Any]:
    """How the distribution treats some paths."""
    return {
        "TargetOriginId": origin, "ViewerProtocolPolicy": "redirect-to-https", "CachePolicyId": cache,
        "ResponseHeadersPolicyId": headers, "Compress": True, **more,
    }


def headers_of(name: str) -> dict[str, Any]:
    """What the distribution adds to each page."""
    return {
        "Name": name, "CustomHeadersConfig": {"Items": [
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


def configuration() -> dict[str, Any]:
    """A distribution that leads `/api/` to an API and everything else to a bucket."""
    methods = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]
    return {
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
        "DefaultCacheBehavior": behavior("pages", OPTIMIZED, {"Ref": "Headers"}),
        "CacheBehaviors": [behavior(
            "api", DISABLED, SECURITY_HEADERS, PathPattern="/api/*", AllowedMethods=methods,
            OriginRequestPolicyId=ALL_VIEWER_EXCEPT_HOST,
        )],
        "CustomErrorResponses": [
            {"ErrorCode": 403, "ResponseCode": 404, "ResponsePagePath": "/404.html"},
        ],
    }


def site(name: str) -> dict[str, Any]:
    """The resources of a site of this name."""
    source = {"Fn::Sub": "arn:aws:cloudfront::${AWS::AccountId}:distribution/${Distribution}"}
    reads = {
        "Effect": "Allow", "Principal": {"Service": "cloudfront.amazonaws.com"}, "Action": "s3:GetObject",
        "Condition": {"StringEquals": {"AWS:SourceArn": source}}, "Resource": {"Fn::Sub": "${Bucket.Arn}/*"},
    }
    closed = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    return {
        "Bucket": resource("S3::Bucket", PublicAccessBlockConfiguration=dict.fromkeys(closed, True)),
        "BucketPolicy": resource("S3::BucketPolicy", Bucket={"Ref": "Bucket"}, PolicyDocument={
            "Version": "2012-10-17", "Statement": [reads],
        }),
        "Access": resource("CloudFront::OriginAccessControl", OriginAccessControlConfig={
            "Name": name, "OriginAccessControlOriginType": "s3", "SigningBehavior": "always",
            "SigningProtocol": "sigv4",
        }),
        "Headers": resource("CloudFront::ResponseHeadersPolicy", ResponseHeadersPolicyConfig=headers_of(name)),
        "Distribution": resource("CloudFront::Distribution", DistributionConfig=configuration()),
        "Role": role(), "Function": function(), "Permission": permission(),
        **api("api", "{proxy+}", method="ANY"),
    }


class Sites(Emulated):
    """A distribution in front of a private bucket and an API."""

    def deployed(self, resources: dict[str, Any]) -> dict[str, Any]:
        """The stack of a site with some pages."""
        stack = self.deploy(resources, OUTPUTS)
        self.assertEqual(stack["StackStatus"], "CREATE_COMPLETE", self.reasons(stack))
        for name, text in PAGES:
            self.s3.put_object(
                Bucket=stack["Outputs"]["Bucket"], Key=name, Body=text.encode(), ContentType="text/html",
                CacheControl="max-age=9",
            )
        return stack

    def host(self, stack: dict[str, Any]) -> str:
        """The address of a site on this machine."""
        return f"{stack['Outputs']['Id'].lower()}.cloudfront.localhost:{self.emulator.port}"

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

    def remove(self, stack: dict[str, Any]) -> None:
        """Deletes a site with its pages, and looks whether anything of it is left."""
        for name, _ in PAGES:
            self.s3.delete_object(Bucket=stack["Outputs"]["Bucket"], Key=name)
        self.delete(stack)
        distributions = self.emulator.client("cloudfront")
        self.assertEqual(distributions.list_distributions()["DistributionList"]["Quantity"], 0)
        self.assertEqual(distributions.list_origin_access_controls()["OriginAccessControlList"]["Quantity"], 0)
