//! A topic that a handler publishes to.

use super::failed_call;
use crate::Failure;
use serde::Serialize;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};

/// A topic of messages of type `M`.
pub struct Topic<M> {
    inner: Inner,
    message: PhantomData<fn() -> M>,
}

enum Inner {
    Sns { client: aws_sdk_sns::Client, arn: String },
    Fake(FakeTopic),
}

/// What was published to a fake topic, or the failure it answers with.
#[derive(Clone, Default)]
pub struct FakeTopic {
    published: Arc<Mutex<Vec<String>>>,
    is_broken: bool,
}

impl FakeTopic {
    /// A topic that refuses every message.
    pub fn broken() -> Self {
        Self { is_broken: true, ..Self::default() }
    }

    /// The messages published so far.
    pub fn published(&self) -> Vec<String> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn publish(&self, message: String) -> Result<String, Failure> {
        if self.is_broken {
            return Err(Failure::retry("the topic is broken"));
        }
        let mut published = self.published.lock().unwrap_or_else(PoisonError::into_inner);
        published.push(message);
        Ok(format!("published-{}", published.len()))
    }
}

impl<M: Serialize> Topic<M> {
    pub(crate) fn sns(client: aws_sdk_sns::Client, arn: String) -> Self {
        Self { inner: Inner::Sns { client, arn }, message: PhantomData }
    }

    /// A topic that only remembers.
    pub fn fake(topic: &FakeTopic) -> Self {
        Self { inner: Inner::Fake(topic.clone()), message: PhantomData }
    }

    /// Publishes a message as JSON, and returns the id that SNS gave it.
    pub async fn publish(&self, message: &M) -> Result<String, Failure> {
        let text = serde_json::to_string(message)
            .map_err(|error| Failure::permanent(format!("the message cannot be written as JSON: {error}")))?;
        let (client, arn) = match &self.inner {
            Inner::Sns { client, arn } => (client, arn),
            Inner::Fake(fake) => return fake.publish(text),
        };
        let answer = client
            .publish()
            .topic_arn(arn)
            .message(text)
            .send()
            .await
            .map_err(|error| failed_call("sns:Publish", error))?;
        Ok(answer.message_id().unwrap_or_default().to_owned())
    }
}
