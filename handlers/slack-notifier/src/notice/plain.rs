//! Messages of an unknown kind: JSON letter by letter, and text as it came, both as code.

use super::{Context, Notice, Severity, severity};
use crate::json::{self, Json};
use crate::text::CODE_ROOM;
use contracts::text::is_blank;

/// How AWS Backup begins its plain text about a job.
///
/// Source: AWS Backup developer guide, "Using Amazon SNS to track AWS Backup events".
const BACKUP: &str = "An AWS Backup job ";

pub(super) fn json(value: &Json, context: &Context) -> Notice {
    let mut notice = untold("JSON", context);
    notice.code = Some(json::shown(value, CODE_ROOM));
    notice
}

pub(super) fn text(text: &str, context: &Context) -> Notice {
    let mut notice = untold("text", context);
    if is_blank(text) {
        let what = if text.is_empty() { "The message is empty." } else { "The message has no visible characters." };
        notice.text = Some(what.to_owned());
    } else {
        notice.code = Some(text.trim_matches(['\r', '\n']).to_owned());
    }
    if let Some(fate) = text.strip_prefix(BACKUP) {
        notice.severity = severity::worst_of(fate.split('.').next().unwrap_or_default().split_whitespace());
    }
    notice
}

fn untold(kind: &'static str, context: &Context) -> Notice {
    let mut notice = Notice::new(kind, Severity::Neutral, context.title());
    notice.footer = context.footer(None, None, None);
    notice
}
