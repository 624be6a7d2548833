//! A shared file of a project, as a test puts it there.

use axum::body::Bytes;
use axum::http::HeaderValue;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

const WORD_BYTES: u64 = 8;

/// A shared file; a file of the same id replaces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BacklogFile {
    /// Unique in the whole space, not only in its project.
    pub id: u64,
    /// The folder; begins and ends with a slash.
    pub dir: String,
    /// The bare name; any text, for Backlog is not to be trusted here.
    pub name: String,
    /// The bytes to send.
    pub content: Content,
    /// The project under which the file is found; it is created if it is new.
    pub project: Project,
    /// The media type of the answer.
    pub content_type: String,
    /// Closes the connection after so many bytes. Default: every byte is sent.
    pub truncate_after: Option<u64>,
    /// Answers 302 to this address in place of the bytes. Default: no redirection.
    pub redirect_to: Option<String>,
}

/// The bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// These very bytes.
    Bytes(Arc<[u8]>),
    /// So many bytes, the same every time, made only while they are sent; see [`generated_bytes`].
    Generated(u64),
}

/// A project of the space.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Project {
    /// The number of the project.
    pub id: u64,
    /// The name of the project in paths and issue keys: capitals, digits and underscores.
    pub project_key: String,
}

/// Returns a part of the bytes of every generated file, which differ from one another only in length.
#[must_use]
pub fn generated_bytes(offset: u64, length: usize) -> Vec<u8> {
    let skipped = usize::try_from(offset % WORD_BYTES).unwrap_or_default();
    let mut bytes = Vec::with_capacity(length.saturating_add(2 * size_of::<u64>()));
    // Whole words keep this fast enough for gigabytes, even in a debug build.
    let mut index = offset / WORD_BYTES;
    while bytes.len() < length.saturating_add(skipped) {
        bytes.extend_from_slice(&scrambled(index).to_le_bytes());
        index += 1;
    }
    bytes.drain(..skipped);
    bytes.truncate(length);
    bytes
}

impl Default for BacklogFile {
    /// An empty file in the root folder of the default project.
    fn default() -> Self {
        Self {
            id: 1,
            dir: "/".to_owned(),
            name: "file".to_owned(),
            content: Content::Bytes(Arc::default()),
            project: Project::default(),
            content_type: "application/octet-stream".to_owned(),
            truncate_after: None,
            redirect_to: None,
        }
    }
}

impl Default for Project {
    /// The project of the samples in Backlog's reference.
    fn default() -> Self {
        Self { id: 92, project_key: "SUB".to_owned() }
    }
}

impl BacklogFile {
    /// Says what keeps the file from being served as it is written.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !(self.dir.starts_with('/') && self.dir.ends_with('/')) {
            return Err(format!("`dir` is `{}`; it begins and ends with `/`", self.dir));
        }
        if self.name.is_empty() {
            return Err("`name` is empty".to_owned());
        }
        if HeaderValue::from_str(&self.content_type).is_err() {
            return Err("`content_type` is not allowed in a header".to_owned());
        }
        let size_bytes = self.content.size_bytes();
        if let Some(limit) = self.truncate_after
            && limit >= size_bytes
        {
            return Err(format!("`truncate_after` is {limit}, but the file has only {size_bytes} bytes"));
        }
        self.check_redirection()?;
        self.project.check()
    }

    fn check_redirection(&self) -> Result<(), String> {
        let Some(target) = &self.redirect_to else {
            return Ok(());
        };
        let absolute = target.starts_with("http://") || target.starts_with("https://");
        if absolute && HeaderValue::from_str(target).is_ok() {
            return Ok(());
        }
        Err(format!("`redirect_to` is `{target}`; it is a URL with http:// or https://"))
    }
}

impl Project {
    fn check(&self) -> Result<(), String> {
        let key = self.project_key.as_bytes();
        let spelled = key.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_');
        // A key of digits alone could not be told from an id.
        if spelled && key.iter().any(u8::is_ascii_uppercase) {
            return Ok(());
        }
        Err(format!("project key `{}` is not made of capitals, digits and underscores", self.project_key))
    }
}

impl Content {
    /// Returns the length.
    pub(crate) fn size_bytes(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Generated(size_bytes) => *size_bytes,
        }
    }

    /// Returns a part, which has to lie inside.
    pub(crate) fn part(&self, offset: u64, length: usize) -> Bytes {
        match self {
            Self::Generated(_) => Bytes::from(generated_bytes(offset, length)),
            Self::Bytes(bytes) => usize::try_from(offset)
                .ok()
                .and_then(|start| bytes.get(start..start.checked_add(length)?))
                .map(Bytes::copy_from_slice)
                .unwrap_or_default(),
        }
    }
}

// SplitMix64: no two words of a file are equal, so lost, doubled or swapped parts are noticed.
fn scrambled(index: u64) -> u64 {
    let word = index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::generated_bytes;

    #[test]
    fn every_part_of_the_generated_bytes_is_the_same_from_any_offset() {
        let whole = generated_bytes(0, 100);
        for offset in 0..100_u8 {
            let start = usize::from(offset);
            assert_eq!(generated_bytes(offset.into(), 100 - start), whole[start..]);
        }
    }
}
