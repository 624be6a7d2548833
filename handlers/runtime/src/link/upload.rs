//! One object on its way to S3: in memory while it is small, in parts when it is not.

use super::failed_call;
use super::object_store::FakeObjectStore;
use crate::Failure;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::{Bytes, BytesMut};

/// Size of a part unless the object needs larger ones to stay within the number of parts.
const PART_BYTES: u64 = 8 * 1024 * 1024;
/// Most parts of an upload. Source: Amazon S3 user guide, multipart upload limits.
const PARTS_LIMIT: u64 = 10_000;

/// An object that is being written; nothing is visible before `finish`.
pub struct Upload {
    sink: Sink,
    key: String,
    part_bytes: usize,
    buffer: BytesMut,
    written_bytes: u64,
    parts: Vec<CompletedPart>,
    upload_id: Option<String>,
}

pub(super) enum Sink {
    S3 {
        client: aws_sdk_s3::Client,
        bucket: String,
    },
    Fake(FakeObjectStore),
}

impl Upload {
    pub(super) fn new(sink: Sink, key: String, size_bytes: u64) -> Self {
        let part_bytes = PART_BYTES.max(size_bytes.div_ceil(PARTS_LIMIT));
        Self {
            sink,
            key,
            part_bytes: usize::try_from(part_bytes).unwrap_or(usize::MAX),
            buffer: BytesMut::new(),
            written_bytes: 0,
            parts: Vec::new(),
            upload_id: None,
        }
    }

    /// The whole key of the object.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// How many bytes were written so far.
    pub fn written_bytes(&self) -> u64 {
        self.written_bytes
    }

    /// Takes the next bytes; sends a part whenever one is full, so memory stays bounded.
    pub async fn write(&mut self, mut bytes: Bytes) -> Result<(), Failure> {
        self.written_bytes += bytes.len() as u64;
        while !bytes.is_empty() {
            // Only when more follows: what fits into one part needs no multipart upload.
            if self.buffer.len() == self.part_bytes {
                self.send_part().await?;
            }
            let room = self.part_bytes - self.buffer.len();
            let taken = bytes.split_to(room.min(bytes.len()));
            self.buffer.extend_from_slice(&taken);
        }
        Ok(())
    }

    /// Makes the object visible. On failure the upload is aborted.
    pub async fn finish(mut self) -> Result<(), Failure> {
        let result = match self.upload_id {
            None => self.put_whole().await,
            Some(_) => self.complete().await,
        };
        if result.is_err() {
            self.abort().await;
        }
        result
    }

    /// Gives the upload up and removes what was stored of it.
    ///
    /// A failure here is only logged: the bucket's lifecycle rule removes the parts later.
    pub async fn abort(self) {
        let (client, bucket) = match &self.sink {
            Sink::S3 { client, bucket } => (client, bucket),
            Sink::Fake(store) => return store.abort(&self.key),
        };
        let Some(upload_id) = &self.upload_id else {
            return;
        };
        let result = client
            .abort_multipart_upload()
            .bucket(bucket)
            .key(&self.key)
            .upload_id(upload_id)
            .send()
            .await;
        if let Err(error) = result {
            let failure = failed_call("s3:AbortMultipartUpload", error);
            crate::log::warn(
                "parts of an upload stay until the lifecycle rule removes them",
                serde_json::json!({"key": self.key, "reason": failure.reason()}),
            );
        }
    }

    async fn put_whole(&mut self) -> Result<(), Failure> {
        let content = self.buffer.split().freeze();
        match &self.sink {
            Sink::Fake(store) => store.put(&self.key, content.to_vec()),
            Sink::S3 { client, bucket } => {
                client
                    .put_object()
                    .bucket(bucket)
                    .key(&self.key)
                    .body(ByteStream::from(content))
                    .send()
                    .await
                    .map_err(|error| failed_call("s3:PutObject", error))?;
            }
        }
        Ok(())
    }

    async fn send_part(&mut self) -> Result<(), Failure> {
        let Sink::S3 { client, bucket } = &self.sink else {
            // The fake keeps everything: its part is as large as it needs to be.
            self.part_bytes = usize::MAX;
            return Ok(());
        };
        let upload_id = match &self.upload_id {
            Some(upload_id) => upload_id.clone(),
            None => {
                let begun = client.create_multipart_upload().bucket(bucket).key(&self.key);
                let begun = begun.send().await.map_err(|error| failed_call("s3:PutObject", error))?;
                let upload_id = begun.upload_id().unwrap_or_default().to_owned();
                self.upload_id = Some(upload_id.clone());
                upload_id
            }
        };
        let number = i32::try_from(self.parts.len() + 1).unwrap_or(i32::MAX);
        let sent = client
            .upload_part()
            .bucket(bucket)
            .key(&self.key)
            .upload_id(upload_id)
            .part_number(number)
            .body(ByteStream::from(self.buffer.split().freeze()))
            .send()
            .await
            .map_err(|error| failed_call("s3:PutObject", error))?;
        self.parts.push(
            CompletedPart::builder()
                .part_number(number)
                .set_e_tag(sent.e_tag)
                .set_checksum_crc32(sent.checksum_crc32)
                .build(),
        );
        Ok(())
    }

    async fn complete(&mut self) -> Result<(), Failure> {
        if !self.buffer.is_empty() {
            self.send_part().await?;
        }
        let Sink::S3 { client, bucket } = &self.sink else {
            return Ok(());
        };
        let parts = std::mem::take(&mut self.parts);
        client
            .complete_multipart_upload()
            .bucket(bucket)
            .key(&self.key)
            .set_upload_id(self.upload_id.clone())
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
            .send()
            .await
            .map_err(|error| failed_call("s3:PutObject", error))?;
        Ok(())
    }
}
