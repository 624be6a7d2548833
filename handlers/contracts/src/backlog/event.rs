//! The event that a Backlog webhook posts.

use crate::message::json_message;
use serde::Deserialize;
use serde_json::Value;

/// A webhook event; fields that are missing or of an unexpected type read as `None`.
///
/// Backlog adds fields and sends nulls, so nearly everything is optional.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "RawEvent")]
pub struct BacklogEvent {
    /// Number of the activity.
    pub id: Option<u64>,
    /// The project in which it happened.
    pub project: Option<Project>,
    /// Type of the activity: 8 is a file added, 9 a file updated.
    pub activity_type: Option<u64>,
    /// What the activity is about; its shape depends on the type.
    pub content: Value,
}

/// The project of an event.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Project {
    /// Key of the project, such as `SUB`.
    #[serde(rename = "projectKey")]
    pub project_key: String,
}

/// A shared file as types 8, 9 and 10 describe it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SharedFile {
    /// Number of the file; exceeds 32 bits.
    pub id: u64,
    /// Folder, beginning and ending with `/`.
    pub dir: String,
    /// Bare file name; any Unicode.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
}

impl BacklogEvent {
    /// The shared file that was added (8) or updated (9): `None` for every other activity,
    /// `Some(Err)` if the event claims one but does not describe it.
    pub fn changed_file(&self) -> Option<Result<SharedFile, serde_json::Error>> {
        matches!(self.activity_type, Some(8 | 9)).then(|| SharedFile::deserialize(&self.content))
    }
}

json_message!(BacklogEvent, include_str!("../../events/backlog-file-added.json"));

/// The event before anything is believed about it.
#[derive(Deserialize)]
struct RawEvent {
    #[serde(default)]
    id: Value,
    #[serde(default)]
    project: Value,
    #[serde(default, rename = "type")]
    activity_type: Value,
    #[serde(default)]
    content: Value,
}

impl From<RawEvent> for BacklogEvent {
    fn from(raw: RawEvent) -> Self {
        Self {
            id: raw.id.as_u64(),
            project: Project::deserialize(raw.project).ok(),
            activity_type: raw.activity_type.as_u64(),
            content: raw.content,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;

    #[test]
    fn reads_the_test_event() {
        let event: BacklogEvent = serde_json::from_str(BacklogEvent::TEST_EVENT).unwrap();
        let file = event.changed_file().unwrap().unwrap();
        assert_eq!((file.id, file.size), (1_074_321_613, 2718));
        assert_eq!(event.project.unwrap().project_key, "SUB");
    }

    #[test]
    fn survives_nulls_and_unexpected_types() {
        for text in [
            r"{}",
            r#"{"id":null,"project":null,"type":null,"content":null}"#,
            r#"{"id":"x","project":[],"type":"8","content":"y"}"#,
            r#"{"type":1,"content":{"id":1,"key_id":2}}"#,
        ] {
            let event: BacklogEvent = serde_json::from_str(text).unwrap();
            assert!(event.changed_file().is_none(), "{text}");
        }
    }

    #[test]
    fn a_file_event_without_its_file_is_an_error_not_a_silence() {
        for content in ["null", "{}", r#"{"id":-1,"dir":"/","name":"a","size":1}"#] {
            let text = format!(r#"{{"type":9,"content":{content}}}"#);
            let event: BacklogEvent = serde_json::from_str(&text).unwrap();
            assert!(event.changed_file().unwrap().is_err(), "{text}");
        }
    }
}
