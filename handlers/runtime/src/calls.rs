//! What links ask of a service: AWS's clients answer it in the crates below `links`, tests answer it in memory.
//!
//! The behavior of a link (what is cut, split, remembered or retried) is written above these calls, once for both.

use crate::Failure;
use crate::object::{KnownObject, Object};
use bytes::Bytes;
use contracts::Headers;
use std::pin::Pin;
use std::time::Duration;

/// The future of a call; boxed, so that a link does not depend on the type that answers.
pub type Answer<'a, T, E = Failure> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

/// Calls of a queue.
pub trait QueueCalls: Send + Sync {
    /// Sends a message with attributes, none of them empty, and returns its id.
    fn send<'a>(&'a self, body: &'a str, attributes: &'a Headers) -> Answer<'a, String>;

    /// Hides a delivered message for this time before it is delivered again.
    fn postpone<'a>(&'a self, receipt: &'a str, delay: Duration) -> Answer<'a, ()>;
}

/// Calls of a topic.
pub trait TopicCalls: Send + Sync {
    /// Publishes a message and returns its id.
    fn publish<'a>(&'a self, message: &'a str) -> Answer<'a, String>;
}

/// Calls of a table of records of type `T`.
pub trait TableCalls<T>: Send + Sync {
    /// A record that has not expired, with its revision, in a strongly consistent read.
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<(T, u64)>>;

    /// Writes a record if its revision is still the previous one; without one, if no unexpired record exists.
    fn put<'a>(&'a self, key: &'a str, value: &'a T, write: Write) -> Answer<'a, bool>;
}

/// How a record is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Write {
    /// The revision that must exist. Default: no record may exist.
    pub previous: Option<u64>,
    /// The revision that is written.
    pub revision: u64,
    /// When the record expires, in seconds since 1970. Default: never.
    pub expires_at: Option<u64>,
}

/// Calls of a table of numbers.
pub trait CounterCalls: Send + Sync {
    /// Adds one unless the number has reached the limit; `false` if it has. The comparison and the addition are atomic.
    fn count<'a>(&'a self, key: &'a str, limit: u32, expires_at: u64) -> Answer<'a, bool>;
}

/// Calls of a secret.
pub trait SecretCalls: Send + Sync {
    /// The text that is stored now, if it is one.
    fn text(&self) -> Answer<'_, Option<String>, Unread>;
}

/// Why a secret could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// There is no such secret, or it has no value.
    Missing(Failure),
    /// It exists, but the function may not read it, or its value cannot be used.
    Withheld(Failure),
    /// The service did not answer, or failed.
    Silent(Failure),
}

impl From<Unread> for Failure {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Missing(failure) | Unread::Withheld(failure) | Unread::Silent(failure) => failure,
        }
    }
}

/// Calls of a store of objects; keys are whole.
pub trait ObjectCalls: Send + Sync {
    /// The object with this key, if it exists and the function may read it.
    fn find<'a>(&'a self, key: &'a str) -> Answer<'a, Option<KnownObject>>;

    /// Stores a whole object at once; `digest` is its SHA-256 in Base64.
    fn put<'a>(&'a self, object: &'a Object, content: Bytes, digest: &'a str) -> Answer<'a, ()>;

    /// Starts a multipart upload and returns its id.
    fn begin<'a>(&'a self, object: &'a Object) -> Answer<'a, String>;

    /// Stores a part, and returns what the store says of it.
    fn send_part<'a>(&'a self, object: &'a Object, upload_id: &'a str, part: NewPart) -> Answer<'a, Part>;

    /// Completes the upload; `digest` is the digest of the parts' digests, with their number.
    fn complete<'a>(
        &'a self,
        object: &'a Object,
        upload_id: &'a str,
        parts: &'a [Part],
        digest: &'a str,
    ) -> Answer<'a, ()>;

    /// Removes the parts of an upload that will not be completed.
    fn abort<'a>(&'a self, object: &'a Object, upload_id: &'a str) -> Answer<'a, ()>;
}

/// A part of an object that is to be stored.
#[derive(Clone, Debug)]
pub struct NewPart {
    /// Its number; the first is 1.
    pub number: i32,
    /// Its bytes.
    pub content: Bytes,
    /// Their SHA-256 in Base64.
    pub digest: String,
}

/// A part of an object that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number; the first is 1.
    pub number: i32,
    /// The entity tag of its content.
    pub e_tag: Option<String>,
    /// SHA-256 of its bytes in Base64.
    pub digest: String,
}
