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
    /// What is below this prefix in a store that answers so.
    pub fn new(calls: impl ObjectCalls + 'static, prefix: &str) -> Self {
        Self { calls: Arc::new(calls), prefix: prefix.to_owned() }
    }

    /// The object `key`, relative to the prefix, if there is one.
    ///
    /// Fails for good if the whole key is longer than S3 allows.
    pub async fn find(&self, key: &str) -> Result<Option<KnownObject>, Failure> {
        self.calls.find(&self.whole(key)?).await
    }

    /// Begins to write the object `key`, relative to the prefix, in place of what [`find`](Self::find) found
    /// there; if something else is there in the end, writing fails and may be tried again. Nothing is sent before
    /// a part is full, and nothing is visible before [`Upload::finish`]. `size_bytes` is what is expected, and
    /// decides the size of parts.
    ///
    /// Fails for good if the whole key is longer than S3 allows.
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
