//! Queues of SQS.

use super::Resource;
use contracts::{SendTo, Wire};
use policies::{CfnString, Grant};
use serde::Serialize;
use std::marker::PhantomData;

/// A work queue; its dead-letter queue, encryption and visibility timeout are not optional.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Queue {
    pub(crate) maximum_message_size: u32,
    pub(crate) message_retention_period: u32,
    pub(crate) redrive_policy: RedrivePolicy,
    pub(crate) sqs_managed_sse_enabled: bool,
    pub(crate) visibility_timeout: u32,
}

/// Where messages go that were received too often.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RedrivePolicy {
    pub(crate) dead_letter_target_arn: CfnString,
    pub(crate) max_receive_count: u32,
}

/// A queue for what could not be handled.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DeadLetters {
    pub(crate) maximum_message_size: u32,
    pub(crate) message_retention_period: u32,
    pub(crate) sqs_managed_sse_enabled: bool,
}

impl Resource for Queue {
    const TYPE: &'static str = "AWS::SQS::Queue";
}

impl Resource for DeadLetters {
    const TYPE: &'static str = "AWS::SQS::Queue";
}

/// The service's largest message with its attributes, in bytes. It is the default today, and was not always.
///
/// Source: Amazon SQS developer guide, "Amazon SQS message quotas".
const MESSAGE_LIMIT_BYTES: u32 = 1024 * 1024;

/// How long a message may stay hidden from everybody after its function died before it could say anything, in
/// seconds, unless the function itself may run longer.
const HIDDEN_LIMIT_SECONDS: u32 = 900;

/// The service's longest retention: 14 days, in seconds.
pub(crate) const RETENTION_LIMIT: u32 = 1_209_600;

impl Queue {
    /// A queue whose consumer runs for at most `function_timeout` seconds.
    ///
    /// The visibility timeout is six times that, as the Lambda developer guide advises, but no more than a quarter
    /// of an hour if Lambda takes it: it refuses a queue whose messages come back before its function must end. A
    /// function that may work for long shortens it itself (`runtime`), and gives signs of life.
    pub(crate) fn new(dead_letters: CfnString, function_timeout: u32) -> Self {
        Self {
            maximum_message_size: MESSAGE_LIMIT_BYTES,
            message_retention_period: RETENTION_LIMIT / 2,
            redrive_policy: RedrivePolicy {
                dead_letter_target_arn: dead_letters,
                max_receive_count: contracts::RECEIVES_LIMIT,
            },
            sqs_managed_sse_enabled: true,
            visibility_timeout: (6 * function_timeout).min(HIDDEN_LIMIT_SECONDS).max(function_timeout),
        }
    }
}

impl DeadLetters {
    pub(crate) fn new() -> Self {
        Self {
            maximum_message_size: MESSAGE_LIMIT_BYTES,
            message_retention_period: RETENTION_LIMIT,
            sqs_managed_sse_enabled: true,
        }
    }
}

/// A queue of messages of type `M` in a stack.
pub struct QueueRef<M> {
    pub(crate) logical_id: String,
    message: PhantomData<fn() -> M>,
}

impl<M> QueueRef<M> {
    pub(crate) fn new(logical_id: &str) -> Self {
        Self { logical_id: logical_id.to_owned(), message: PhantomData }
    }

    pub(crate) fn arn(&self) -> CfnString {
        CfnString::attribute(&self.logical_id, "Arn")
    }

    pub(crate) fn url(&self) -> CfnString {
        CfnString::reference(&self.logical_id)
    }

    pub(crate) fn dead_letters(&self) -> String {
        format!("{}DeadLetters", self.logical_id)
    }

    /// Lets a function put messages into the queue.
    pub fn send(&self) -> Wire<SendTo<M>> {
        #[expect(clippy::disallowed_methods, reason = "this is a resource")]
        Wire::new(self.url(), vec![Grant::SendMessages { queue: self.arn() }])
    }
}
