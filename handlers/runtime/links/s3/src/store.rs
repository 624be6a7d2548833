//! The calls of S3 that writing an object takes.

use aws_sdk_s3::Client;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumMode, CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use runtime::calls::{Answer, NewPart, ObjectCalls, Part};
use runtime::{Failure, KnownObject, Object};

/// The action that allows every call that writes, except giving up.
const PUT: &str = "s3:PutObject";
/// What the object is served as; left to the calls, it would depend on the object's size.
const CONTENT_TYPE: &str = "application/octet-stream";

pub(crate) struct BucketStore {
    pub(crate) client: Client,
    pub(crate) bucket: String,
}

impl ObjectCalls for BucketStore {
    fn find<'a>(&'a self, key: &'a str) -> Answer<'a, Option<KnownObject>> {
        let call = self.client.head_object().bucket(&self.bucket).key(key).checksum_mode(ChecksumMode::Enabled);
        Box::pin(async move {
            match call.send().await {
                Ok(head) => Ok(Some(KnownObject {
                    e_tag: head.e_tag.unwrap_or_default(),
                    size_bytes: head.content_length.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
                    digest: head.checksum_sha256,
                    notes: head.metadata.unwrap_or_default().into_iter().collect(),
                })),
                // S3 says 403 in place of 404 to a caller who may not list the bucket. If the object
                // exists nevertheless, writing fails, because it is bound to there being none.
                // Source: Amazon S3 API reference, HeadObject, "Permissions".
                Err(error) if error.raw_response().is_some_and(|raw| matches!(raw.status().as_u16(), 403 | 404)) => {
                    Ok(None)
                }
                Err(error) => Err(aws::failed_call("s3:GetObject", error)),
            }
        })
    }

    fn put<'a>(&'a self, object: &'a Object, content: Bytes, digest: &'a str) -> Answer<'a, ()> {
        let (none_match, is_match) = preconditions(object);
        let mut call = self.client.put_object().bucket(&self.bucket).key(&object.key).checksum_sha256(digest);
        for (name, note) in &object.notes {
            call = call.metadata(*name, note);
        }
        let call = call.set_if_none_match(none_match).set_if_match(is_match);
        let call = call.content_type(CONTENT_TYPE).body(ByteStream::from(content));
        Box::pin(async move { call.send().await.map(|_| ()).map_err(failed_write) })
    }

    fn begin<'a>(&'a self, object: &'a Object) -> Answer<'a, String> {
        let mut call = self.client.create_multipart_upload().bucket(&self.bucket).key(&object.key);
        for (name, note) in &object.notes {
            call = call.metadata(*name, note);
        }
        // S3 refuses parts whose checksum was not announced.
        let call = call.content_type(CONTENT_TYPE).checksum_algorithm(ChecksumAlgorithm::Sha256);
        Box::pin(async move {
            let started = call.send().await.map_err(|error| aws::failed_call(PUT, error))?;
            started.upload_id.ok_or_else(|| Failure::retry("S3 started an upload without an id"))
        })
    }

    fn send_part<'a>(&'a self, object: &'a Object, upload_id: &'a str, part: NewPart) -> Answer<'a, Part> {
        let NewPart { number, content, digest } = part;
        let call = self.client.upload_part().bucket(&self.bucket).key(&object.key).upload_id(upload_id);
        let call = call.part_number(number).checksum_sha256(&digest).body(ByteStream::from(content));
        Box::pin(async move {
            let sent = call.send().await.map_err(|error| aws::failed_call(PUT, error))?;
            Ok(Part { number, e_tag: sent.e_tag, digest })
        })
    }

    fn complete<'a>(
        &'a self,
        object: &'a Object,
        upload_id: &'a str,
        parts: &'a [Part],
        _digest: &'a str,
    ) -> Answer<'a, ()> {
        let (none_match, is_match) = preconditions(object);
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts.iter().map(completed).collect())).build();
        let call = self.client.complete_multipart_upload().bucket(&self.bucket).key(&object.key).upload_id(upload_id);
        let call = call.set_if_none_match(none_match).set_if_match(is_match).multipart_upload(parts);
        Box::pin(async move { call.send().await.map(|_| ()).map_err(failed_write) })
    }

    fn abort<'a>(&'a self, object: &'a Object, upload_id: &'a str) -> Answer<'a, ()> {
        let call = self.client.abort_multipart_upload().bucket(&self.bucket).key(&object.key).upload_id(upload_id);
        Box::pin(async move {
            call.send().await.map(|_| ()).map_err(|error| aws::failed_call("s3:AbortMultipartUpload", error))
        })
    }
}

/// The preconditions of writing an object: `If-None-Match` and `If-Match`.
fn preconditions(object: &Object) -> (Option<String>, Option<String>) {
    match &object.replaced {
        None => (Some("*".to_owned()), None),
        Some(there) => (None, Some(there.e_tag.clone())),
    }
}

fn completed(part: &Part) -> CompletedPart {
    let named = CompletedPart::builder().part_number(part.number).set_e_tag(part.e_tag.clone());
    named.checksum_sha256(&part.digest).build()
}

/// A failed write; one whose precondition does not hold is distinguished.
///
/// Source: Amazon S3 user guide, "How to prevent object overwrites with conditional writes".
fn failed_write<E>(error: E) -> Failure
where
    E: ProvideErrorMetadata + std::error::Error,
{
    match error.code() {
        Some("PreconditionFailed" | "ConditionalRequestConflict" | "NoSuchKey") => Object::overtaken(),
        _ => aws::failed_call(PUT, error),
    }
}
