//! A topic that a handler publishes to.

use crate::Failure;
use crate::calls::TopicCalls;
use serde::Serialize;
use std::marker::PhantomData;

/// A topic of messages of type `M`.
pub struct Topic<M> {
    calls: Box<dyn TopicCalls>,
    message: PhantomData<fn() -> M>,
}

impl<M: Serialize> Topic<M> {
    /// A topic of this service.
    pub fn new(calls: impl TopicCalls + 'static) -> Self {
        Self { calls: Box::new(calls), message: PhantomData }
    }

    /// Publishes a message as JSON, and returns the id that SNS gave it.
    pub async fn publish(&self, message: &M) -> Result<String, Failure> {
        let text = serde_json::to_string(message)
            .map_err(|error| Failure::permanent(format!("the message cannot be written as JSON: {error}")))?;
        self.calls.publish(&text).await
    }
}
