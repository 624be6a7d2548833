//! What a notification says, from any source: from the text of a message to what a person reads.

mod alarm;
mod approval;
mod budget;
mod custom;
mod envelope;
mod event;
mod known;
mod pipeline;
mod place;
mod plain;
mod severity;
mod stack;
mod storage;

#[cfg(test)]
mod tests;

use crate::arn::{Arn, topic_name};
use crate::console::Link;
use crate::json::Json;
use contracts::text::{is_blank, one_line};
use contracts::{PlainText, Published, TimeZone};
use std::borrow::Cow;

pub use severity::Severity;

/// How many times a text may be quoted as JSON.
const MOST_QUOTES: usize = 4;

/// The content of a message to people; all texts are unescaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What was recognized, for the log.
    pub kind: &'static str,
    pub severity: Severity,
    /// One line that says what happened, without the help of a color.
    pub title: String,
    /// Why, in the words of its source.
    pub text: Option<String>,
    pub fields: Vec<Field>,
    /// Text to be shown letter by letter.
    pub code: Option<String>,
    pub link: Option<Link>,
    /// Where and when it happened, in small print.
    pub footer: Vec<String>,
}

/// A value with its label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub label: String,
    pub value: String,
}

/// What is known of a message besides its text.
#[derive(Clone, Copy)]
struct Context<'a> {
    subject: Option<&'a str>,
    topic_arn: Option<Arn<'a>>,
    topic: Option<&'a str>,
    timestamp: Option<&'a str>,
    zone: &'a TimeZone,
}

impl Notice {
    /// Recognizes a notification; what is not known is shown as it came.
    pub fn of(published: &Published<PlainText>, zone: &TimeZone) -> Self {
        let seen = |text: &'_ &str| !is_blank(text);
        let topic_arn = published.topic_arn.as_deref();
        let context = Context {
            subject: published.subject.as_deref().filter(seen),
            topic_arn: topic_arn.and_then(|text| Arn::regional(text, "sns")),
            topic: topic_arn.map(topic_name).filter(seen),
            timestamp: published.timestamp.as_deref().filter(seen),
            zone,
        };
        read(&published.message.0, &context)
    }

    /// Whether there is nothing to report: a new alarm that starts in the state `OK`.
    pub fn is_needless(published: &Published<PlainText>) -> bool {
        Json::read(&published.message.0).as_ref().is_some_and(alarm::has_just_begun)
    }

    /// A notice of this kind that says nothing yet.
    fn new(kind: &'static str, severity: Severity, title: impl AsRef<str>) -> Self {
        let title = one_line(title.as_ref());
        let (text, fields, code, link, footer) = (None, Vec::new(), None, None, Vec::new());
        Self { kind, severity, title, text, fields, code, link, footer }
    }

    /// Adds a value, unless it is blank.
    fn add(&mut self, label: &str, value: Option<impl Into<String>>) {
        if let Some(value) = value.map(Into::into).filter(|value| !is_blank(value)) {
            self.fields.push(Field { label: label.to_owned(), value });
        }
    }
}

impl Context<'_> {
    /// Where and when it happened, as far as known.
    fn footer(&self, region: Option<&str>, account: Option<&str>, time: Option<&str>) -> Vec<String> {
        let arn = |part: fn(&Arn<'_>) -> String| self.topic_arn.as_ref().map(part);
        let region = region.map(str::to_owned).or_else(|| arn(|arn| arn.region.to_owned()));
        let account = account.map(str::to_owned).or_else(|| arn(|arn| arn.account.to_owned()));
        let time = time.or(self.timestamp).map(|time| self.time(time));
        let topic = self.topic.map(str::to_owned);
        [topic, region, account, time].into_iter().flatten().filter(|part| !is_blank(part)).collect()
    }

    /// A time in the stage's zone; a text that is no time stays as it is.
    fn time(&self, text: &str) -> String {
        self.zone.write_iso(text).unwrap_or_else(|| text.to_owned())
    }

    /// The title of a message without one.
    fn title(&self) -> &str {
        self.subject.or(self.topic).unwrap_or("Notification")
    }
}

/// A message without the quotes around it.
///
/// Neither escapes that are no text nor nesting without end is JSON here; both are shown as they came.
fn read(message: &str, context: &Context) -> Notice {
    let mut text = Cow::Borrowed(message);
    for _ in 0..MOST_QUOTES {
        match unquoted(&text) {
            Some(said) => text = Cow::Owned(said),
            None => break,
        }
    }
    match Json::read(&text) {
        Some(object @ Json::Object(_)) => {
            read_object(&object, context).unwrap_or_else(|| plain::json(&object, context))
        }
        Some(list @ Json::List(_)) => plain::json(&list, context),
        _ => budget::read(&text, context)
            .or_else(|| stack::read(&text, context))
            .unwrap_or_else(|| plain::text(&text, context)),
    }
}

/// The content of a text whose lines are all strings of JSON.
///
/// Source: Amazon EventBridge user guide, "Amazon EventBridge input transformation": a template of text is one
/// string of JSON, or several, each on a line of its own, and reaches the topic with its quotes.
fn unquoted(text: &str) -> Option<String> {
    if !text.trim_start().starts_with('"') {
        return None;
    }
    let said = |line: &str| if line.trim().is_empty() { Some(String::new()) } else { serde_json::from_str(line).ok() };
    let lines: Vec<String> = text.trim().lines().map(said).collect::<Option<_>>()?;
    Some(lines.join("\n"))
}

fn read_object(object: &Json, context: &Context) -> Option<Notice> {
    alarm::read(object, context)
        .or_else(|| approval::read(object, context))
        .or_else(|| storage::read(object, context))
        .or_else(|| custom::read(object, context))
        .or_else(|| event::read(object, context))
        .or_else(|| known::read_message(object, context))
}
