//! Why a function could not do its work, as a value: what helps follows from it.

use crate::SecretValue;
use serde::{Deserialize, Serialize};

/// Why something failed, as far as the function knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cause {
    /// AWS does not authorize the function to do this.
    AccessDenied {
        /// IAM name of the action, such as `s3:PutObject`.
        action: String,
    },
    /// Secrets Manager has no value of a secret.
    SecretMissing {
        /// Name of the secret, as it is given at deploy.
        secret: String,
    },
    /// The value of a secret cannot be used: another one is needed.
    SecretRefused {
        /// Name of the secret, as it is given at deploy.
        secret: String,
    },
    /// A SaaS takes the secret, and has to be set in another way before it does what is asked for.
    NotAllowed {
        /// What a person does in the SaaS.
        step: String,
    },
    /// A SaaS does not take this content.
    ContentRefused {
        /// Name of the SaaS.
        by: String,
    },
    /// What the event is about is not there any more.
    Missing {
        /// Name of the SaaS in which it was.
        from: String,
    },
    /// A SaaS takes no more for now.
    RateLimited {
        /// Name of the SaaS.
        by: String,
    },
    /// A SaaS gives no answer.
    Unreachable {
        /// Name of the SaaS.
        by: String,
    },
    /// Anything else, that a later version knows included.
    #[default]
    #[serde(other)]
    Other,
}

impl Cause {
    /// The value of this secret cannot be used.
    pub fn secret_refused<T: SecretValue>() -> Self {
        Self::SecretRefused { secret: T::NAME.into() }
    }

    /// Secrets Manager has no value of this secret.
    pub fn secret_missing<T: SecretValue>() -> Self {
        Self::SecretMissing { secret: T::NAME.into() }
    }

    /// A SaaS has to be set in another way.
    pub fn not_allowed(step: &str) -> Self {
        Self::NotAllowed { step: step.into() }
    }

    /// A SaaS does not take this content.
    pub fn content_refused(by: &str) -> Self {
        Self::ContentRefused { by: by.into() }
    }

    /// A SaaS takes no more for now.
    pub fn rate_limited(by: &str) -> Self {
        Self::RateLimited { by: by.into() }
    }

    /// A SaaS gives no answer.
    pub fn unreachable(by: &str) -> Self {
        Self::Unreachable { by: by.into() }
    }

    /// What a refused or failed call of AWS means, by the service's code.
    pub fn of_aws(action: &str, code: &str) -> Self {
        // Sources: "Common errors" of each API reference; SNS has a code of its own.
        match code.strip_suffix("Exception").unwrap_or(code) {
            "AccessDenied" | "AuthorizationError" | "UnauthorizedOperation" => {
                Self::AccessDenied { action: action.into() }
            }
            _ => Self::Other,
        }
    }

    /// Whether nothing is known; such a cause is not written.
    pub fn is_other(&self) -> bool {
        *self == Self::Other
    }
}
