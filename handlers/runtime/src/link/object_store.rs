//! A place in a bucket below which a handler may write.

use super::failed_call;
use super::upload::{Object, Sink, Upload, digest_of};
use crate::Failure;
use aws_sdk_s3::types::ChecksumMode;
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

/// An object as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownObject {
    pub(super) e_tag: String,
    pub(super) size_bytes: u64,
    /// SHA-256 as S3 keeps it; none of an object that something else wrote.
    pub(super) digest: Option<String>,
    notes: BTreeMap<String, String>,
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

/// What was written to a fake store, which answers as S3 does, or as badly as it is told to.
#[derive(Clone, Default)]
pub struct FakeObjectStore {
    contents: Arc<Mutex<Contents>>,
    trouble: Option<Trouble>,
}

#[derive(Default)]
struct Contents {
    objects: BTreeMap<String, FakeObject>,
    /// Keys of the objects, once for each time that one was written.
    written: Vec<String>,
    unfinished: BTreeMap<String, Vec<Bytes>>,
    part_sizes: Vec<usize>,
    aborted: Vec<String>,
}

struct FakeObject {
    content: Vec<u8>,
    known: KnownObject,
}

#[derive(Clone, PartialEq, Eq)]
enum Trouble {
    PartRefused(i32),
    FinishRefused,
    FinishStalled,
    Overtaken(Vec<u8>),
}

impl ObjectStore {
    pub(crate) fn s3(client: aws_sdk_s3::Client, bucket: &str, prefix: &str) -> Self {
        Self { inner: Inner::S3 { client, bucket: bucket.to_owned() }, prefix: prefix.to_owned() }
    }

    /// A store that only remembers.
    pub fn fake(store: &FakeObjectStore, prefix: &str) -> Self {
        Self { inner: Inner::Fake(store.clone()), prefix: prefix.to_owned() }
    }

    /// The object `key`, relative to the prefix, if there is one.
    ///
    /// Fails for good if the whole key is longer than S3 allows.
    pub async fn find(&self, key: &str) -> Result<Option<KnownObject>, Failure> {
        let key = self.whole(key)?;
        let (client, bucket) = match &self.inner {
            Inner::S3 { client, bucket } => (client, bucket),
            Inner::Fake(store) => return Ok(store.find(&key)),
        };
        let asked = client.head_object().bucket(bucket).key(key).checksum_mode(ChecksumMode::Enabled).send().await;
        match asked {
            Ok(head) => Ok(Some(KnownObject {
                e_tag: head.e_tag.unwrap_or_default(),
                size_bytes: head.content_length.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
                digest: head.checksum_sha256,
                notes: head.metadata.unwrap_or_default().into_iter().collect(),
            })),
            // S3 says 403 in place of 404 to whoever may not list the bucket. If the object is there all the same,
            // writing fails, because it is bound to there being none.
            // Source: Amazon S3 API reference, HeadObject, "Permissions".
            Err(error) if error.raw_response().is_some_and(|raw| matches!(raw.status().as_u16(), 403 | 404)) => {
                Ok(None)
            }
            Err(error) => Err(failed_call("s3:GetObject", error)),
        }
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
        let sink = match &self.inner {
            Inner::S3 { client, bucket } => Sink::S3 { client: client.clone(), bucket: bucket.clone() },
            Inner::Fake(store) => Sink::Fake(store.clone()),
        };
        Ok(Upload::new(sink, object, size_bytes))
    }

    fn whole(&self, key: &str) -> Result<String, Failure> {
        let key = format!("{}{key}", self.prefix);
        match key.len() > KEY_BYTES {
            true => Err(Failure::permanent("the key of the object would exceed 1,024 bytes")),
            false => Ok(key),
        }
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

    /// A store in which somebody else writes the first object right before it would become visible.
    pub fn overtaken_by(content: &[u8]) -> Self {
        Self::in_trouble(Trouble::Overtaken(content.to_vec()))
    }

    /// Objects by their whole key.
    pub fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        self.contents().objects.iter().map(|(key, object)| (key.clone(), object.content.clone())).collect()
    }

    /// Keys of the objects, once for each version that was written.
    pub fn written(&self) -> Vec<String> {
        self.contents().written.clone()
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

    fn find(&self, key: &str) -> Option<KnownObject> {
        self.contents().objects.get(key).map(|object| object.known.clone())
    }

    pub(super) async fn put(&self, object: &Object, content: &Bytes, digest: &str) -> Result<(), Failure> {
        self.before_finish(object).await?;
        self.contents().store(object, content.to_vec(), digest)
    }

    pub(super) fn begin(&self, key: &str) {
        self.contents().unfinished.insert(key.to_owned(), Vec::new());
    }

    pub(super) fn send_part(&self, key: &str, number: i32, content: Bytes) -> Result<(), Failure> {
        if matches!(self.trouble, Some(Trouble::PartRefused(refused)) if refused == number) {
            return Err(Failure::retry("the store refuses this part"));
        }
        let mut contents = self.contents();
        contents.part_sizes.push(content.len());
        contents.unfinished.entry(key.to_owned()).or_default().push(content);
        Ok(())
    }

    pub(super) async fn complete(&self, object: &Object, digest: &str) -> Result<(), Failure> {
        self.before_finish(object).await?;
        let mut contents = self.contents();
        let content = contents.unfinished.get(&object.key).map(|parts| parts.concat()).unwrap_or_default();
        contents.store(object, content, digest)?;
        contents.unfinished.remove(&object.key);
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

    async fn before_finish(&self, object: &Object) -> Result<(), Failure> {
        match &self.trouble {
            Some(Trouble::FinishRefused) => Err(Failure::retry("the store refuses the object")),
            Some(Trouble::FinishStalled) => std::future::pending().await,
            Some(Trouble::Overtaken(content)) if self.contents().written.is_empty() => {
                let replaced = self.find(&object.key);
                let other = Object { key: object.key.clone(), replaced, notes: Vec::new() };
                self.contents().store(&other, content.clone(), &digest_of(content))
            }
            Some(Trouble::PartRefused(_) | Trouble::Overtaken(_)) | None => Ok(()),
        }
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Contents {
    /// Stores an object if what it replaces is still there, as S3 does by the preconditions of a write.
    fn store(&mut self, object: &Object, content: Vec<u8>, digest: &str) -> Result<(), Failure> {
        let there = self.objects.get(&object.key).map(|object| &object.known.e_tag);
        if there != object.replaced.as_ref().map(|replaced| &replaced.e_tag) {
            return Err(Object::overtaken());
        }
        let known = KnownObject {
            // As in S3, equal bytes have equal tags.
            e_tag: digest.to_owned(),
            size_bytes: content.len() as u64,
            digest: Some(digest.to_owned()),
            notes: object.notes.iter().map(|(name, note)| ((*name).to_owned(), note.clone())).collect(),
        };
        self.written.push(object.key.clone());
        self.objects.insert(object.key.clone(), FakeObject { content, known });
        Ok(())
    }
}
