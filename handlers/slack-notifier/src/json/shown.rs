//! JSON for people, letter by letter as far as there is room: with lines, with short lists and objects on one
//! line, on a single line, and at last without what matters least.

mod cut;

use super::{Json, Text};
use crate::text::code_length;
use contracts::text::is_blank;

/// Longest list or object that stays on one line when not everything can have lines of its own.
const LINE: usize = 100;
const INDENT: &str = "  ";
/// Indents of deeper levels are the same: they would take the room of what they indent.
const MOST_INDENTS: usize = 10;

/// A value as a block of code that takes at most `limit`, counted as Slack's limits are.
///
/// If something had to be left out, the last line says how many characters.
pub fn shown(value: &Json, limit: usize) -> String {
    [0, LINE, usize::MAX]
        .into_iter()
        .find_map(|longest_line| {
            // No character takes less than a third of a unit for a byte.
            let mut writer = Writer { out: String::new(), longest_line, most_bytes: limit.saturating_mul(3) };
            writer.value(value, 0)?;
            Some(writer.out).filter(|text| code_length(text) <= limit)
        })
        .unwrap_or_else(|| cut::cut(value, limit))
}

/// A value on one line.
pub(super) fn flat(value: &Json) -> String {
    let mut writer = Writer { out: String::new(), longest_line: usize::MAX, most_bytes: usize::MAX };
    // Nothing is too long for this one.
    let _ = writer.value(value, 0);
    writer.out
}

/// Writes a value unless it becomes too long.
struct Writer {
    out: String,
    /// Lists and objects up to this length stay on one line.
    longest_line: usize,
    most_bytes: usize,
}

impl Writer {
    fn value(&mut self, value: &Json, depth: usize) -> Option<()> {
        let (open, close, is_empty) = match value {
            Json::Literal(literal) => return self.push(literal),
            Json::Text(text) => return self.push(&readable(text)),
            Json::List(items) => ('[', ']', items.is_empty()),
            Json::Object(members) => ('{', '}', members.is_empty()),
        };
        let is_line = self.longest_line == usize::MAX || is_empty || fits(value, self.longest_line).is_some();
        self.push(open.encode_utf8(&mut [0; 4]))?;
        for (n, item) in value.items().iter().enumerate() {
            self.part(n, None, item, depth, is_line)?;
        }
        for (n, (name, item)) in value.members().iter().enumerate() {
            self.part(n, Some(name), item, depth, is_line)?;
        }
        if !is_line {
            self.line(depth)?;
        }
        self.push(close.encode_utf8(&mut [0; 4]))
    }

    /// The n-th item of a list, or the n-th member of an object with its name.
    fn part(&mut self, n: usize, name: Option<&Text>, value: &Json, depth: usize, is_line: bool) -> Option<()> {
        let is_tight = self.longest_line == usize::MAX;
        if n > 0 {
            self.push(if is_line && !is_tight { ", " } else { "," })?;
        }
        if !is_line {
            self.line(depth + 1)?;
        }
        if let Some(name) = name {
            self.push(&readable(name))?;
            self.push(if is_tight { ":" } else { ": " })?;
        }
        self.value(value, depth + 1)
    }

    fn line(&mut self, depth: usize) -> Option<()> {
        self.push("\n")?;
        self.push(&INDENT.repeat(depth.min(MOST_INDENTS)))
    }

    fn push(&mut self, text: &str) -> Option<()> {
        if self.out.len().saturating_add(text.len()) > self.most_bytes {
            return None;
        }
        self.out.push_str(text);
        Some(())
    }
}

/// What is left of a line's room after a value; `None` if it does not fit.
fn fits(value: &Json, room: usize) -> Option<usize> {
    match value {
        Json::Literal(literal) => room.checked_sub(literal.len()),
        Json::Text(text) => room.checked_sub(text.written.len()),
        Json::List(items) => items.iter().try_fold(room.checked_sub(2)?, |room, item| fits(item, room)?.checked_sub(2)),
        Json::Object(members) => members.iter().try_fold(room.checked_sub(2)?, |room, (name, value)| {
            fits(value, room)?.checked_sub(name.written.len() + 4)
        }),
    }
}

/// A string with its quotes, as it was written, except for escapes of readable characters.
///
/// Python and others write `\u3042` for all that is not ASCII, which no reader of a notification understands.
fn readable(text: &Text) -> String {
    let mut out = String::with_capacity(text.written.len());
    let mut rest = text.written;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let (n_bytes, c) = escaped_character(escape);
        match c.filter(|c| is_readable(*c)) {
            Some(c) => out.push(c),
            None => out.push_str(escape.get(..n_bytes).unwrap_or(escape)),
        }
        rest = escape.get(n_bytes..).unwrap_or_default();
    }
    out + rest
}

/// The length of an escape in bytes, and the character if it is written in digits.
fn escaped_character(escape: &str) -> (usize, Option<char>) {
    let digits = |at: usize| {
        let digits = escape.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let Some(first) = digits(0) else { return (2, None) };
    let pair = [Some(first), digits(6)].into_iter().flatten();
    match char::decode_utf16(pair).next() {
        Some(Ok(c)) => (6 * c.len_utf16(), Some(c)),
        _ => (6, None),
    }
}

/// Whether a character can stand for itself: it is seen, and ends nothing.
fn is_readable(c: char) -> bool {
    // It shows in the character before it: a heart is red by one.
    let is_variation = matches!(c, '\u{fe00}'..='\u{fe0f}');
    !matches!(c, '"' | '\\') && (is_variation || !is_blank(c.encode_utf8(&mut [0; 4])))
}
