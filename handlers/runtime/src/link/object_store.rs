//! A place in a bucket below which a handler may write.

use super::upload::Upload;
use crate::Failure;
use crate::calls::ObjectCalls;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Longest key in bytes. Source: Amazon S3 user guide, object keys.
const KEY_BYTES: usize = 1024;

/// A bucket and the prefix that no key leaves.
pub struct ObjectStore {
    calls: Arc<dyn ObjectCalls>,
    prefix: String,
}

/// An object as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownObject {
    /// What the store calls its content.
    pub e_tag: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// SHA-256 as S3 keeps it; none of an object that something else wrote.
    pub digest: Option<String>,
    /// What whoever wrote it noted on it.
    pub notes: BTreeMap<String, String>,
}

impl KnownObject {
    /// What whoever wrote the object noted on it under this name.
    pub fn note(&self, name: &str) -> Option<&str> {
        self.notes.get(name).map(String::as_str)
    }
}

/// What is noted on an object beside its content: names in lower case, values in ASCII, 2 KB in all.
///
/// Source: Amazon S3 user guide, "Working with object metadata".
pub type Notes = Vec<(&'static str, String)>;

/// An object that is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The whole key.
    pub key: String,
    /// What must be there still when the object becomes visible; nothing, if it is none.
    pub replaced: Option<KnownObject>,
    /// What is noted on it.
    pub notes: Notes,
}

impl Object {
    /// What is said if something else is there than what was to be replaced.
    pub fn overtaken() -> Failure {
        Failure::retry("the object was written by somebody else meanwhile, or the function may not look at it")
    }
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
