//! Folders of Backlog and the keys that files in them get in S3.

use crate::SettingValue;
use crate::setting::setting_from_text;
use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A folder of Backlog's shared files, such as `/sample/`; compared by whole path segments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Folder(Vec<String>);

setting_from_text!(Folder);

/// Where files go in a bucket: empty, or segments each followed by `/`, such as `target/`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyPrefix(String);

setting_from_text!(KeyPrefix);

/// Longest key of an object in bytes. Source: Amazon S3 user guide, object keys.
const KEY_BYTES: usize = 1024;

/// What stood in place of U+FFFD is lost: API Gateway puts it there for each byte that is not UTF-8, and two names
/// that differ in such bytes alone would share a key.
const NOT_UTF8: &str = "its path holds U+FFFD, which stands for what was not UTF-8; rename it in Backlog";

/// Why a file's folder and name make no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusableName(&'static str);

impl fmt::Display for UnusableName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0)
    }
}

impl Folder {
    /// The key of a file below this folder, without a prefix: the rest of its path, normalized
    /// to NFC, because macOS uploads decomposed names and one file must not get two keys.
    ///
    /// `Ok(None)` if the file lies elsewhere; an error if a part of its path could lead out of
    /// the prefix, cannot be stored, or is not known letter by letter.
    pub fn key_of(&self, dir: &str, name: &str) -> Result<Option<String>, UnusableName> {
        let dir = normalized(dir);
        let inside = dir
            .strip_prefix('/')
            .and_then(|rest| rest.strip_suffix('/').or(rest.is_empty().then_some("")))
            .ok_or(UnusableName("its folder does not begin and end with `/`"))?;
        let segments: Vec<&str> = match inside {
            "" => Vec::new(),
            inside => inside.split('/').collect(),
        };
        // A part that was not UTF-8 may have been any.
        let may_be = |(own, other): (&String, &&str)| own == other || other.contains(char::REPLACEMENT_CHARACTER);
        if segments.len() < self.0.len() || !self.0.iter().zip(&segments).all(may_be) {
            return Ok(None);
        }
        if dir.contains(char::REPLACEMENT_CHARACTER) {
            return Err(UnusableName(NOT_UTF8));
        }
        let name = normalized(name);
        let mut parts = segments[self.0.len()..].to_vec();
        parts.push(&name);
        for part in &parts {
            check_segment(part).map_err(UnusableName)?;
        }
        Ok(Some(parts.join("/")))
    }
}

impl KeyPrefix {
    /// The prefix as it stands before a key.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The whole key, unless it would be longer than S3 allows.
    pub fn with(&self, key: &str) -> Result<String, UnusableName> {
        let whole = format!("{}{key}", self.0);
        if whole.len() > KEY_BYTES {
            return Err(UnusableName("its key would exceed 1,024 bytes"));
        }
        Ok(whole)
    }
}

impl SettingValue for Folder {
    fn render(&self) -> String {
        let inside: String = self.0.iter().map(|segment| format!("{segment}/")).collect();
        format!("/{inside}")
    }

    fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| {
            format!("`{text}` is not a folder: {why}; allowed is a path such as `/sample/`, or `/` for all files")
        };
        let inside = text.strip_prefix('/').ok_or_else(|| wrong("it does not begin with `/`"))?;
        segments_of(inside).map(Self).map_err(wrong)
    }
}

impl SettingValue for KeyPrefix {
    fn render(&self) -> String {
        self.0.clone()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            |why: &str| format!("`{text}` is not a key prefix: {why}; allowed is a path such as `target/`, or nothing");
        if text.starts_with('/') {
            return Err(wrong("it begins with `/`"));
        }
        if text.contains(['*', '?', '$']) {
            return Err(wrong("`*`, `?` and `$` have a meaning in policies"));
        }
        // Source: IAM API reference, PutRolePolicy. Names of files below the prefix may hold anything.
        if text.chars().any(|c| c > '\u{ff}') {
            return Err(wrong("policies, in which it stands, take no characters beyond Latin-1"));
        }
        let segments = segments_of(text).map_err(wrong)?;
        Ok(Self(segments.iter().map(|segment| format!("{segment}/")).collect()))
    }
}

/// The segments of a path whose final `/` may be left out.
fn segments_of(path: &str) -> Result<Vec<String>, &'static str> {
    if path == "/" {
        return Err("a part of its path is empty");
    }
    let path = normalized(path.strip_suffix('/').unwrap_or(path));
    if path.is_empty() {
        return Ok(Vec::new());
    }
    path.split('/').map(|segment| check_segment(segment).map(|()| segment.to_owned())).collect()
}

fn check_segment(segment: &str) -> Result<(), &'static str> {
    if segment.is_empty() {
        Err("a part of its path is empty")
    } else if segment == "." || segment == ".." {
        Err("a part of its path is `.` or `..`")
    } else if segment.contains('/') {
        Err("its name holds a `/`")
    } else if segment.chars().any(char::is_control) {
        Err("its name holds a control character")
    } else if segment.contains(char::REPLACEMENT_CHARACTER) {
        Err(NOT_UTF8)
    } else {
        Ok(())
    }
}

fn normalized(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(folder: &str, dir: &str, name: &str, expected: Result<Option<&str>, &str>) {
        let found = Folder::parse(folder).unwrap().key_of(dir, name);
        let found = found.as_ref().map(|key| key.as_deref()).map_err(|e| e.0);
        match (found, expected) {
            (Err(found), Err(expected)) => assert!(found.contains(expected), "{found}"),
            (found, expected) => assert_eq!(found, expected, "{folder} {dir} {name}"),
        }
    }

    #[test]
    fn only_whole_segments_match() {
        check("/sample", "/sample/", "a.txt", Ok(Some("a.txt")));
        check("/sample/", "/sample/b/", "a", Ok(Some("b/a")));
        check("/sample/", "/sample2/", "a", Ok(None));
        check("/sample/", "/", "sample", Ok(None));
        check("/sample/", "/Sample/", "a", Ok(None));
        check("/", "/", "a", Ok(Some("a")));
        check("/", "/x/", "a", Ok(Some("x/a")));
        check("/a/b/", "/a/", "b", Ok(None));
        check("/sample/", "/sample/sample/", "a", Ok(Some("sample/a")));
    }

    #[test]
    fn no_name_leaves_the_prefix() {
        check("/sample/", "/sample/../", "a", Err("`..`"));
        check("/sample/", "/sample/", "..", Err("`..`"));
        check("/sample/", "/sample/", ".", Err("`.`"));
        check("/sample/", "/sample/", "a/b", Err("`/`"));
        check("/sample/", "/sample/", "/etc", Err("`/`"));
        check("/sample/", "/sample//", "a", Err("empty"));
        check("/sample/", "/sample/", "", Err("empty"));
        check("/sample/", "/sample/", "a\0", Err("control"));
        check("/sample/", "/sample/", "a\nb", Err("control"));
        check("/sample/", "sample/", "a", Err("begin and end"));
        check("/sample/", "", "a", Err("begin and end"));
    }

    #[test]
    fn a_path_that_was_not_utf8_gets_no_key_and_is_not_taken_for_one_elsewhere() {
        check("/sample/", "/sample/", "\u{fffd}.pdf", Err("U+FFFD"));
        check("/sample/", "/sample/r\u{fffd}sum\u{fffd}/", "a", Err("U+FFFD"));
        check("/résumé/", "/r\u{fffd}sum\u{fffd}/", "a", Err("U+FFFD"));
        check("/a/b/", "/\u{fffd}/c/", "a", Ok(None));
        check("/sample/", "/other/", "\u{fffd}", Ok(None));
        assert!(Folder::parse("/\u{fffd}/").is_err());
    }

    #[test]
    fn decomposed_and_composed_names_get_one_key() {
        check("/sample/", "/sample/か\u{3099}/", "e\u{301}", Ok(Some("が/é")));
        check("/が/", "/か\u{3099}/", "a", Ok(Some("a")));
    }

    #[test]
    fn a_key_is_measured_in_bytes() {
        let prefix = KeyPrefix::parse("target").unwrap();
        assert_eq!(prefix.with("a").unwrap(), "target/a");
        assert!(prefix.with(&"あ".repeat(339)).is_ok());
        assert!(prefix.with(&"あ".repeat(340)).is_err());
    }

    #[test]
    fn a_prefix_needs_no_final_slash_and_may_be_empty() {
        for (text, rendered) in [("", ""), ("a", "a/"), ("a/b/", "a/b/")] {
            assert_eq!(KeyPrefix::parse(text).unwrap().render(), rendered);
        }
        for wrong in ["/", "/a", "a//b", "..", "a/*", "${x}"] {
            assert!(KeyPrefix::parse(wrong).is_err(), "{wrong}");
        }
        for wrong in ["sample", "//", "/a/../"] {
            assert!(Folder::parse(wrong).is_err(), "{wrong}");
        }
    }
}
