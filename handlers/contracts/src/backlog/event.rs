//! The event that a Backlog webhook posts.

use crate::WebhookEvent;
use crate::message::json_message;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::fmt;

/// A webhook event; fields that are missing or of an unexpected type read as `None`.
///
/// Backlog adds fields and sends nulls, so nearly everything is optional.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "Map<String, Value>")]
pub struct BacklogEvent {
    /// Number of the activity.
    pub id: Option<u64>,
    /// Type of the activity: 8 is a file added, 9 a file updated.
    pub activity_type: Option<u64>,
    /// What the activity is about; its shape depends on the type.
    pub content: Value,
    project: Value,
}

/// A shared file as types 8, 9 and 10 describe it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedFile {
    /// Number of the file; exceeds 32 bits.
    pub id: u64,
    /// Folder, beginning and ending with `/`.
    pub dir: String,
    /// Bare file name; any Unicode.
    pub name: String,
    /// Size in bytes when the event was made; `None` if the event does not say it.
    pub size: Option<u64>,
}

/// What an event that claims to be of a file has in place of what describes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Undescribed(&'static str);

impl fmt::Display for Undescribed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the event does not describe its file: {}", self.0)
    }
}

impl BacklogEvent {
    /// The shared file that was added (8) or updated (9): `None` for every other activity and for a folder,
    /// `Some(Err)` if the event claims one but does not describe it.
    ///
    /// Source: developer.nulab.com, "Get List of Shared Files": a `type` of `directory` is a folder.
    pub fn changed_file(&self) -> Option<Result<SharedFile, Undescribed>> {
        let is_folder = self.content.get("type").is_some_and(|kind| kind == "directory");
        (matches!(self.activity_type, Some(8 | 9)) && !is_folder).then(|| SharedFile::read(&self.content))
    }

    /// Key of the project in which it happened; `None` if the event names none.
    ///
    /// Fails if something else than a project stands there.
    pub fn project_key(&self) -> Result<Option<&str>, Undescribed> {
        match &self.project {
            Value::Null => Ok(None),
            Value::Object(project) => Ok(project.get("projectKey").and_then(Value::as_str)),
            _ => Err(Undescribed("`project` is no object")),
        }
    }
}

impl SharedFile {
    fn read(content: &Value) -> Result<Self, Undescribed> {
        let content = content.as_object().ok_or(Undescribed("`content` is no object"))?;
        let text = |field, problem| content.get(field).and_then(Value::as_str).ok_or(Undescribed(problem));
        Ok(Self {
            id: content.get("id").and_then(Value::as_u64).ok_or(Undescribed("`content.id` is no number of a file"))?,
            dir: text("dir", "`content.dir` is no text")?.to_owned(),
            name: text("name", "`content.name` is no text")?.to_owned(),
            size: match content.get("size") {
                None | Some(Value::Null) => None,
                Some(size) => Some(size.as_u64().ok_or(Undescribed("`content.size` is no number of bytes"))?),
            },
        })
    }
}

json_message!(BacklogEvent, include_str!("../../events/backlog-file-added.json"));

impl WebhookEvent for BacklogEvent {
    const MEMBER: &'static str = "type";
    const WANTED: &'static [&'static str] = &["8", "9"];
}

impl From<Map<String, Value>> for BacklogEvent {
    fn from(mut event: Map<String, Value>) -> Self {
        let mut take = |field| event.remove(field).unwrap_or_default();
        Self {
            id: take("id").as_u64(),
            project: take("project"),
            activity_type: take("type").as_u64(),
            content: take("content"),
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
        assert_eq!((file.id, file.size), (1_074_321_613, Some(2718)));
        assert_eq!(event.project_key(), Ok(Some("SUB")));
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
        for content in [
            "null",
            "{}",
            r#"{"id":-1,"dir":"/","name":"a","size":1}"#,
            r#"{"id":1,"dir":"/","name":"a","size":"1"}"#,
            r#"{"id":1,"dir":"/","name":"a","size":-1}"#,
            r#"{"id":1,"dir":["/"],"name":"a","size":1}"#,
        ] {
            let text = format!(r#"{{"type":9,"content":{content}}}"#);
            let event: BacklogEvent = serde_json::from_str(&text).unwrap();
            assert!(event.changed_file().unwrap().is_err(), "{text}");
        }
    }
    #[test]
    fn a_list_is_not_taken_for_an_object() {
        assert!(BacklogEvent::from_body(r#"[1,{"projectKey":"SUB"},8,{}]"#).is_err());
        let text = r#"{"type":8,"project":["SUB"],"content":[1,"/sample/","a.pdf",2718]}"#;
        let event = BacklogEvent::from_body(text).unwrap();
        assert_eq!(event.project_key(), Err(Undescribed("`project` is no object")));
        assert_eq!(event.changed_file(), Some(Err(Undescribed("`content` is no object"))));
        for project in ["null", "{}", r#"{"projectKey":7}"#] {
            let event = BacklogEvent::from_body(&format!(r#"{{"project":{project}}}"#)).unwrap();
            assert_eq!(event.project_key(), Ok(None), "{project}");
        }
    }

    #[test]
    fn a_size_may_be_missing_and_a_folder_is_no_file() {
        for size in ["", r#","size":null"#] {
            let text = format!(r#"{{"type":8,"content":{{"id":9007199254740995,"dir":"/","name":"a"{size}}}}}"#);
            let file = BacklogEvent::from_body(&text).unwrap().changed_file().unwrap().unwrap();
            assert_eq!((file.id, file.size), (9_007_199_254_740_995, None), "{text}");
        }
        let folder = r#"{"type":8,"content":{"id":1,"type":"directory","dir":"/","name":"a","size":null}}"#;
        assert!(BacklogEvent::from_body(folder).unwrap().changed_file().is_none());
    }
}
