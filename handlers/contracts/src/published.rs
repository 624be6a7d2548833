//! Messages that reach a queue through a topic.

use crate::Message;
use serde::Deserialize;

/// What a topic delivered to a queue: the message in its envelope, or bare.
///
/// Subscriptions of the stacks deliver the envelope, because only it carries the subject and the id that
/// is the same in every queue; a bare message is taken as well. Source: Amazon SNS developer guide,
/// "Fanout to Amazon SQS queues" and "raw message delivery".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published<M> {
    /// Id that SNS gave the message, the same in every queue; none if it came bare.
    pub id: Option<String>,
    /// ARN of the topic.
    pub topic_arn: Option<String>,
    /// Subject, if there is one.
    pub subject: Option<String>,
    /// When it was published: ISO 8601, UTC.
    pub timestamp: Option<String>,
    /// The message.
    pub message: M,
}

/// The envelope's fields that are looked at.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    #[serde(rename = "Type")]
    kind: String,
    message_id: String,
    message: String,
    #[serde(default)]
    topic_arn: Option<String>,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    timestamp: Option<String>,
}

impl Envelope {
    fn read(body: &str) -> Option<Self> {
        serde_json::from_str(body).ok().filter(|envelope: &Self| envelope.kind == "Notification")
    }
}

/// The id in the envelope of a queue's message, if it came through a topic.
pub fn published_id(body: &str) -> Option<String> {
    Envelope::read(body).map(|envelope| envelope.message_id)
}

impl<M: Message> Published<M> {
    /// A message in the envelope that a queue would get, for tests of handlers.
    pub fn envelope(id: &str, topic_arn: &str, subject: Option<&str>, message: &str) -> String {
        serde_json::json!({
            "Type": "Notification",
            "MessageId": id,
            "TopicArn": topic_arn,
            "Subject": subject,
            "Message": message,
            "Timestamp": "2026-08-04T02:01:52.123Z",
            "SignatureVersion": "1",
        })
        .to_string()
    }
}

impl<M: Message> Message for Published<M> {
    const TEST_EVENT: &'static str = M::TEST_EVENT;

    fn from_body(body: &str) -> serde_json::Result<Self> {
        let Some(envelope) = Envelope::read(body) else {
            let message = M::from_body(body)?;
            return Ok(Self { id: None, topic_arn: None, subject: None, timestamp: None, message });
        };
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        Ok(Self {
            id: Some(envelope.message_id),
            topic_arn: filled(envelope.topic_arn),
            subject: filled(envelope.subject),
            timestamp: filled(envelope.timestamp),
            message: M::from_body(&envelope.message)?,
        })
    }
}

/// Any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainText(pub String);

impl Message for PlainText {
    const TEST_EVENT: &'static str = include_str!("../events/cloudwatch-alarm.json");

    fn from_body(body: &str) -> serde_json::Result<Self> {
        Ok(Self(body.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::JsonObject;

    #[test]
    fn an_envelope_is_opened_and_its_id_kept() {
        let body = Published::<PlainText>::envelope("m-1", "arn:aws:sns:r:1:t", None, "a\nb");
        let published = Published::<PlainText>::from_body(&body).unwrap();
        assert_eq!((published.id.as_deref(), published.message.0.as_str()), (Some("m-1"), "a\nb"));
        assert_eq!(published.subject, None);
        assert_eq!(published_id(&body).as_deref(), Some("m-1"));
    }

    #[test]
    fn a_bare_message_is_taken_as_it_is() {
        let published = Published::<PlainText>::from_body("{\"Type\": \"Other\"}").unwrap();
        assert_eq!((published.id, published.message.0.as_str()), (None, "{\"Type\": \"Other\"}"));
    }

    #[test]
    fn a_message_of_another_kind_is_an_error() {
        let body = Published::<JsonObject>::envelope("m-1", "arn", None, "not json");
        assert!(Published::<JsonObject>::from_body(&body).is_err());
    }
}
