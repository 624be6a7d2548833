//! A queue that a handler puts messages into.

#[cfg(test)]
mod fake;

use crate::Failure;
use crate::calls::QueueCalls;
use contracts::Headers;
use contracts::text::beginning;
use std::marker::PhantomData;
use std::time::Duration;

#[cfg(test)]
pub(crate) use fake::FakeQueue;

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
    calls: Box<dyn QueueCalls>,
    message: PhantomData<fn() -> M>,
}

impl<M> Queue<M> {
    /// A queue of this service.
    pub fn new(calls: impl QueueCalls + 'static) -> Self {
        Self { calls: Box::new(calls), message: PhantomData }
    }

    /// Sends the JSON text of a message as it is, with headers as its attributes, and returns the id that SQS gave
    /// it. Of a header that is too long, the beginning travels; one without a value does not.
    pub async fn send_text(&self, body: &str, headers: &Headers) -> Result<String, Failure> {
        let attributes = headers.iter().map(|(name, value)| (name.clone(), allowed_text(value, HEADER_CHARS)));
        self.send(body, attributes.collect()).await
    }

    /// Sends a message with its headers and the reason why it could not be handled.
    pub(crate) async fn send_with_reason(
        &self,
        body: &str,
        headers: &Headers,
        reason: &str,
    ) -> Result<String, Failure> {
        let mut attributes = headers.clone();
        attributes.insert(REASON.to_owned(), allowed_text(reason, REASON_CHARS));
        self.send(body, attributes).await
    }

    async fn send(&self, body: &str, mut attributes: Headers) -> Result<String, Failure> {
        // Source: Amazon SQS API reference, `MessageAttributeValue`: no value is empty.
        attributes.retain(|_, value| !value.is_empty());
        self.calls.send(body, &attributes).await
    }

    /// Hides a delivered message for this time before it is delivered again.
    pub(crate) async fn postpone(&self, receipt: &str, delay: Duration) -> Result<(), Failure> {
        self.calls.postpone(receipt, delay.min(VISIBILITY_LIMIT)).await
    }
}

/// A text as SQS accepts it: without the characters for which it rejects a message, and no longer than there is
/// room for beside the largest body that a receiver accepts.
///
/// A reason may quote a server, and the message must get through nevertheless. Source:
/// Amazon SQS API reference, `SendMessage`.
fn allowed_text(text: &str, n_chars: usize) -> String {
    let is_allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    beginning(text, n_chars, |_| 1).chars().map(|c| if is_allowed(c) { c } else { ' ' }).collect()
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
