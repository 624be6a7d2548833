//! Objects of a store: as they were found, and as they are to be written.

use crate::Failure;
use std::collections::BTreeMap;

/// An object as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownObject {
    /// The entity tag of its content.
    pub e_tag: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// SHA-256 as S3 keeps it; none of an object that something else wrote.
    pub digest: Option<String>,
    /// The notes of its writer.
    pub notes: BTreeMap<String, String>,
}

impl KnownObject {
    /// The note of its writer under this name.
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
    /// The object that must still exist when this one replaces it. Default: none may exist.
    pub replaced: Option<KnownObject>,
    /// What is noted on it.
    pub notes: Notes,
}

impl Object {
    /// The failure of a write that finds another object than the one to replace.
    pub fn overtaken() -> Failure {
        Failure::retry("the object was overwritten meanwhile, or the function may not read it")
    }
}
