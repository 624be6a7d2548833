//! The contract of the function behind every webhook URL.

use crate::contract::contract;
use crate::{
    Http, Interest, Optional, PassedHeaders, ReadSecret, SendTo, Setting, Signature, SigningKey, WebhookToken,
};

/// Largest body that is queued, in bytes of what is queued: a message of SQS has 1 MiB with its attributes, of which
/// this leaves room for the reason beside a dead letter.
///
/// API Gateway accepts 10 MB, and Lambda an event of 6 MB: larger bodies reach no function.
///
/// Sources: Amazon SQS developer guide, "Amazon SQS message quotas"; API Gateway developer guide, "Quotas for
/// configuring and running a REST API"; Lambda developer guide, "Lambda quotas".
pub const BODY_LIMIT_BYTES: usize = 1024 * 1024 - 16 * 1024;

contract! {
    /// Authenticates the sender by a token in the URL or a signature, queues the event and answers at once.
    "webhook-receiver" on Http, for<M>, within 10 s and 256 MiB {
        /// Work queue of the consumer.
        queue: SendTo<M> = "QUEUE_URL",
        /// The token that the last part of the path must be, if the sender has one.
        token: Optional<ReadSecret<WebhookToken>> = "TOKEN_SECRET_ARN",
        /// The key of the sender's signatures, if it signs.
        key: Optional<ReadSecret<SigningKey>> = "SIGNING_KEY_SECRET_ARN",
        /// How it signs.
        signature: Setting<Option<Signature>> = "SIGNATURE",
        /// The events that the consumer does not ignore.
        interest: Setting<Interest<M>> = "INTEREST",
        /// The headers that travel to the consumer.
        headers: Setting<PassedHeaders<M>> = "PASSED_HEADERS",
    }
}
