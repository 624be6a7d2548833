//! The contract of the function behind every webhook URL.

use crate::contract::contract;
use crate::{
    Http, Interest, Optional, PassedHeaders, ReadSecret, SendTo, Setting, Signature, SigningKey, WebhookToken,
};

/// Largest body that is queued, in bytes of what is queued: a message of SQS has 1 MiB with its attributes, of which
/// this leaves room for the reason beside a dead letter.
///
/// API Gateway passes 10 MB on, and Lambda takes an event of 6 MB: of larger bodies no function hears.
///
/// Sources: Amazon SQS developer guide, "Amazon SQS message quotas"; API Gateway developer guide, "Quotas for
/// configuring and running a REST API"; Lambda developer guide, "Lambda quotas".
pub const BODY_LIMIT_BYTES: usize = 1024 * 1024 - 16 * 1024;

contract! {
    /// Checks who sends, by a token in the URL or a signature, then queues the event and answers at once.
    "webhook-receiver" on Http, for<M>, within 10 s and 256 MiB {
        /// Work queue of the consumer.
        queue: SendTo<M> = "QUEUE_URL",
        /// What the last part of the path must be, if that is how the sender is known.
        token: Optional<ReadSecret<WebhookToken>> = "TOKEN_SECRET_ARN",
        /// What the sender signs with, if it signs.
        key: Optional<ReadSecret<SigningKey>> = "SIGNING_KEY_SECRET_ARN",
        /// How it signs.
        signature: Setting<Option<Signature>> = "SIGNATURE",
        /// Which events the consumer does not ignore.
        interest: Setting<Interest<M>> = "INTEREST",
        /// Which headers travel to the consumer.
        headers: Setting<PassedHeaders<M>> = "PASSED_HEADERS",
    }
}
