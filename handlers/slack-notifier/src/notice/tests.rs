//! Notifications as they come, and the messages that a person reads.
//!
//! `payload` goes the whole way from the text that SNS delivers to the body that Slack gets.

mod alarm;
mod budget;
mod event;
mod known;
mod pipeline;
mod plain;
mod quoted;
mod stack;
mod storage;

use super::*;
use crate::blocks;
use contracts::{Message, SettingValue};
use serde_json::{Value, json};

const TOPIC: &str = "arn:aws:sns:ap-northeast-1:111122223333:alarms";
/// The end of every message here that says nothing of where and when.
const FOOTER: &str = "alarms · ap-northeast-1 · 111122223333 · 2026-08-04 11:01:52 +09:00";

/// What is posted for a message of this topic.
fn payload(subject: Option<&str>, message: &str) -> Value {
    blocks::payload(&notice(subject, message))
}

fn notice(subject: Option<&str>, message: &str) -> Notice {
    notice_of(&Published::<PlainText>::envelope("id-1", TOPIC, subject, message))
}

/// The notice of a queue's message, as it came.
fn notice_of(body: &str) -> Notice {
    let published = Published::<PlainText>::from_body(body).unwrap();
    Notice::of(&published, &TimeZone::parse("Asia/Tokyo").unwrap())
}

/// A message of Slack with a header and these blocks beside a bar.
fn message(text: &str, header: &str, color: &str, blocks: Value) -> Value {
    json!({
        "text": text,
        "blocks": [{"type": "header", "text": plain_text(header)}],
        "attachments": [{"color": color, "blocks": blocks}],
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

fn plain_text(text: &str) -> Value {
    json!({"type": "plain_text", "text": text, "emoji": false})
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": plain_text(text)})
}

fn marked_section(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": true}})
}

fn fields(fields: &[&str]) -> Value {
    json!({"type": "section", "fields": fields.iter().map(|text| plain_text(text)).collect::<Vec<_>>()})
}

fn footer(text: &str) -> Value {
    json!({"type": "context", "elements": [plain_text(text)]})
}

/// The value of a notice's field.
#[track_caller]
fn value<'a>(notice: &'a Notice, label: &str) -> &'a str {
    let field = notice.fields.iter().find(|field| field.label == label);
    &field.unwrap_or_else(|| panic!("no {label} in {notice:?}")).value
}
