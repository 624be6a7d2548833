//! A queue that a handler puts messages into.

use super::failed_call;
use crate::Failure;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Longest visibility timeout of SQS, counted from the first delivery.
const VISIBILITY_LIMIT: Duration = Duration::from_secs(43_200);

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
    sent: Arc<Mutex<Vec<String>>>,
    is_broken: bool,
}

impl FakeQueue {
    /// A queue that refuses every message.
    pub fn broken() -> Self {
        Self { is_broken: true, ..Self::default() }
    }

    /// The bodies sent so far.
    pub fn sent(&self) -> Vec<String> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
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

    /// Sends the JSON text of a message as it is, and returns the id that SQS gave it.
    pub async fn send_text(&self, body: &str) -> Result<String, Failure> {
        self.send(body, None).await
    }

    /// Sends a message with the reason why it could not be handled.
    pub(crate) async fn send_with_reason(&self, body: &str, reason: &str) -> Result<String, Failure> {
        self.send(body, Some(reason)).await
    }

    async fn send(&self, body: &str, reason: Option<&str>) -> Result<String, Failure> {
        let (client, url) = match &self.inner {
            Inner::Sqs { client, url } => (client, url),
            Inner::Fake(fake) => return fake.send(body),
        };
        let mut call = client.send_message().queue_url(url).message_body(body);
        if let Some(reason) = reason {
            let attribute = aws_sdk_sqs::types::MessageAttributeValue::builder()
                .data_type("String")
                .string_value(allowed_text(reason))
                .build()
                .map_err(|error| Failure::retry(error.to_string()))?;
            call = call.message_attributes("Reason", attribute);
        }
        let answer = call.send().await.map_err(|error| failed_call("sqs:SendMessage", error))?;
        Ok(answer.message_id().unwrap_or_default().to_owned())
    }

    /// Hides a delivered message for so long before it is delivered again.
    pub(crate) async fn postpone(&self, receipt: &str, delay: Duration) -> Result<(), Failure> {
        let Inner::Sqs { client, url } = &self.inner else {
            return Ok(());
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
    fn send(&self, body: &str) -> Result<String, Failure> {
        if self.is_broken {
            return Err(Failure::retry("the queue is broken"));
        }
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.push(body.to_owned());
        Ok(format!("message-{}", sent.len()))
    }
}

/// A text as SQS takes it: without the characters that would make it refuse the message.
///
/// A reason may quote the far side, and the message must get through all the same. Source:
/// Amazon SQS API reference, `SendMessage`.
fn allowed_text(text: &str) -> String {
    let is_allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if is_allowed(c) { c } else { ' ' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_loses_what_sqs_refuses_and_nothing_else() {
        assert_eq!(allowed_text("a\0b\u{1b}\u{ffff}\tあ😀\r\n"), "a b  \tあ😀\r\n");
    }
}
