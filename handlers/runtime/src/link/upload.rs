//! One object on its way to S3: in memory while it is small, in parts when it is not.

use crate::calls::{NewPart, ObjectCalls, Part};
use crate::object::Object;
use crate::{Failure, log};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::{Bytes, BytesMut};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// Size of a part unless the object needs larger ones to stay within the number of parts.
const PART_BYTES: u64 = 8 * 1024 * 1024;
/// Most parts of an upload. Source: Amazon S3 user guide, multipart upload limits.
const PARTS_LIMIT: u64 = 10_000;
/// How long aborting may take: it runs in the reserved time at the end, which must
/// also suffice to answer.
const ABORT_TIMEOUT: Duration = Duration::from_secs(3);

/// The result of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// The object is a new one, or has a new version.
    New,
    /// The object had these very bytes, and was left as it was.
    Unchanged,
}

/// An object that is being written; nothing is visible before `finish`.
pub struct Upload {
    calls: Arc<dyn ObjectCalls>,
    object: Object,
    part_bytes: usize,
    buffer: BytesMut,
    written_bytes: u64,
    multipart: Option<Multipart>,
}

/// An upload of several parts, as S3 knows it.
struct Multipart {
    id: String,
    parts: Vec<Part>,
    /// Of the parts' digests, one after the other.
    digest: Sha256,
}

impl Upload {
    pub(super) fn new(calls: Arc<dyn ObjectCalls>, object: Object, size_bytes: u64) -> Self {
        Self {
            calls,
            object,
            part_bytes: usize::try_from(part_bytes(size_bytes)).unwrap_or(usize::MAX),
            buffer: BytesMut::new(),
            written_bytes: 0,
            multipart: None,
        }
    }

    /// The whole key of the object.
    pub fn key(&self) -> &str {
        &self.object.key
    }

    /// How many bytes were written so far.
    pub fn written_bytes(&self) -> u64 {
        self.written_bytes
    }

    /// Takes the next bytes; sends a part whenever one is full, so memory stays bounded.
    ///
    /// After a failure or a cancellation, call only `abort`.
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

    /// Makes the object visible, unless one of the same bytes is what it would replace.
    ///
    /// After a failure or a cancellation, call only `abort`.
    pub async fn finish(&mut self) -> Result<Written, Failure> {
        if self.multipart.is_some() && !self.buffer.is_empty() {
            self.send_part().await?;
        }
        let Some(Multipart { id, parts, digest }) = &self.multipart else {
            let content = self.buffer.split().freeze();
            let digest = digest_of(&content);
            if self.is_known(&digest) {
                return Ok(Written::Unchanged);
            }
            self.calls.put(&self.object, content, &digest).await?;
            return Ok(Written::New);
        };
        // Source: Amazon S3 user guide, "Checking object integrity": composite checksums.
        let digest = format!("{}-{}", BASE64_STANDARD.encode(digest.clone().finalize()), parts.len());
        if self.is_known(&digest) {
            return Ok(Written::Unchanged);
        }
        self.calls.complete(&self.object, id, parts, &digest).await?;
        self.multipart = None;
        Ok(Written::New)
    }

    /// Removes the parts of an upload that did not become an object.
    ///
    /// A failure here is only logged: the bucket's lifecycle rule removes the parts later.
    pub async fn abort(self) {
        let Some(Multipart { id, .. }) = &self.multipart else {
            return;
        };
        let result = timeout(ABORT_TIMEOUT, self.calls.abort(&self.object, id)).await;
        if let Err(failure) = result.unwrap_or_else(|_| Err(Failure::retry("S3 does not answer"))) {
            log::warn(
                "parts of an upload stay until the lifecycle rule removes them",
                json!({"key": self.key(), "reason": failure.reason()}),
            );
        }
    }

    async fn send_part(&mut self) -> Result<(), Failure> {
        let Multipart { id, parts, digest } = match &mut self.multipart {
            Some(multipart) => multipart,
            none => none.insert(Multipart {
                id: self.calls.begin(&self.object).await?,
                parts: Vec::new(),
                digest: Sha256::new(),
            }),
        };
        let number = i32::try_from(parts.len() + 1).unwrap_or(i32::MAX);
        let content = self.buffer.split().freeze();
        let of_part = Sha256::digest(&content);
        digest.update(of_part);
        let part = NewPart { number, content, digest: BASE64_STANDARD.encode(of_part) };
        parts.push(self.calls.send_part(&self.object, id, part).await?);
        Ok(())
    }

    /// Whether the object that is to be replaced has these bytes.
    fn is_known(&self, digest: &str) -> bool {
        let replaced = self.object.replaced.as_ref();
        replaced.is_some_and(|there| there.size_bytes == self.written_bytes && there.digest.as_deref() == Some(digest))
    }
}

/// The size of the parts of an object with this expected size.
fn part_bytes(size_bytes: u64) -> u64 {
    PART_BYTES.max(size_bytes.div_ceil(PARTS_LIMIT))
}

/// The checksum that S3 keeps of content that is stored at once: SHA-256 in Base64.
fn digest_of(content: &[u8]) -> String {
    BASE64_STANDARD.encode(Sha256::digest(content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_size_needs_more_parts_than_s3_allows() {
        let few = PART_BYTES * PARTS_LIMIT;
        assert_eq!([part_bytes(0), part_bytes(few)], [PART_BYTES; 2]);
        for size_bytes in [few + 1, 5 << 40] {
            assert!(size_bytes.div_ceil(part_bytes(size_bytes)) <= PARTS_LIMIT, "{size_bytes}");
        }
    }
}
