//! Where an upload goes: the calls of S3 that it takes, or a fake that remembers them.

use crate::Failure;
use crate::link::failed_call;
use crate::link::object_store::{FakeObjectStore, KnownObject, Notes};
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;

/// The action that allows every call here except giving up.
const PUT: &str = "s3:PutObject";
/// What the object is served as; left to the calls, it would depend on the object's size.
const CONTENT_TYPE: &str = "application/octet-stream";

pub(in crate::link) enum Sink {
    S3 { client: aws_sdk_s3::Client, bucket: String },
    Fake(FakeObjectStore),
}

/// An object that is to be written.
pub(in crate::link) struct Object {
    /// The whole key.
    pub(in crate::link) key: String,
    /// What must be there still when the object becomes visible; nothing, if it is none.
    pub(in crate::link) replaced: Option<KnownObject>,
    pub(in crate::link) notes: Notes,
}

impl Object {
    /// What is said if something else is there than what was to be replaced.
    pub(in crate::link) fn overtaken() -> Failure {
        Failure::retry("the object was written by somebody else meanwhile, or the function may not look at it")
    }

    /// The preconditions of writing it: `If-None-Match` and `If-Match`.
    fn preconditions(&self) -> (Option<String>, Option<String>) {
        match &self.replaced {
            None => (Some("*".to_owned()), None),
            Some(there) => (None, Some(there.e_tag.clone())),
        }
    }
}

impl Sink {
    /// Stores a whole object at once.
    pub(super) async fn put(&self, object: &Object, content: Bytes, digest: &str) -> Result<(), Failure> {
        let (client, bucket) = match self {
            Self::S3 { client, bucket } => (client, bucket),
            Self::Fake(store) => return store.put(object, &content, digest).await,
        };
        let (none_match, is_match) = object.preconditions();
        let mut call = client.put_object().bucket(bucket).key(&object.key).checksum_sha256(digest);
        for (name, note) in &object.notes {
            call = call.metadata(*name, note);
        }
        let call = call.set_if_none_match(none_match).set_if_match(is_match);
        let call = call.content_type(CONTENT_TYPE).body(ByteStream::from(content));
        call.send().await.map_err(failed_write)?;
        Ok(())
    }

    /// Begins an upload in parts and returns its id.
    pub(super) async fn begin(&self, object: &Object) -> Result<String, Failure> {
        let (client, bucket) = match self {
            Self::S3 { client, bucket } => (client, bucket),
            Self::Fake(store) => {
                store.begin(&object.key);
                return Ok(object.key.clone());
            }
        };
        let mut call = client.create_multipart_upload().bucket(bucket).key(&object.key);
        for (name, note) in &object.notes {
            call = call.metadata(*name, note);
        }
        // S3 refuses parts whose checksum was not announced.
        let call = call.content_type(CONTENT_TYPE).checksum_algorithm(ChecksumAlgorithm::Sha256);
        let begun = call.send().await.map_err(|error| failed_call(PUT, error))?;
        begun.upload_id.ok_or_else(|| Failure::retry("S3 began an upload without an id"))
    }

    /// Stores the part of this number, the first being 1, with its SHA-256 in Base64.
    pub(super) async fn send_part(
        &self,
        key: &str,
        upload_id: &str,
        number: i32,
        content: Bytes,
        digest: String,
    ) -> Result<CompletedPart, Failure> {
        let part = CompletedPart::builder().part_number(number);
        let (client, bucket) = match self {
            Self::S3 { client, bucket } => (client, bucket),
            Self::Fake(store) => {
                store.send_part(key, number, content)?;
                return Ok(part.build());
            }
        };
        let call = client.upload_part().bucket(bucket).key(key).upload_id(upload_id);
        let call = call.part_number(number).checksum_sha256(&digest).body(ByteStream::from(content));
        let sent = call.send().await.map_err(|error| failed_call(PUT, error))?;
        Ok(part.set_e_tag(sent.e_tag).checksum_sha256(digest).build())
    }

    /// Makes an object of the parts; `digest` is that of their digests, and their number.
    pub(super) async fn complete(
        &self,
        object: &Object,
        upload_id: &str,
        parts: Vec<CompletedPart>,
        digest: &str,
    ) -> Result<(), Failure> {
        let (client, bucket) = match self {
            Self::S3 { client, bucket } => (client, bucket),
            Self::Fake(store) => return store.complete(object, digest).await,
        };
        let (none_match, is_match) = object.preconditions();
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let call = client.complete_multipart_upload().bucket(bucket).key(&object.key).upload_id(upload_id);
        let call = call.set_if_none_match(none_match).set_if_match(is_match);
        let call = call.multipart_upload(parts);
        call.send().await.map_err(failed_write)?;
        Ok(())
    }

    /// Removes the parts of an upload that will not be completed.
    pub(super) async fn abort(&self, key: &str, upload_id: &str) -> Result<(), Failure> {
        let (client, bucket) = match self {
            Self::S3 { client, bucket } => (client, bucket),
            Self::Fake(store) => {
                store.abort(key);
                return Ok(());
            }
        };
        let call = client.abort_multipart_upload().bucket(bucket).key(key).upload_id(upload_id);
        call.send().await.map_err(|error| failed_call("s3:AbortMultipartUpload", error))?;
        Ok(())
    }
}

/// A failed write; one whose precondition does not hold is told apart.
///
/// Source: Amazon S3 user guide, "How to prevent object overwrites with conditional writes".
fn failed_write<E>(error: E) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error,
{
    match error.code() {
        Some("PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey") => Object::overtaken(),
        _ => failed_call(PUT, error),
    }
}
