//! Why a handler could not do its work, and what happens to the message then.

use contracts::trace::Cause;
use std::fmt;
use std::time::Duration;

/// A failure of the function or of a server; what the sender did wrong is a `Reply` instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// May succeed later: the queue brings the message back.
    Retry {
        /// What failed, without secrets.
        reason: String,
        /// Why, as far as the function knows.
        cause: Cause,
        /// When the server said to come back. Default: longer with each delivery.
        after: Option<Duration>,
    },
    /// Will never succeed: the message goes to the dead-letter queue with its reason.
    Permanent {
        /// What failed, without secrets.
        reason: String,
        /// Why, as far as the function knows.
        cause: Cause,
    },
}

impl Failure {
    /// A failure that may pass.
    pub fn retry(reason: impl Into<String>) -> Self {
        Self::Retry { reason: reason.into(), cause: Cause::Other, after: None }
    }

    /// A failure that passes after a known time.
    pub fn retry_after(reason: impl Into<String>, after: Duration) -> Self {
        Self::Retry { reason: reason.into(), cause: Cause::Other, after: Some(after) }
    }

    /// A failure that does not pass.
    pub fn permanent(reason: impl Into<String>) -> Self {
        Self::Permanent { reason: reason.into(), cause: Cause::Other }
    }

    /// The same failure with its cause.
    pub fn because(mut self, known: Cause) -> Self {
        let (Self::Retry { cause, .. } | Self::Permanent { cause, .. }) = &mut self;
        *cause = known;
        self
    }

    /// What failed.
    pub fn reason(&self) -> &str {
        let (Self::Retry { reason, .. } | Self::Permanent { reason, .. }) = self;
        reason
    }

    /// Why, as far as the function knows.
    pub fn cause(&self) -> &Cause {
        let (Self::Retry { cause, .. } | Self::Permanent { cause, .. }) = self;
        cause
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.reason())
    }
}

impl std::error::Error for Failure {}
