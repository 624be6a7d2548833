//! JSON as it was written: the order of members, repeated ones and the digits of numbers are kept.
//!
//! `serde_json::Value` keeps none of the three. serde_json judges the scalars here and decodes the strings; only
//! lists and objects are read by this module. Its `RawValue` would keep the digits as well, but would read what is
//! inside once more at every level.

mod shown;

use contracts::text::is_blank;
use serde::de::IgnoredAny;
use std::borrow::Cow;
use std::ops::Index;

pub use shown::shown;

/// Deepest nesting that is read: serde_json's own limit.
const DEEPEST: usize = 127;

/// A value of JSON.
#[derive(Clone, Debug, PartialEq)]
pub enum Json<'a> {
    /// A number, `true`, `false` or `null`, as it was written.
    Literal(&'a str),
    Text(Text<'a>),
    List(Vec<Json<'a>>),
    /// Members in their order; a name may stand there twice.
    Object(Vec<(Text<'a>, Json<'a>)>),
}

/// A string of JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct Text<'a> {
    /// With its quotes and escapes.
    pub written: &'a str,
    /// What it says.
    pub said: Cow<'a, str>,
}

static NOTHING: Json<'static> = Json::Literal("null");

impl<'a> Json<'a> {
    /// Reads a document; `None` for what is no JSON, for escapes that are no text, and for nesting without end.
    pub fn read(text: &'a str) -> Option<Self> {
        let mut reader = Reader { rest: text };
        let value = reader.value(0)?;
        reader.skip_space();
        reader.rest.is_empty().then_some(value)
    }

    /// The member of this name; the last of several, as other readers of JSON have it.
    pub fn get(&self, name: &str) -> Option<&Json<'a>> {
        self.members().iter().rev().find(|(found, _)| found.said == name).map(|(_, value)| value)
    }

    /// Members of an object; none of anything else.
    pub fn members(&self) -> &[(Text<'a>, Json<'a>)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// Items of a list; none of anything else.
    pub fn items(&self) -> &[Json<'a>] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// A text that can be seen.
    pub fn seen(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(&*text.said).filter(|text| !is_blank(text)),
            _ => None,
        }
    }

    /// A whole number.
    pub fn count(&self) -> Option<u64> {
        match self {
            Self::Literal(literal) => literal.parse().ok(),
            _ => None,
        }
    }

    /// A number as a person writes it: `5` in place of `5.0`, and all other digits as they came.
    pub fn number(&self) -> Option<&'a str> {
        let Self::Literal(literal) = *self else { return None };
        let is_number = literal.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        let whole = literal.split_once('.').filter(|(_, digits)| digits.bytes().all(|digit| digit == b'0'));
        is_number.then(|| whole.map_or(literal, |(whole, _)| whole))
    }

    /// A value as it stands in a sentence: a text that can be seen, a number, a list line by line, an object of
    /// scalars as `name value, …`, anything else as JSON; `None` for nothing.
    pub fn words(&self) -> Option<String> {
        let is_scalar = |value: &Json| matches!(value, Json::Literal(_) | Json::Text(_));
        let words = match self {
            Self::Literal("null") => return None,
            Self::Literal(literal) => self.number().unwrap_or(literal).to_owned(),
            Self::Text(_) => self.seen()?.to_owned(),
            Self::List(items) => items.iter().filter_map(Json::words).collect::<Vec<_>>().join("\n"),
            Self::Object(members) if members.iter().all(|(_, value)| is_scalar(value)) => {
                let parts =
                    members.iter().filter_map(|(name, value)| Some(format!("{} {}", name.said, value.words()?)));
                parts.collect::<Vec<_>>().join(", ")
            }
            Self::Object(_) => shown::flat(self),
        };
        Some(words).filter(|words| !is_blank(words))
    }
}

/// The member of this name, or `null`.
impl<'a> Index<&str> for Json<'a> {
    type Output = Json<'a>;

    fn index(&self, name: &str) -> &Json<'a> {
        self.get(name).unwrap_or(&NOTHING)
    }
}

/// The part of a document that was not read yet.
struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Option<Json<'a>> {
        self.skip_space();
        match self.rest.as_bytes().first()? {
            b'{' | b'[' if depth == DEEPEST => None,
            b'{' => self.members(depth).map(Json::Object),
            b'[' => self.items(depth).map(Json::List),
            b'"' => self.text().map(Json::Text),
            _ => self.literal().map(Json::Literal),
        }
    }

    fn members(&mut self, depth: usize) -> Option<Vec<(Text<'a>, Json<'a>)>> {
        let mut members = Vec::new();
        self.rest = self.rest.get(1..)?;
        if self.takes('}') {
            return Some(members);
        }
        loop {
            self.skip_space();
            let name = self.rest.starts_with('"').then(|| self.text())??;
            if !self.takes(':') {
                return None;
            }
            members.push((name, self.value(depth + 1)?));
            if self.takes('}') {
                return Some(members);
            }
            if !self.takes(',') {
                return None;
            }
        }
    }

    fn items(&mut self, depth: usize) -> Option<Vec<Json<'a>>> {
        let mut items = Vec::new();
        self.rest = self.rest.get(1..)?;
        if self.takes(']') {
            return Some(items);
        }
        loop {
            items.push(self.value(depth + 1)?);
            if self.takes(']') {
                return Some(items);
            }
            if !self.takes(',') {
                return None;
            }
        }
    }

    fn text(&mut self) -> Option<Text<'a>> {
        let mut is_escaped = false;
        let end = self.rest.bytes().skip(1).position(|byte| {
            let is_end = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            is_end
        })?;
        let written = self.take(end + 2)?;
        // Only a string without escapes can be borrowed.
        let said = match serde_json::from_str::<&str>(written) {
            Ok(said) => Cow::Borrowed(said),
            Err(_) => Cow::Owned(serde_json::from_str(written).ok()?),
        };
        Some(Text { written, said })
    }

    fn literal(&mut self) -> Option<&'a str> {
        let is_end = |c: char| matches!(c, ',' | ']' | '}') || is_space(c);
        let end = self.rest.find(is_end).unwrap_or(self.rest.len());
        let literal = self.take(end)?;
        serde_json::from_str::<IgnoredAny>(literal).is_ok().then_some(literal)
    }

    /// Whether this is what comes next; it is then behind.
    fn takes(&mut self, wanted: char) -> bool {
        self.skip_space();
        let rest = self.rest.strip_prefix(wanted);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn take(&mut self, n_bytes: usize) -> Option<&'a str> {
        let (taken, rest) = self.rest.split_at_checked(n_bytes)?;
        self.rest = rest;
        Some(taken)
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches(is_space);
    }
}

/// What JSON takes between its parts, and no other white space.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

#[cfg(test)]
mod tests;
