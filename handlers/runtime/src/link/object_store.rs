//! A place in a bucket below which a handler may write.

use super::upload::{Sink, Upload};
use crate::Failure;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Longest key in bytes. Source: Amazon S3 user guide, object keys.
const KEY_BYTES: usize = 1024;

/// A bucket and the prefix that no key leaves.
pub struct ObjectStore {
    inner: Inner,
    prefix: String,
}

enum Inner {
    S3 { client: aws_sdk_s3::Client, bucket: String },
    Fake(FakeObjectStore),
}

/// What was written to a fake store, which answers as S3 does, or as badly as it is told to.
#[derive(Clone, Default)]
pub struct FakeObjectStore {
    contents: Arc<Mutex<Contents>>,
    trouble: Option<Trouble>,
}

#[derive(Default)]
struct Contents {
    objects: BTreeMap<String, Vec<u8>>,
    unfinished: BTreeMap<String, Vec<Bytes>>,
    part_sizes: Vec<usize>,
    aborted: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    PartRefused(i32),
    FinishRefused,
    FinishStalled,
}

impl ObjectStore {
    pub(crate) fn s3(client: aws_sdk_s3::Client, bucket: &str, prefix: &str) -> Self {
        Self { inner: Inner::S3 { client, bucket: bucket.to_owned() }, prefix: prefix.to_owned() }
    }

    /// A store that only remembers.
    pub fn fake(store: &FakeObjectStore, prefix: &str) -> Self {
        Self { inner: Inner::Fake(store.clone()), prefix: prefix.to_owned() }
    }

    /// Begins to write the object `key`, relative to the prefix; nothing is sent before a part
    /// is full, and nothing is visible before [`Upload::finish`]. `size_bytes` is what is
    /// expected, and decides the size of parts.
    ///
    /// Fails for good if the whole key is longer than S3 allows.
    pub fn upload(&self, key: &str, size_bytes: u64) -> Result<Upload, Failure> {
        let key = format!("{}{key}", self.prefix);
        if key.len() > KEY_BYTES {
            return Err(Failure::permanent("the key of the object would exceed 1,024 bytes"));
        }
        let sink = match &self.inner {
            Inner::S3 { client, bucket } => Sink::S3 { client: client.clone(), bucket: bucket.clone() },
            Inner::Fake(store) => Sink::Fake(store.clone()),
        };
        Ok(Upload::new(sink, key, size_bytes))
    }
}

impl FakeObjectStore {
    /// A store that refuses the part of this number; the first is 1.
    pub fn refusing_part(number: i32) -> Self {
        Self::in_trouble(Trouble::PartRefused(number))
    }

    /// A store that refuses the call that would make an object visible.
    pub fn refusing_finish() -> Self {
        Self::in_trouble(Trouble::FinishRefused)
    }

    /// A store that never answers the call that would make an object visible.
    pub fn stalling_at_finish() -> Self {
        Self::in_trouble(Trouble::FinishStalled)
    }

    /// Objects by their whole key.
    pub fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        self.contents().objects.clone()
    }

    /// Sizes in bytes of all parts that were stored, of whatever upload, in order of arrival.
    pub fn part_sizes(&self) -> Vec<usize> {
        self.contents().part_sizes.clone()
    }

    /// Keys of multipart uploads that were begun and neither completed nor aborted.
    pub fn unfinished(&self) -> Vec<String> {
        self.contents().unfinished.keys().cloned().collect()
    }

    /// Keys of multipart uploads that were begun and then aborted.
    pub fn aborted(&self) -> Vec<String> {
        self.contents().aborted.clone()
    }

    pub(super) async fn put(&self, key: &str, content: &Bytes) -> Result<(), Failure> {
        self.before_finish().await?;
        self.contents().objects.insert(key.to_owned(), content.to_vec());
        Ok(())
    }

    pub(super) fn begin(&self, key: &str) {
        self.contents().unfinished.insert(key.to_owned(), Vec::new());
    }

    pub(super) fn send_part(&self, key: &str, number: i32, content: Bytes) -> Result<(), Failure> {
        if self.trouble == Some(Trouble::PartRefused(number)) {
            return Err(Failure::retry("the store refuses this part"));
        }
        let mut contents = self.contents();
        contents.part_sizes.push(content.len());
        contents.unfinished.entry(key.to_owned()).or_default().push(content);
        Ok(())
    }

    pub(super) async fn complete(&self, key: &str) -> Result<(), Failure> {
        self.before_finish().await?;
        let mut contents = self.contents();
        let parts = contents.unfinished.remove(key).unwrap_or_default();
        contents.objects.insert(key.to_owned(), parts.concat());
        Ok(())
    }

    pub(super) fn abort(&self, key: &str) {
        let mut contents = self.contents();
        if contents.unfinished.remove(key).is_some() {
            contents.aborted.push(key.to_owned());
        }
    }

    fn in_trouble(trouble: Trouble) -> Self {
        Self { trouble: Some(trouble), ..Self::default() }
    }

    async fn before_finish(&self) -> Result<(), Failure> {
        match self.trouble {
            Some(Trouble::FinishRefused) => Err(Failure::retry("the store refuses the object")),
            Some(Trouble::FinishStalled) => std::future::pending().await,
            Some(Trouble::PartRefused(_)) | None => Ok(()),
        }
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
