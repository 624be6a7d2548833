//! A queue that a handler puts messages into.

use super::failed_call;
use crate::Failure;
use contracts::Headers;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Longest visibility timeout of SQS, counted from the first delivery.
const VISIBILITY_LIMIT: Duration = Duration::from_secs(43_200);

/// The attribute of a dead letter that says why it is one.
pub(crate) const REASON: &str = "Reason";
/// Longest reason beside a dead letter, in characters, each of up to four bytes.
const REASON_CHARS: usize = 1000;
/// Longest header beside a message, in characters; nine of them and a reason fit beside the largest body.
const HEADER_CHARS: usize = 256;

/// A queue of messages of type `M`.
pub struct Queue<M> {
    inner: Inner,
    message: PhantomData<fn() -> M>,
}

enum Inner {
    Sqs { client: aws_sdk_sqs::Client, url: String },
    Fake(FakeQueue),
}

/// What was sent to a fake queue, or the failure it answers with.
#[derive(Clone, Default)]
pub struct FakeQueue {
    sent: Arc<Mutex<Vec<(String, Headers)>>>,
    postponed: Arc<Mutex<Vec<Duration>>>,
    is_broken: bool,
}

impl FakeQueue {
    /// A queue that refuses every message.
    pub fn broken() -> Self {
        Self { is_broken: true, ..Self::default() }
    }

    /// The bodies sent so far.
    pub fn sent(&self) -> Vec<String> {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.iter().map(|(body, _)| body.clone()).collect()
    }

    /// The attributes of each message sent so far.
    pub fn attributes(&self) -> Vec<Headers> {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.iter().map(|(_, attributes)| attributes.clone()).collect()
    }

    /// For how long messages were hidden so far, in order.
    pub fn postponed(&self) -> Vec<Duration> {
        self.postponed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl<M> Queue<M> {
    pub(crate) fn sqs(client: aws_sdk_sqs::Client, url: String) -> Self {
        Self { inner: Inner::Sqs { client, url }, message: PhantomData }
    }

    /// A queue that only remembers.
    pub fn fake(queue: &FakeQueue) -> Self {
        Self { inner: Inner::Fake(queue.clone()), message: PhantomData }
    }

    /// Sends the JSON text of a message as it is, with headers as its attributes, and returns the id that SQS gave
    /// it. Of a header that is too long, the beginning travels; one without a value does not.
    pub async fn send_text(&self, body: &str, headers: &Headers) -> Result<String, Failure> {
        let attributes = headers.iter().map(|(name, value)| (name.as_str(), allowed_text(value, HEADER_CHARS)));
        self.send(body, attributes.collect()).await
    }

    /// Sends a message with its headers and the reason why it could not be handled.
    pub(crate) async fn send_with_reason(
        &self,
        body: &str,
        headers: &Headers,
        reason: &str,
    ) -> Result<String, Failure> {
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.clone()));
        self.send(body, headers.chain([(REASON, allowed_text(reason, REASON_CHARS))]).collect()).await
    }

    async fn send(&self, body: &str, attributes: Vec<(&str, String)>) -> Result<String, Failure> {
        let (client, url) = match &self.inner {
            Inner::Sqs { client, url } => (client, url),
            Inner::Fake(fake) => return fake.send(body, &attributes),
        };
        let mut call = client.send_message().queue_url(url).message_body(body);
        // Source: Amazon SQS API reference, `MessageAttributeValue`: no value is empty.
        for (name, value) in attributes.into_iter().filter(|(_, value)| !value.is_empty()) {
            let attribute = aws_sdk_sqs::types::MessageAttributeValue::builder()
                .data_type("String")
                .string_value(value)
                .build()
                .map_err(|error| Failure::retry(error.to_string()))?;
            call = call.message_attributes(name, attribute);
        }
        let answer = call.send().await.map_err(|error| failed_call("sqs:SendMessage", error))?;
        Ok(answer.message_id().unwrap_or_default().to_owned())
    }

    /// Hides a delivered message for so long before it is delivered again.
    pub(crate) async fn postpone(&self, receipt: &str, delay: Duration) -> Result<(), Failure> {
        let (client, url) = match &self.inner {
            Inner::Sqs { client, url } => (client, url),
            Inner::Fake(fake) => {
                fake.postponed.lock().unwrap_or_else(PoisonError::into_inner).push(delay);
                return Ok(());
            }
        };
        let seconds = delay.min(VISIBILITY_LIMIT).as_secs();
        client
            .change_message_visibility()
            .queue_url(url)
            .receipt_handle(receipt)
            .visibility_timeout(i32::try_from(seconds).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| failed_call("sqs:ChangeMessageVisibility", error))?;
        Ok(())
    }
}

impl FakeQueue {
    fn send(&self, body: &str, attributes: &[(&str, String)]) -> Result<String, Failure> {
        if self.is_broken {
            return Err(Failure::retry("the queue is broken"));
        }
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let attributes = attributes.iter().filter(|(_, value)| !value.is_empty());
        sent.push((body.to_owned(), attributes.map(|(name, value)| ((*name).to_owned(), value.clone())).collect()));
        Ok(format!("message-{}", sent.len()))
    }
}

/// A text as SQS takes it: without the characters that would make it refuse the message, and no longer than there is
/// room for beside the largest body that a receiver takes.
///
/// A reason may quote the far side, and the message must get through all the same. Source:
/// Amazon SQS API reference, `SendMessage`.
fn allowed_text(text: &str, n_chars: usize) -> String {
    let is_allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().take(n_chars).map(|c| if is_allowed(c) { c } else { ' ' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_loses_what_sqs_refuses_and_nothing_else() {
        assert_eq!(allowed_text("a\0b\u{1b}\u{ffff}\tあ😀\r\n", 99), "a b  \tあ😀\r\n");
        assert_eq!(allowed_text("😀😀😀", 2), "😀😀");
    }

    #[test]
    fn the_largest_body_leaves_room_for_attributes() {
        // Each with a name of at most 256 characters and a type.
        let attributes = 9 * (256 + 6 + 4 * HEADER_CHARS) + REASON.len() + 6 + 4 * REASON_CHARS;
        assert!(contracts::webhook_receiver::BODY_LIMIT_BYTES + attributes <= 1024 * 1024);
    }
}
