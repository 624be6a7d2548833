//! Counts the requests of one call, to know whether a refusal also covers earlier ones.

use crate::error::Error;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Counts the requests that one call of the SDK sends.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempts(Arc<AtomicU32>);

impl Attempts {
    /// How many requests were sent.
    pub(crate) fn number(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Whether the call had no effect: nothing was sent, or the service refused the only request.
    ///
    /// A refusal of a second request says nothing about the first one, whose answer was lost.
    pub(crate) fn was_refused(&self, error: &Error) -> bool {
        match self.number() {
            0 => true,
            1 => (error.code().is_some() || matches!(error, Error::Clock { .. })) && !error.is_transient(),
            _ => false,
        }
    }
}

impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "Attempts"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _settings: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aws(code: &str) -> Error {
        Error::Aws { operation: "cloudformation:CreateChangeSet", code: code.into(), message: "m".into() }
    }

    fn after(n_requests: u32) -> Attempts {
        Attempts(Arc::new(AtomicU32::new(n_requests)))
    }

    #[test]
    fn only_the_refusal_of_a_single_request_is_believed() {
        let lost = Error::Unreachable { operation: "cloudformation:CreateChangeSet", reason: "reset".into() };
        let clock = Error::Clock { operation: "cloudformation:CreateChangeSet", difference: None, message: "m".into() };
        for (n_requests, error, was_refused) in [
            (0, &Error::Credentials { reason: "none".into() }, true),
            (1, &aws("AccessDenied"), true),
            (1, &aws("ExpiredToken"), true),
            (1, &clock, true),
            (1, &aws("ServiceUnavailable"), false),
            (1, &lost, false),
            (2, &aws("AccessDenied"), false),
            (8, &lost, false),
        ] {
            assert_eq!(after(n_requests).was_refused(error), was_refused, "{n_requests}: {error}");
        }
    }
}
