"""Deletes a stack whose bucket holds an object."""

from __future__ import annotations

from testing.emulated import Emulated
from testing.templates import outputs, resource


class BucketContents(Emulated):
    """The deletion of a bucket."""

    def test_bucket_with_data(self) -> None:
        bucket = self.deploy({"Bucket": resource("S3::Bucket")}, outputs(Name={"Ref": "Bucket"}))
        name = bucket["Outputs"]["Name"]
        self.s3.put_object(Bucket=name, Key="kept", Body=b"data")
        self.stacks.delete_stack(StackName=bucket["StackId"])
        self.assertEqual(self.settled(bucket["StackId"])["StackStatus"], "DELETE_FAILED")
        self.s3.delete_object(Bucket=name, Key="kept")
        self.delete(bucket)
