"""Shows what handlers and deployer rely on though no gap is closed for it: ministack does it as AWS does."""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256

from botocore.exceptions import ClientError

from testing.emulated import Emulated
from testing.emulator import ACCOUNT, REGION
from testing.templates import outputs, resource, statement


def digest(data: bytes) -> str:
    """The checksum of some data as S3 writes it."""
    return b64encode(sha256(data).digest()).decode()


class ReliedOn(Emulated):
    """What ministack does as AWS does."""

    def test_writes_with_preconditions(self) -> None:
        name = {"Bucket": "code", "Key": "bound"}
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

    def test_uploads_with_preconditions(self) -> None:
        name = {"Bucket": "code", "Key": "bound-upload"}
        tag = self.s3.put_object(**name, Body=b"b")["ETag"]
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
        for wrong in ({"IfNoneMatch": "*"}, {"IfMatch": '"00"'}):
            with self.assertRaisesRegex(ClientError, "PreconditionFailed"):
                complete(**wrong)
        complete(IfMatch=tag)
        composite = digest(b"".join(sha256(part).digest() for part in parts))
        found = self.s3.head_object(**name, ChecksumMode="ENABLED")
        self.assertEqual((found["ChecksumSHA256"], found["Metadata"]), (f"{composite}-2", {"number": "8"}))

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
        # The SDK for Python follows to the region that the redirect names; not every SDK does.
        here.list_object_versions(Bucket="twin-there")
        self.assertEqual(seen[0], 301)

    def test_notifications_of_a_bucket(self) -> None:
        of_account = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
        policy = lambda service, **more: resource(
            "SNS::TopicPolicy", Topics=[{"Ref": "Topic"}],
            PolicyDocument=statement("sns:Publish", {"Ref": "Topic"}, Principal={"Service": service}, **more),
        )
        told = {"Topic": resource("SNS::Topic"), "Policy": policy("events.amazonaws.com")}
        topic = self.deploy(told, outputs(Topic={"Ref": "Topic"}))["Outputs"]["Topic"]
        wish = {"TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]}
        put = lambda: self.s3.put_bucket_notification_configuration(
            Bucket="code", NotificationConfiguration=wish
        )
        with self.assertRaisesRegex(ClientError, "Unable to validate the following destination configurations"):
            put()
        told["Policy"] = policy("s3.amazonaws.com", Condition=of_account)
        self.deploy(told, outputs(Topic={"Ref": "Topic"}), "UPDATE")
        put()

    def test_long_templates(self) -> None:
        text = json.dumps({"Description": "d", "Resources": {"Queue": resource("SQS::Queue")}})
        validate = lambda size: self.stacks.validate_template(TemplateBody=text + " " * (size - len(text)))
        validate(51_200)
        with self.assertRaisesRegex(ClientError, "Member must have length less than or equal to 51200"):
            validate(51_201)

    def test_policies_of_distributions(self) -> None:
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
        names = outputs(**{name: {"Ref": name} for name in policies})
        before = self.deploy(policies, names)
        cache["DefaultTTL"], request["CookiesConfig"] = 90, {"CookieBehavior": "all"}
        after = self.deploy(policies, names, "UPDATE")
        self.assertEqual((after["StackStatus"], after["Outputs"]), ("UPDATE_COMPLETE", before["Outputs"]))
        distributions = self.emulator.client("cloudfront")
        kept = distributions.get_cache_policy(Id=after["Outputs"]["Cache"])["CachePolicy"]
        self.assertEqual(kept["CachePolicyConfig"]["DefaultTTL"], 90)
        self.delete(after)
        self.assertEqual(distributions.list_cache_policies(Type="custom")["CachePolicyList"]["Quantity"], 0)
