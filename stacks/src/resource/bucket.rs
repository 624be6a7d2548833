//! Buckets of S3.

use super::Resource;
use contracts::backlog::KeyPrefix;
use contracts::{PutObjects, Wire};
use policies::{CfnString, Condition, Grant, PolicyDocument, Statement};
use serde::Serialize;
use serde_json::{Value as Json, json};

/// Days for which a replaced or deleted object can be brought back.
const OLD_VERSIONS_DAYS: u32 = 30;

/// A private, encrypted, versioned bucket.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Bucket {
    bucket_encryption: Json,
    lifecycle_configuration: Json,
    ownership_controls: Json,
    public_access_block_configuration: PublicAccessBlock,
    versioning_configuration: Json,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct PublicAccessBlock {
    block_public_acls: bool,
    block_public_policy: bool,
    ignore_public_acls: bool,
    restrict_public_buckets: bool,
}

impl Resource for Bucket {
    const TYPE: &'static str = "AWS::S3::Bucket";
    const HOLDS_DATA: bool = true;
}

impl Bucket {
    pub(crate) fn new() -> Self {
        Self {
            bucket_encryption: json!({"ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}},
            ]}),
            lifecycle_configuration: json!({"Rules": [
                {
                    "Id": "unfinished-uploads",
                    "Status": "Enabled",
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                },
                {
                    "Id": "old-versions",
                    "Status": "Enabled",
                    "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_VERSIONS_DAYS},
                },
            ]}),
            ownership_controls: json!({"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}),
            public_access_block_configuration: PublicAccessBlock {
                block_public_acls: true,
                block_public_policy: true,
                ignore_public_acls: true,
                restrict_public_buckets: true,
            },
            versioning_configuration: json!({"Status": "Enabled"}),
        }
    }
}

/// The bucket's own policy: no access without TLS.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BucketPolicy {
    bucket: CfnString,
    policy_document: PolicyDocument,
}

impl Resource for BucketPolicy {
    const TYPE: &'static str = "AWS::S3::BucketPolicy";
}

impl BucketPolicy {
    pub(crate) fn tls_only(bucket: &BucketRef) -> Self {
        Self {
            bucket: bucket.name(),
            policy_document: PolicyDocument::new(vec![Statement::deny_everyone_all_of(
                "s3",
                vec![bucket.arn(), bucket.arn().then("/*")],
                Condition::not_over_tls(),
            )]),
        }
    }
}

/// A bucket in a stack.
pub struct BucketRef {
    pub(crate) logical_id: String,
}

impl BucketRef {
    pub(crate) fn new(logical_id: &str) -> Self {
        Self { logical_id: logical_id.to_owned() }
    }

    pub(crate) fn name(&self) -> CfnString {
        CfnString::reference(&self.logical_id)
    }

    pub(crate) fn regional_domain_name(&self) -> CfnString {
        CfnString::attribute(&self.logical_id, "RegionalDomainName")
    }

    pub(crate) fn arn(&self) -> CfnString {
        CfnString::attribute(&self.logical_id, "Arn")
    }

    /// Lets a function write objects below a prefix, after a look at what is there.
    pub fn put_objects(&self, prefix: &KeyPrefix) -> Wire<PutObjects> {
        let location = CfnString::text("s3://").join(self.name()).then(format!("/{}", prefix.as_str()));
        let grant = Grant::PutObjects { bucket: self.arn(), prefix: prefix.as_str().to_owned() };
        #[expect(clippy::disallowed_methods, reason = "this is a resource")]
        Wire::new(location, vec![grant])
    }
}
