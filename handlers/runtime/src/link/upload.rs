//! One object on its way to S3: in memory while it is small, in parts when it is not.

mod sink;

pub(super) use sink::Sink;

use crate::{Failure, log};
use aws_sdk_s3::types::CompletedPart;
use bytes::{Bytes, BytesMut};
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;

/// Size of a part unless the object needs larger ones to stay within the number of parts.
const PART_BYTES: u64 = 8 * 1024 * 1024;
/// Most parts of an upload. Source: Amazon S3 user guide, multipart upload limits.
const PARTS_LIMIT: u64 = 10_000;
/// How long giving up may take: it runs in the time that is kept back for closing, which must
/// also suffice to answer.
const ABORT_TIMEOUT: Duration = Duration::from_secs(3);

/// An object that is being written; nothing is visible before `finish`.
pub struct Upload {
    sink: Sink,
    key: String,
    part_bytes: usize,
    buffer: BytesMut,
    written_bytes: u64,
    multipart: Option<Multipart>,
}

/// An upload of several parts, as S3 knows it.
struct Multipart {
    id: String,
    parts: Vec<CompletedPart>,
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
            multipart: None,
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
    ///
    /// After a failure, or if this was not waited for to the end, only `abort` makes sense.
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

    /// Makes the object visible.
    ///
    /// After a failure, or if this was not waited for to the end, only `abort` makes sense.
    pub async fn finish(&mut self) -> Result<(), Failure> {
        if self.multipart.is_none() {
            let content = self.buffer.split().freeze();
            return self.sink.put(&self.key, content).await;
        }
        if !self.buffer.is_empty() {
            self.send_part().await?;
        }
        match self.multipart.as_mut() {
            Some(Multipart { id, parts }) => self.sink.complete(&self.key, id, std::mem::take(parts)).await,
            None => Ok(()),
        }
    }

    /// Gives the upload up and removes what was stored of it.
    ///
    /// A failure here is only logged: the bucket's lifecycle rule removes the parts later.
    pub async fn abort(self) {
        let Some(Multipart { id, .. }) = &self.multipart else {
            return;
        };
        let result = timeout(ABORT_TIMEOUT, self.sink.abort(&self.key, id)).await;
        if let Err(failure) = result.unwrap_or_else(|_| Err(Failure::retry("S3 does not answer"))) {
            log::warn(
                "parts of an upload stay until the lifecycle rule removes them",
                json!({"key": self.key, "reason": failure.reason()}),
            );
        }
    }

    async fn send_part(&mut self) -> Result<(), Failure> {
        let Multipart { id, parts } = match &mut self.multipart {
            Some(multipart) => multipart,
            none => none.insert(Multipart { id: self.sink.begin(&self.key).await?, parts: Vec::new() }),
        };
        let number = i32::try_from(parts.len() + 1).unwrap_or(i32::MAX);
        let content = self.buffer.split().freeze();
        parts.push(self.sink.send_part(&self.key, id, number, content).await?);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
