//! The payload of a message: what has to be in it, and how much of it is too much.

use axum::http::HeaderMap;
use serde_json::{Map, Value};

use super::block;
use crate::media;

const MOST_BLOCKS: usize = 50;
const MOST_ATTACHMENTS: usize = 100;
/// Longer texts are cut without a word.
const LONGEST_TEXT: usize = 40_000;

const INVALID_PAYLOAD: &str = "invalid_payload";
const INVALID_BLOCKS: &str = "invalid_blocks";
const INVALID_ATTACHMENTS: &str = "invalid_attachments";

/// Reads a payload as Slack keeps it, or returns Slack's word for what is wrong.
pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Value, &'static str> {
    if !media::is(headers, "application/json") {
        return Err(INVALID_PAYLOAD);
    }
    let Ok(Value::Object(mut payload)) = serde_json::from_slice(body) else {
        return Err(INVALID_PAYLOAD);
    };
    check(&payload)?;
    if let Some(Value::String(text)) = payload.get_mut("text")
        && let Some((end, _)) = text.char_indices().nth(LONGEST_TEXT)
    {
        text.truncate(end);
    }
    Ok(Value::Object(payload))
}

fn check(payload: &Map<String, Value>) -> Result<(), &'static str> {
    let text = match payload.get("text") {
        None | Some(Value::Null) => "",
        Some(Value::String(text)) => text,
        Some(_) => return Err(INVALID_PAYLOAD),
    };
    let blocks = list(payload, "blocks").ok_or(INVALID_BLOCKS)?;
    let attachments = list(payload, "attachments").ok_or(INVALID_ATTACHMENTS)?;
    if text.trim().is_empty() && blocks.is_empty() && attachments.is_empty() {
        return Err("no_text");
    }
    if blocks.len() > MOST_BLOCKS || !blocks.iter().all(block::is_valid) {
        return Err(INVALID_BLOCKS);
    }
    if attachments.len() > MOST_ATTACHMENTS {
        return Err("too_many_attachments");
    }
    let is_attachment = |attachment: &Value| {
        let nested = attachment.as_object().and_then(|attachment| list(attachment, "blocks"));
        nested.is_some_and(|nested| nested.len() <= MOST_BLOCKS && nested.iter().all(block::is_valid))
    };
    if !attachments.iter().all(is_attachment) {
        return Err(INVALID_ATTACHMENTS);
    }
    Ok(())
}

// A member that is missing is an empty list; one of another kind is nothing at all.
fn list<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a [Value]> {
    match object.get(name) {
        None | Some(Value::Null) => Some(&[]),
        Some(Value::Array(values)) => Some(values),
        Some(_) => None,
    }
}
