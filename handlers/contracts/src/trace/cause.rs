//! Why a function failed, as a value from which the remedy follows.

use crate::SecretValue;
use serde::{Deserialize, Serialize};

/// The cause of a failure, as far as the function knows it.
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
    /// A SaaS accepts the secret, but its own settings forbid the request.
    NotAllowed {
        /// What to do in the SaaS.
        step: String,
    },
    /// A SaaS rejects this content.
    ContentRefused {
        /// Name of the SaaS.
        by: String,
    },
    /// The subject of the event no longer exists.
    Missing {
        /// Name of the SaaS in which it was.
        from: String,
    },
    /// A SaaS limits the rate of calls.
    RateLimited {
        /// Name of the SaaS.
        by: String,
    },
    /// A SaaS does not answer.
    Unreachable {
        /// Name of the SaaS.
        by: String,
    },
    /// Anything else, including the causes of later versions.
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

    /// The settings of a SaaS forbid the request.
    pub fn not_allowed(step: &str) -> Self {
        Self::NotAllowed { step: step.into() }
    }

    /// A SaaS rejects this content.
    pub fn content_refused(by: &str) -> Self {
        Self::ContentRefused { by: by.into() }
    }

    /// A SaaS limits the rate of calls.
    pub fn rate_limited(by: &str) -> Self {
        Self::RateLimited { by: by.into() }
    }

    /// A SaaS does not answer.
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
