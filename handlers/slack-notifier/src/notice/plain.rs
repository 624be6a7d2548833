//! What nobody recognized: JSON with its lines, and text as it came, both as code.

use super::{Context, Notice, Severity};
use crate::text::is_blank;
use serde_json::Value;
use std::io::{self, Write};

/// How long JSON may become by lines and indents; deep nesting makes it many times longer.
const PRETTY_BYTES_LIMIT: usize = 1024 * 1024;

pub(super) fn json(value: &Value, context: &Context) -> Notice {
    let mut notice = untold("JSON", context);
    notice.code = Some(pretty(value));
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
    notice
}

/// JSON with lines and indents, or on one line if that would be far too long.
pub(super) fn pretty(value: &Value) -> String {
    let mut written = Limited(Vec::new());
    let is_whole = serde_json::to_writer_pretty(&mut written, value).is_ok();
    let text = String::from_utf8(written.0).ok().filter(|_| is_whole);
    text.unwrap_or_else(|| value.to_string())
}

fn untold(kind: &'static str, context: &Context) -> Notice {
    let mut notice = Notice::new(kind, Severity::Neutral, context.title());
    notice.footer = context.footer(None, None, None);
    notice
}

/// Takes so many bytes and no more.
struct Limited(Vec<u8>);

impl Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > PRETTY_BYTES_LIMIT {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
