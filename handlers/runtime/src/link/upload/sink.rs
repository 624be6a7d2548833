//! Where an upload goes: the calls of S3 that it takes, or a fake that remembers them.

use crate::Failure;
use crate::link::failed_call;
use crate::link::object_store::FakeObjectStore;
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

impl Sink {
    /// Stores a whole object at once.
    pub(super) async fn put(&self, key: &str, content: Bytes) -> Result<(), Failure> {
        let (client, bucket) = match self {
            Self::S3 { client, bucket } => (client, bucket),
            Self::Fake(store) => return store.put(key, &content).await,
        };
        let call = client.put_object().bucket(bucket).key(key);
        let call = call.content_type(CONTENT_TYPE).body(ByteStream::from(content));
        call.send().await.map_err(|error| failed_call(PUT, error))?;
        Ok(())
    }

    /// Begins an upload in parts and returns its id.
    pub(super) async fn begin(&self, key: &str) -> Result<String, Failure> {
        let (client, bucket) = match self {
            Self::S3 { client, bucket } => (client, bucket),
            Self::Fake(store) => {
                store.begin(key);
                return Ok(key.to_owned());
            }
        };
        let call = client.create_multipart_upload().bucket(bucket).key(key);
        // The client adds a checksum to every part by itself but does not announce it here, and
        // S3 refuses parts whose checksum was not announced.
        let call = call.content_type(CONTENT_TYPE).checksum_algorithm(ChecksumAlgorithm::Crc32);
        let begun = call.send().await.map_err(|error| failed_call(PUT, error))?;
        begun.upload_id.ok_or_else(|| Failure::retry("S3 began an upload without an id"))
    }

    /// Stores the part of this number; the first is 1.
    pub(super) async fn send_part(
        &self,
        key: &str,
        upload_id: &str,
        number: i32,
        content: Bytes,
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
        let call = call.part_number(number).checksum_algorithm(ChecksumAlgorithm::Crc32);
        let call = call.body(ByteStream::from(content));
        let sent = call.send().await.map_err(|error| failed_call(PUT, error))?;
        Ok(part.set_e_tag(sent.e_tag).set_checksum_crc32(sent.checksum_crc32).build())
    }

    /// Makes an object of the parts.
    pub(super) async fn complete(&self, key: &str, upload_id: &str, parts: Vec<CompletedPart>) -> Result<(), Failure> {
        let (client, bucket) = match self {
            Self::S3 { client, bucket } => (client, bucket),
            Self::Fake(store) => return store.complete(key).await,
        };
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let call = client.complete_multipart_upload().bucket(bucket).key(key).upload_id(upload_id);
        let call = call.multipart_upload(parts);
        call.send().await.map_err(|error| failed_call(PUT, error))?;
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
