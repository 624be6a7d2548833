//! A store of objects in memory, which answers as S3 does, or as badly as a test wants.

use crate::{at_once, lock};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use runtime::calls::{Answer, NewPart, ObjectCalls, Part};
use runtime::{Failure, KnownObject, Object, ObjectStore};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What was written; clones share it.
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

    /// A store in which another writer stores the first object right before it would become visible.
    pub fn overtaken_by(content: &[u8]) -> Self {
        Self::in_trouble(Trouble::Overtaken(content.to_vec()))
    }

    /// A link to what is below this prefix.
    pub fn below(&self, prefix: &str) -> ObjectStore {
        ObjectStore::new(self.clone(), prefix)
    }

    /// Objects by their whole key.
    pub fn objects(&self) -> BTreeMap<String, Vec<u8>> {
        lock(&self.contents).objects.iter().map(|(key, object)| (key.clone(), object.content.clone())).collect()
    }

    /// Keys of the objects, once for each version that was written.
    pub fn written(&self) -> Vec<String> {
        lock(&self.contents).written.clone()
    }

    /// Sizes in bytes of all parts that were stored, of whatever upload, in order of arrival.
    pub fn part_sizes(&self) -> Vec<usize> {
        lock(&self.contents).part_sizes.clone()
    }

    /// Keys of multipart uploads that were started and neither completed nor aborted.
    pub fn unfinished(&self) -> Vec<String> {
        lock(&self.contents).unfinished.keys().cloned().collect()
    }

    /// Keys of multipart uploads that were started and then aborted.
    pub fn aborted(&self) -> Vec<String> {
        lock(&self.contents).aborted.clone()
    }

    fn in_trouble(trouble: Trouble) -> Self {
        Self { trouble: Some(trouble), ..Self::default() }
    }

    /// Makes an object visible, as far as the trouble allows it.
    fn show<'a>(&'a self, object: &'a Object, content: Vec<u8>, digest: &'a str) -> Answer<'a, ()> {
        let mut contents = lock(&self.contents);
        match &self.trouble {
            Some(Trouble::FinishRefused) => return at_once(Err(Failure::retry("the store refuses the object"))),
            Some(Trouble::FinishStalled) => return Box::pin(std::future::pending()),
            Some(Trouble::Overtaken(other)) if contents.written.is_empty() => {
                let replaced = contents.objects.get(&object.key).map(|object| object.known.clone());
                let overtaking = Object { key: object.key.clone(), replaced, notes: Vec::new() };
                let digest = BASE64_STANDARD.encode(Sha256::digest(other));
                if let Err(failure) = contents.store(&overtaking, other.clone(), &digest) {
                    return at_once(Err(failure));
                }
            }
            Some(Trouble::PartRefused(_) | Trouble::Overtaken(_)) | None => {}
        }
        at_once(contents.store(object, content, digest))
    }
}

impl ObjectCalls for FakeObjectStore {
    fn find<'a>(&'a self, key: &'a str) -> Answer<'a, Option<KnownObject>> {
        at_once(Ok(lock(&self.contents).objects.get(key).map(|object| object.known.clone())))
    }

    fn put<'a>(&'a self, object: &'a Object, content: Bytes, digest: &'a str) -> Answer<'a, ()> {
        self.show(object, content.to_vec(), digest)
    }

    fn begin<'a>(&'a self, object: &'a Object) -> Answer<'a, String> {
        lock(&self.contents).unfinished.insert(object.key.clone(), Vec::new());
        at_once(Ok(object.key.clone()))
    }

    fn send_part<'a>(&'a self, object: &'a Object, _upload_id: &'a str, part: NewPart) -> Answer<'a, Part> {
        let NewPart { number, content, digest } = part;
        if matches!(self.trouble, Some(Trouble::PartRefused(refused)) if refused == number) {
            return at_once(Err(Failure::retry("the store refuses this part")));
        }
        let mut contents = lock(&self.contents);
        contents.part_sizes.push(content.len());
        contents.unfinished.entry(object.key.clone()).or_default().push(content);
        at_once(Ok(Part { number, e_tag: None, digest }))
    }

    fn complete<'a>(
        &'a self,
        object: &'a Object,
        _upload_id: &'a str,
        _parts: &'a [Part],
        digest: &'a str,
    ) -> Answer<'a, ()> {
        let content = lock(&self.contents).unfinished.get(&object.key).map(|parts| parts.concat());
        self.show(object, content.unwrap_or_default(), digest)
    }

    fn abort<'a>(&'a self, object: &'a Object, _upload_id: &'a str) -> Answer<'a, ()> {
        let mut contents = lock(&self.contents);
        if contents.unfinished.remove(&object.key).is_some() {
            contents.aborted.push(object.key.clone());
        }
        at_once(Ok(()))
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
        self.unfinished.remove(&object.key);
        Ok(())
    }
}
