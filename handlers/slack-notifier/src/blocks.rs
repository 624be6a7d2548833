//! A notice as a message of Slack: a header, and blocks beside a bar in the color of its severity.
//!
//! The bar exists only on attachments, which Slack calls legacy and keeps. Texts of other people are `plain_text`,
//! in which nothing is formatted, or code; `verbatim` only keeps Slack from making links and mentions of what
//! looks like one, and formats the rest of a `mrkdwn`.
//!
//! Source: docs.slack.dev, "Block Kit" reference, section, header, context and text object.

use crate::console::Link;
use crate::notice::{Field, Notice, Severity};
use crate::text::{SECTION_LIMIT, code, escaped};
use contracts::text::{is_blank, one_line, utf16_units};
use serde_json::{Value, json};

const HEADER_LIMIT: usize = 150;
const FIELD_LIMIT: usize = 2000;
const FIELDS_LIMIT: usize = 10;
const BLOCKS_LIMIT: usize = 50;
/// Slack recommends no more than 4,000; a notification shows a line or two.
const FALLBACK_LIMIT: usize = 1000;
const FOOTER_LIMIT: usize = 1000;
const LABEL_LIMIT: usize = 100;
/// A message of text alone: as long as Slack recommends at most.
const TEXT_LIMIT: usize = 4000;

/// The body that is posted.
pub fn payload(notice: &Notice) -> Value {
    let title = if is_blank(&notice.title) { "Notification" } else { &notice.title };
    let mut payload = json!({
        "text": escaped(&fallback(title, notice), FALLBACK_LIMIT),
        "blocks": [{"type": "header", "text": plain(title, HEADER_LIMIT)}],
        // A preview would fetch what a message names.
        "unfurl_links": false,
        "unfurl_media": false,
    });
    let blocks = blocks(notice);
    if !blocks.is_empty() {
        payload["attachments"] = json!([{"color": color(notice.severity), "blocks": blocks}]);
    }
    payload
}

/// The same without blocks, for the case that Slack rejects them.
///
/// Source: docs.slack.dev, "Formatting message text", disabling formatting: `mrkdwn` of the payload.
pub fn text_payload(notice: &Notice) -> Value {
    let title = if is_blank(&notice.title) { "Notification" } else { &notice.title };
    let mut lines = vec![title.to_owned()];
    lines.extend(notice.text.clone());
    lines.extend(notice.fields.iter().map(|field| format!("{}: {}", field.label, field.value)));
    // Before the code, which may be cut.
    lines.extend(notice.link.as_ref().map(|link| link.url.clone()));
    lines.extend(notice.code.clone());
    lines.push(footer(notice));
    lines.retain(|line| !is_blank(line));
    json!({
        "text": escaped(&lines.join("\n"), TEXT_LIMIT),
        "mrkdwn": false,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

/// What a notification on a telephone shows, and what a screen reader reads.
fn fallback(title: &str, notice: &Notice) -> String {
    match notice.text.as_deref().or(notice.code.as_deref()).map(one_line) {
        Some(text) if !is_blank(&text) => format!("{title}: {text}"),
        _ => title.to_owned(),
    }
}

fn blocks(notice: &Notice) -> Vec<Value> {
    let mut blocks = Vec::new();
    if let Some(text) = notice.text.as_deref().filter(|text| !is_blank(text)) {
        blocks.push(json!({"type": "section", "text": plain(text, SECTION_LIMIT)}));
    }
    for fields in notice.fields.chunks(FIELDS_LIMIT) {
        blocks.push(json!({"type": "section", "fields": fields.iter().map(field).collect::<Vec<_>>()}));
    }
    if let Some(text) = &notice.code {
        blocks.push(json!({"type": "section", "text": marked(code(text, SECTION_LIMIT))}));
    }
    // Room for the header above and for the two that are last and short.
    blocks.truncate(BLOCKS_LIMIT - 3);
    if let Some(text) = notice.link.as_ref().map(link).filter(|text| utf16_units(text) <= SECTION_LIMIT) {
        blocks.push(json!({"type": "section", "text": marked(text)}));
    }
    let footer = footer(notice);
    if !footer.is_empty() {
        blocks.push(json!({"type": "context", "elements": [plain(&one_line(&footer), FOOTER_LIMIT)]}));
    }
    blocks
}

fn footer(notice: &Notice) -> String {
    let parts: Vec<&str> = notice.footer.iter().map(String::as_str).filter(|part| !is_blank(part)).collect();
    parts.join(" · ")
}

fn color(severity: Severity) -> &'static str {
    match severity {
        Severity::Bad => "#d13212",
        Severity::Warning => "#ff9900",
        Severity::Good => "#1d8102",
        Severity::Ongoing => "#0073bb",
        Severity::Neutral => "#687078",
    }
}

fn field(field: &Field) -> Value {
    let label = escaped(&one_line(&field.label), LABEL_LIMIT);
    let value = escaped(&field.value, FIELD_LIMIT - utf16_units(&label) - "\n".len());
    text_object(format!("{label}\n{value}"))
}

/// The only place that writes a link; the maker of the address has encoded all that is not its own.
fn link(link: &Link) -> String {
    format!("<{}|{}>", link.url.replace('&', "&amp;"), link.label)
}

fn plain(text: &str, limit: usize) -> Value {
    text_object(escaped(text, limit))
}

/// A text that is escaped already, and in which nothing is formatted.
fn text_object(text: String) -> Value {
    json!({"type": "plain_text", "text": text, "emoji": false})
}

fn marked(text: String) -> Value {
    json!({"type": "mrkdwn", "text": text, "verbatim": true})
}

#[cfg(test)]
mod tests;
