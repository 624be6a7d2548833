//! Why a handler could not do its work, and what happens to the message then.

use std::fmt;
use std::time::Duration;

/// A failure on our side or on the far side; what the sender did wrong is a `Reply` instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// May succeed later: the queue brings the message back.
    Retry {
        /// What failed, without secrets.
        reason: String,
        /// When the far side said to come back. Default: longer with each delivery.
        after: Option<Duration>,
    },
    /// Will never succeed: the message goes to the dead-letter queue with its reason.
    Permanent {
        /// What failed, without secrets.
        reason: String,
    },
}

impl Failure {
    /// A failure that may pass.
    pub fn retry(reason: impl Into<String>) -> Self {
        Self::Retry { reason: reason.into(), after: None }
    }

    /// A failure that passes after a known time.
    pub fn retry_after(reason: impl Into<String>, after: Duration) -> Self {
        Self::Retry { reason: reason.into(), after: Some(after) }
    }

    /// A failure that does not pass.
    pub fn permanent(reason: impl Into<String>) -> Self {
        Self::Permanent { reason: reason.into() }
    }

    /// What failed.
    pub fn reason(&self) -> &str {
        match self {
            Self::Retry { reason, .. } | Self::Permanent { reason } => reason,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.reason())
    }
}

impl std::error::Error for Failure {}
