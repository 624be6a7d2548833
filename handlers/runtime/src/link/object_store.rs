//! A place in a bucket below which a handler may write.

use super::upload::Upload;
use crate::Failure;
use crate::calls::ObjectCalls;
use crate::object::{KnownObject, Notes, Object};
use std::sync::Arc;

/// Longest key in bytes. Source: Amazon S3 user guide, object keys.
const KEY_BYTES: usize = 1024;

/// A bucket and the prefix that no key leaves.
pub struct ObjectStore {
    calls: Arc<dyn ObjectCalls>,
    prefix: String,
}

impl ObjectStore {
    /// The part of a store below this prefix.
    pub fn new(calls: impl ObjectCalls + 'static, prefix: &str) -> Self {
        Self { calls: Arc::new(calls), prefix: prefix.to_owned() }
    }

    /// The object `key`, relative to the prefix, if there is one.
    ///
    /// Fails permanently if the whole key is longer than S3 allows.
    pub async fn find(&self, key: &str) -> Result<Option<KnownObject>, Failure> {
        self.calls.find(&self.whole(key)?).await
    }

    /// Starts to write the object `key`, relative to the prefix, in place of what [`find`](Self::find) found
    /// there; if another object is there at the end, writing fails and may be retried. Nothing is sent before
    /// a part is full, and nothing is visible before [`Upload::finish`]. `size_bytes` is the expected size, and
    /// decides the size of parts.
    ///
    /// Fails permanently if the whole key is longer than S3 allows.
    pub fn upload(
        &self,
        key: &str,
        replaced: Option<KnownObject>,
        notes: Notes,
        size_bytes: u64,
    ) -> Result<Upload, Failure> {
        let object = Object { key: self.whole(key)?, replaced, notes };
        Ok(Upload::new(Arc::clone(&self.calls), object, size_bytes))
    }

    fn whole(&self, key: &str) -> Result<String, Failure> {
        let key = format!("{}{key}", self.prefix);
        match key.len() > KEY_BYTES {
            true => Err(Failure::permanent("the key of the object would exceed 1,024 bytes")),
            false => Ok(key),
        }
    }
}
