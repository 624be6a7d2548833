//! The contract of the function behind every webhook URL.

use crate::contract::contract;
use crate::{Http, ReadSecret, SendTo, WebhookToken};

/// Largest body that is accepted, in bytes; what SaaS webhooks send is a few KiB.
pub const BODY_LIMIT_BYTES: usize = 256 * 1024;

contract! {
    /// Checks the token in the URL, then queues the event and answers at once.
    "webhook-receiver" on Http, for<M>, within 10 s and 256 MiB {
        /// Work queue of the consumer.
        queue: SendTo<M> = "QUEUE_URL",
        /// What the last part of the path must be.
        token: ReadSecret<WebhookToken> = "TOKEN_SECRET_ARN",
    }
}
