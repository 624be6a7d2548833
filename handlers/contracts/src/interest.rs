//! Which events a consumer acts on, so that a receiver queues no others.

use crate::{Headers, Message, SettingValue};
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde_json::{Value, json};
use std::fmt;
use std::marker::PhantomData;

/// A webhook event with a member that says whether its consumer ignores it.
pub trait WebhookEvent: Message {
    /// The member, at the top of the event.
    const MEMBER: &'static str;
    /// The values of the member, as JSON, in events that are not ignored.
    const WANTED: &'static [&'static str];
    /// Headers that travel to the consumer, as attributes of the message: names in lower case, nine at most.
    /// Default: none.
    ///
    /// Source: Amazon SQS developer guide, "Amazon SQS message metadata": ten attributes, of which a dead letter
    /// needs one for its reason.
    const HEADERS: &'static [&'static str] = &[];
}

/// An event of a webhook with the headers that its receiver passes on, for a sender that says there what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithHeaders<M> {
    /// Those of [`WebhookEvent::HEADERS`] that came.
    pub headers: Headers,
    /// The event.
    pub message: M,
}

impl<M: Message> Message for WithHeaders<M> {
    const TEST_EVENT: &'static str = M::TEST_EVENT;

    fn from_body(body: &str) -> serde_json::Result<Self> {
        Self::from_parts(body, &Headers::new())
    }

    fn from_parts(body: &str, headers: &Headers) -> serde_json::Result<Self> {
        Ok(Self { headers: headers.clone(), message: M::from_body(body)? })
    }
}

impl<M: WebhookEvent> WebhookEvent for WithHeaders<M> {
    const MEMBER: &'static str = M::MEMBER;
    const WANTED: &'static [&'static str] = M::WANTED;
    const HEADERS: &'static [&'static str] = M::HEADERS;
}

/// Which headers of the events of messages `M` travel to the consumer.
///
/// Its written form is the names with commas between them.
pub struct PassedHeaders<M> {
    names: Vec<String>,
    message: PhantomData<fn() -> M>,
}

impl<M: WebhookEvent> PassedHeaders<M> {
    /// The headers that the consumer of messages `M` asks for.
    ///
    /// Panics if they are more than a message can carry, or not what a header is called in lower case.
    pub fn of_consumer() -> Self {
        let text = M::HEADERS.join(",");
        match Self::parse(&text) {
            Ok(headers) => headers,
            Err(problem) => panic!("{problem}"),
        }
    }
}

impl<M> PassedHeaders<M> {
    /// The names, in lower case.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

impl<M> SettingValue for PassedHeaders<M> {
    fn render(&self) -> String {
        self.names.join(",")
    }

    fn parse(text: &str) -> Result<Self, String> {
        let names: Vec<String> = text.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let is_name =
            |name: &String| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        match names.len() <= 9 && names.iter().all(is_name) {
            true => Ok(Self { names, message: PhantomData }),
            false => Err(format!("`{text}` is no list of up to nine headers; allowed is one such as `x-github-event`")),
        }
    }
}

/// What the events of messages `M` have in common that are not ignored.
///
/// Its written form is JSON, such as `{"type":[8,9]}`.
pub struct Interest<M> {
    member: String,
    wanted: Vec<Value>,
    message: PhantomData<fn() -> M>,
}

impl<M: WebhookEvent> Interest<M> {
    /// The interest of the consumer of messages `M`.
    pub fn of_consumer() -> Self {
        let wanted = M::WANTED.iter().map(|text| serde_json::from_str(text).unwrap_or_default());
        Self { member: M::MEMBER.to_owned(), wanted: wanted.collect(), message: PhantomData }
    }
}

impl<M> Interest<M> {
    /// Whether the consumer would ignore an event: it is an object and its member says so.
    ///
    /// However large the event is, no more of it is kept than this member.
    pub fn would_be_ignored(&self, event: &str) -> bool {
        let mut reader = serde_json::Deserializer::from_str(event);
        let found = Member(&self.member).deserialize(&mut reader).and_then(|found| reader.end().map(|()| found));
        found.is_ok_and(|found| !self.wanted.contains(&found))
    }
}

impl<M> SettingValue for Interest<M> {
    fn render(&self) -> String {
        json!({ &self.member: self.wanted }).to_string()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no interest in events; allowed is one such as `{{\"type\":[8,9]}}`");
        let Ok(Value::Object(members)) = serde_json::from_str(text) else { return Err(wrong()) };
        let mut members = members.into_iter();
        match (members.next(), members.next()) {
            (Some((member, Value::Array(wanted))), None) => Ok(Self { member, wanted, message: PhantomData }),
            _ => Err(wrong()),
        }
    }
}

/// Reads one member of an object; null if it is missing, and the last one of several.
struct Member<'a>(&'a str);

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut found = Value::Null;
        while let Some(name) = members.next_key::<String>()? {
            if name == self.0 {
                found = members.next_value()?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backlog::BacklogEvent;
    use crate::mackerel::MackerelEvent;

    fn check<M: WebhookEvent>(event: &str, is_ignored: bool) {
        let interest = Interest::<M>::of_consumer();
        let read = Interest::<M>::parse(&interest.render()).unwrap();
        for interest in [interest, read] {
            assert_eq!(interest.would_be_ignored(event), is_ignored, "{event}");
        }
    }

    #[test]
    fn the_member_decides_wherever_it_stands() {
        check::<BacklogEvent>(BacklogEvent::TEST_EVENT, false);
        check::<BacklogEvent>(r#"{"content":{"type":1},"type":9}"#, false);
        check::<BacklogEvent>(r#"{"type":8,"content":{"type":1},"type":6}"#, true);
        for other in ["{}", r#"{"type":null}"#, r#"{"type":"8"}"#, r#"{"type":[8]}"#, r#"{"content":{"type":8}}"#] {
            check::<BacklogEvent>(other, true);
        }
        check::<MackerelEvent>(MackerelEvent::TEST_EVENT, false);
        check::<MackerelEvent>(r#"{"event":"monitorUpdate"}"#, true);
    }

    #[test]
    fn what_is_no_object_is_not_known_to_be_ignored() {
        for other in ["", "[]", "[8]", "1", r#"{"type":6"#, r#"{"type":6}x"#, r#"{"type":6,"a":tru}"#] {
            check::<BacklogEvent>(other, false);
        }
    }

    #[test]
    fn its_consumer_ignores_what_an_event_says_to_be_ignored() {
        for kind in 0..60 {
            let event = format!(r#"{{"type":{kind},"content":{{}}}}"#);
            let file = BacklogEvent::from_body(&event).unwrap().changed_file();
            check::<BacklogEvent>(&event, file.is_none());
        }
        for name in ["alert", "alertGroup", "sample", "Alert"] {
            let event = format!(r#"{{"event":"{name}"}}"#);
            let alert = MackerelEvent::from_body(&event).unwrap().alert();
            check::<MackerelEvent>(&event, alert.is_none());
        }
    }

    #[test]
    fn headers_are_named_in_lower_case_and_no_more_than_a_message_carries() {
        let names = |text| PassedHeaders::<BacklogEvent>::parse(text).map(|headers| headers.render());
        for text in ["", "x-github-event", "x-github-event,x-github-delivery", "a,b,c,d,e,f,g,h,i"] {
            assert_eq!(names(text).as_deref(), Ok(text));
        }
        for wrong in ["X-GitHub-Event", "a b", "a:b", "a,b,c,d,e,f,g,h,i,j"] {
            assert!(names(wrong).is_err(), "{wrong}");
        }
        assert_eq!(PassedHeaders::<BacklogEvent>::of_consumer().names().count(), 0);
    }

    #[test]
    fn another_text_is_no_interest() {
        for text in ["", "{}", "[]", r#"{"a":1}"#, r#"{"a":[1],"b":[2]}"#] {
            assert!(Interest::<BacklogEvent>::parse(text).is_err(), "{text}");
        }
        assert_eq!(Interest::<BacklogEvent>::of_consumer().render(), r#"{"type":[8,9]}"#);
        assert_eq!(Interest::<MackerelEvent>::of_consumer().render(), r#"{"event":["alert"]}"#);
    }
}
