//! The blocks of a message: known types, the members that they need and may have, and the lengths of their texts.
//!
//! Source: docs.slack.dev, "Block Kit" reference. Slack names a member that it does not know as an `invalid
//! additional property`, also `emoji` of a `mrkdwn` and `verbatim` of a `plain_text`.

use serde_json::Value;
use std::collections::BTreeSet;

const LONGEST_TEXT: usize = 3_000;
const LONGEST_HEADER: usize = 150;
const LONGEST_FIELD: usize = 2_000;
const LONGEST_MARKDOWN: usize = 12_000;
const LONGEST_ALT_TEXT: usize = 2_000;
const LONGEST_BLOCK_ID: usize = 255;
const MOST_FIELDS: usize = 10;
const MOST_CONTEXT_ELEMENTS: usize = 10;
const MOST_ACTIONS: usize = 25;

const PLAIN: &[&str] = &["plain_text"];
const ANY_TEXT: &[&str] = &["plain_text", "mrkdwn"];

/// Says whether Slack would take a block.
pub(super) fn is_valid(block: &Value) -> bool {
    let identified = match &block["block_id"] {
        Value::Null => true,
        id => is_string(id, LONGEST_BLOCK_ID),
    };
    identified && has_its_members(block) && has_no_others(block)
}

/// Says whether no two blocks of a message have the same id; blocks without one get one from Slack.
pub(super) fn have_ids_of_their_own<'a>(blocks: impl Iterator<Item = &'a Value>) -> bool {
    let mut seen = BTreeSet::new();
    blocks.filter_map(|block| block["block_id"].as_str()).all(|id| seen.insert(id))
}

fn has_its_members(block: &Value) -> bool {
    match block["type"].as_str() {
        Some("section") => is_section(block),
        Some("header") => is_text(&block["text"], PLAIN, LONGEST_HEADER),
        Some("divider") => true,
        Some("context") => is_list(&block["elements"], MOST_CONTEXT_ELEMENTS, is_context_element),
        Some("actions") => is_list(&block["elements"], MOST_ACTIONS, has_type),
        Some("image") => is_image(block) && (block["title"].is_null() || is_text(&block["title"], PLAIN, 2_000)),
        Some("markdown") => is_string(&block["text"], LONGEST_MARKDOWN),
        Some("rich_text") => is_list(&block["elements"], usize::MAX, has_type),
        Some("table") => block["rows"].as_array().is_some_and(|rows| !rows.is_empty()),
        Some("video") => ["alt_text", "thumbnail_url", "video_url"].iter().all(|name| block[*name].is_string()),
        Some("file") => block["external_id"].is_string() && block["source"].is_string(),
        Some("input") => is_text(&block["label"], PLAIN, 2_000) && has_type(&block["element"]),
        _ => false,
    }
}

/// Whether a block has only the members of its type, besides `type` and `block_id`.
fn has_no_others(block: &Value) -> bool {
    let members: &[&str] = match block["type"].as_str() {
        Some("section") => &["text", "fields", "accessory", "expand"],
        Some("header" | "markdown") => &["text"],
        Some("context" | "actions" | "rich_text") => &["elements"],
        Some("image") => &["image_url", "slack_file", "alt_text", "title"],
        Some("table") => &["rows", "column_settings"],
        Some("video") => &[
            "alt_text",
            "author_name",
            "description",
            "provider_icon_url",
            "provider_name",
            "thumbnail_url",
            "title",
            "title_url",
            "video_url",
        ],
        Some("file") => &["external_id", "source"],
        Some("input") => &["label", "element", "dispatch_action", "hint", "optional"],
        _ => &[],
    };
    has_only(block, |name| matches!(name, "type" | "block_id") || members.contains(&name))
}

fn is_section(block: &Value) -> bool {
    let (text, fields) = (&block["text"], &block["fields"]);
    let is_field = |field: &Value| is_text(field, ANY_TEXT, LONGEST_FIELD);
    let is_any = !text.is_null() || !fields.is_null();
    is_any
        && (text.is_null() || is_text(text, ANY_TEXT, LONGEST_TEXT))
        && (fields.is_null() || is_list(fields, MOST_FIELDS, is_field))
        && (block["accessory"].is_null() || has_type(&block["accessory"]))
}

fn is_context_element(element: &Value) -> bool {
    if element["type"] != "image" {
        return is_text(element, ANY_TEXT, LONGEST_TEXT);
    }
    let is_member = |name: &str| matches!(name, "type" | "image_url" | "slack_file" | "alt_text");
    is_image(element) && has_only(element, is_member)
}

fn is_image(image: &Value) -> bool {
    let shows = image["image_url"].as_str().is_some_and(|url| !url.is_empty()) || image["slack_file"].is_object();
    shows && is_string(&image["alt_text"], LONGEST_ALT_TEXT)
}

/// A text object: `emoji` is only for plain text, `verbatim` only for markup.
fn is_text(text: &Value, types: &[&str], longest: usize) -> bool {
    let Some(kind) = text["type"].as_str().filter(|kind| types.contains(kind)) else { return false };
    let option = if kind == "plain_text" { "emoji" } else { "verbatim" };
    let is_option = text[option].is_null() || text[option].is_boolean();
    is_option
        && is_string(&text["text"], longest)
        && has_only(text, |name| matches!(name, "type" | "text") || name == option)
}

fn is_string(value: &Value, longest: usize) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty() && text.chars().count() <= longest)
}

fn is_list(value: &Value, most: usize, is_element: impl Fn(&Value) -> bool) -> bool {
    value.as_array().is_some_and(|list| (1..=most).contains(&list.len()) && list.iter().all(is_element))
}

fn has_type(element: &Value) -> bool {
    element["type"].is_string()
}

fn has_only(object: &Value, is_member: impl Fn(&str) -> bool) -> bool {
    object.as_object().is_some_and(|object| object.keys().all(|name| is_member(name)))
}
