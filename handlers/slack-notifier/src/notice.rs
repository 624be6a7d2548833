//! What a notification says, whoever wrote it: from the text of a message to what a person reads.

mod alarm;
mod approval;
mod budget;
mod event;
mod pipeline;
mod plain;
mod stack;
mod storage;

#[cfg(test)]
mod tests;

use crate::arn::{Arn, topic_name};
use crate::console::Link;
use crate::text::{is_blank, one_line};
use contracts::{PlainText, Published, TimeZone};
use serde_json::{Map, Value};

/// What a person should read; all texts are as they came and still to be escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What was recognized, for the log.
    pub kind: &'static str,
    pub severity: Severity,
    /// One line that says what happened without any color.
    pub title: String,
    /// Why, in the words of whoever says it.
    pub text: Option<String>,
    pub fields: Vec<Field>,
    /// What is shown as it is, letter by letter.
    pub code: Option<String>,
    pub link: Option<Link>,
    /// Where and when, in small letters.
    pub footer: Vec<String>,
}

/// A value with what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub label: String,
    pub value: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Bad,
    Warning,
    Good,
    /// Something has begun or goes on.
    Ongoing,
    Neutral,
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

type Object = Map<String, Value>;

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
        let text = published.message.0.as_str();
        // Neither escapes that are no text nor nesting without end is JSON here; both are shown as they came.
        match serde_json::from_str(text) {
            Ok(Value::Object(object)) => {
                read_object(&object, &context).unwrap_or_else(|| plain::json(&Value::Object(object), &context))
            }
            Ok(list @ Value::Array(_)) => plain::json(&list, &context),
            _ => budget::read(text, &context)
                .or_else(|| stack::read(text, &context))
                .unwrap_or_else(|| plain::text(text, &context)),
        }
    }

    /// Whether there is nothing to tell: an alarm that was just made is well.
    pub fn is_needless(published: &Published<PlainText>) -> bool {
        let message: Option<Value> = serde_json::from_str(&published.message.0).ok();
        message.as_ref().and_then(Value::as_object).is_some_and(alarm::has_just_begun)
    }

    /// A notice of this kind that says nothing yet.
    fn new(kind: &'static str, severity: Severity, title: impl AsRef<str>) -> Self {
        let title = one_line(title.as_ref());
        let (text, fields, code, link, footer) = (None, Vec::new(), None, None, Vec::new());
        Self { kind, severity, title, text, fields, code, link, footer }
    }

    /// Adds a value, if there is one to be seen.
    fn add(&mut self, label: &str, value: Option<impl Into<String>>) {
        if let Some(value) = value.map(Into::into).filter(|value| !is_blank(value)) {
            self.fields.push(Field { label: label.to_owned(), value });
        }
    }
}

impl Context<'_> {
    /// Where and when; whatever of it is known.
    fn footer(&self, region: Option<&str>, account: Option<&str>, time: Option<&str>) -> Vec<String> {
        let arn = |part: fn(&Arn<'_>) -> String| self.topic_arn.as_ref().map(part);
        let region = region.map(str::to_owned).or_else(|| arn(|arn| arn.region.to_owned()));
        let account = account.map(str::to_owned).or_else(|| arn(|arn| arn.account.to_owned()));
        let time = time.or(self.timestamp).map(|time| self.time(time));
        let topic = self.topic.map(str::to_owned);
        [topic, region, account, time].into_iter().flatten().filter(|part| !is_blank(part)).collect()
    }

    /// A moment as people of the stage's zone write it; as it came if it is none.
    fn time(&self, text: &str) -> String {
        self.zone.write_iso(text).unwrap_or_else(|| text.to_owned())
    }

    /// What a message is called that does not say it itself.
    fn title(&self) -> &str {
        self.subject.or(self.topic).unwrap_or("Notification")
    }
}

fn read_object(object: &Object, context: &Context) -> Option<Notice> {
    alarm::read(object, context)
        .or_else(|| approval::read(object, context))
        .or_else(|| storage::read(object, context))
        .or_else(|| event::read(object, context))
}

/// A member that is a text and can be seen.
fn string<'a>(object: &'a Object, name: &str) -> Option<&'a str> {
    object.get(name).and_then(seen_string)
}

/// A value that is a text and can be seen.
fn seen_string(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !is_blank(text))
}

/// A number as a person writes it: `5` in place of `5.0`.
fn number(value: &Value) -> Option<String> {
    let number = value.as_number()?;
    match number.as_f64() {
        Some(float) if float.fract() == 0.0 && float.abs() < 1e15 => Some(format!("{float:.0}")),
        _ => Some(number.to_string()),
    }
}
