//! The payload of a message: what has to be in it, and how much of it is too much.

use super::block;
use crate::media;
use axum::http::HeaderMap;
use serde_json::{Map, Value};
use std::borrow::Cow;

const MOST_BLOCKS: usize = 50;
const MOST_ATTACHMENTS: usize = 100;
/// Longer texts are cut without a word.
const LONGEST_TEXT: usize = 40_000;

const INVALID_PAYLOAD: &str = "invalid_payload";
const INVALID_BLOCKS: &str = "invalid_blocks";
const INVALID_ATTACHMENTS: &str = "invalid_attachments";

/// What says something in an attachment; its color, its time and the rest only go with that.
///
/// Source: docs.slack.dev, "Reference: secondary message attachments", legacy fields: all are optional if there are
/// blocks, and `fallback` or `text` is required otherwise; a title, fields, an image or a footer shows as well.
const CONTENTS: [&str; 11] = [
    "actions",
    "author_name",
    "blocks",
    "fallback",
    "fields",
    "footer",
    "image_url",
    "pretext",
    "text",
    "thumb_url",
    "title",
];

/// Reads a payload as Slack keeps it, or returns Slack's word for what is wrong.
///
/// Source: docs.slack.dev, "Sending messages using incoming webhooks"; the older form, with the JSON in the field
/// `payload` of a form, is still taken.
pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<Value, &'static str> {
    let json = if media::is(headers, "application/json") {
        Cow::Borrowed(body)
    } else if media::is(headers, "application/x-www-form-urlencoded") {
        let mut fields = form_urlencoded::parse(body);
        let (_, payload) = fields.find(|(name, _)| name == "payload").ok_or(INVALID_PAYLOAD)?;
        Cow::Owned(payload.into_owned().into_bytes())
    } else {
        return Err(INVALID_PAYLOAD);
    };
    let Ok(Value::Object(mut payload)) = serde_json::from_slice(&json) else {
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
    if text.trim().is_empty() && blocks.is_empty() && !attachments.iter().any(says_something) {
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
    let nested = attachments.iter().filter_map(|attachment| attachment["blocks"].as_array()).flatten();
    if !block::have_ids_of_their_own(blocks.iter().chain(nested)) {
        return Err(INVALID_BLOCKS);
    }
    Ok(())
}

/// Whether an attachment shows anything; what is no attachment is left to the check of its form.
fn says_something(attachment: &Value) -> bool {
    let says = |name: &str| match &attachment[name] {
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(list) => !list.is_empty(),
        _ => false,
    };
    !attachment.is_object() || CONTENTS.into_iter().any(says)
}

// A member that is missing is an empty list; one of another kind is nothing at all.
fn list<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a [Value]> {
    match object.get(name) {
        None | Some(Value::Null) => Some(&[]),
        Some(Value::Array(values)) => Some(values),
        Some(_) => None,
    }
}
