//! A place in a bucket below which a handler may write.

use super::upload::{Sink, Upload};
use crate::Failure;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Longest key in bytes. Source: Amazon S3 user guide, object keys.
const KEY_BYTES: usize = 1024;

/// A bucket and the prefix that no key leaves.
pub struct ObjectStore {
    inner: Inner,
    prefix: String,
}

enum Inner {
    S3 {
        client: aws_sdk_s3::Client,
        bucket: String,
    },
    Fake(FakeObjectStore),
}

/// What was written to a fake store: whole objects, and uploads given up.
#[derive(Clone, Default)]
pub struct FakeObjectStore {
    objects: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    aborted: Arc<Mutex<Vec<String>>>,
}

impl FakeObjectStore {
    /// Objects by their whole key.
    pub fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keys of the uploads that were aborted.
    pub fn aborted(&self) -> Vec<String> {
        self.aborted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn put(&self, key: &str, content: Vec<u8>) {
        let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        objects.insert(key.to_owned(), content);
    }

    pub(super) fn abort(&self, key: &str) {
        let mut aborted = self.aborted.lock().unwrap_or_else(PoisonError::into_inner);
        aborted.push(key.to_owned());
    }
}

impl ObjectStore {
    pub(crate) fn s3(client: aws_sdk_s3::Client, bucket: &str, prefix: &str) -> Self {
        Self {
            inner: Inner::S3 {
                client,
                bucket: bucket.to_owned(),
            },
            prefix: prefix.to_owned(),
        }
    }

    /// A store that only remembers.
    pub fn fake(store: &FakeObjectStore, prefix: &str) -> Self {
        Self {
            inner: Inner::Fake(store.clone()),
            prefix: prefix.to_owned(),
        }
    }

    /// Begins to write the object `key`, relative to the prefix; nothing is visible before
    /// [`Upload::finish`]. `size_bytes` is what is expected, and decides the size of parts.
    ///
    /// Fails for good if the whole key is longer than S3 allows.
    pub fn upload(&self, key: &str, size_bytes: u64) -> Result<Upload, Failure> {
        let key = format!("{}{key}", self.prefix);
        if key.len() > KEY_BYTES {
            return Err(Failure::permanent("the key of the object would exceed 1,024 bytes"));
        }
        let sink = match &self.inner {
            Inner::S3 { client, bucket } => Sink::S3 {
                client: client.clone(),
                bucket: bucket.clone(),
            },
            Inner::Fake(store) => Sink::Fake(store.clone()),
        };
        Ok(Upload::new(sink, key, size_bytes))
    }
}
