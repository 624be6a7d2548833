//! How long a call to AWS may take, and why each write may be repeated.
//!
//! A call without an answer is abandoned and repeated: otherwise a dropped connection would be waited for without
//! end. A read can always be repeated. Each write is one of these:
//!
//! | write | why a second request does no harm |
//! | --- | --- |
//! | `CreateChangeSet`, `ExecuteChangeSet` | a client token: CloudFormation takes it for the same request |
//! | `PutSecretValue` | a client request token, which the SDK makes once for all attempts |
//! | `StartExecution` | the name of the execution; an existing one is the one that was asked for |
//! | `CreateInvalidation` | the caller reference: the same one gives the same invalidation |
//! | `DeleteStack`, `DeleteChangeSet` | they name one stack or change set by its id; what was deleted stays deleted |
//! | `DeleteBucket`, `DeleteTable`, `DeleteLogGroup`, `AbortMultipartUpload` | "not found" means deleted |
//! | `DeleteObjects`, `DeleteObject` | they name versions, or leave one more delete marker |
//! | `CreateBucket` | "already owned by you" means created |
//! | `PutObject`, `PutPublicAccessBlock`, `PutBucketEncryption`, `UpdateContinuousBackups` | they set a state |
//!
//! `Publish` is none of them: SNS has no token for a standard topic, so it is sent once and not repeated.
//!
//! Sources: the API references of CloudFormation, Secrets Manager, Step Functions, CloudFront and S3, each
//! under the operation's name.

use crate::error::{Error, Outcome};
use aws_smithy_types::timeout::TimeoutConfig;
use std::time::Duration;

/// Seconds that one attempt of a call may take, for people with slow networks.
const VARIABLE: &str = "TSUGITE_CALL_TIMEOUT";
/// What it is without the variable, in seconds.
const DEFAULT_SECONDS: u64 = 60;
/// A call may be an hour at most.
const MOST_SECONDS: u64 = 3600;
/// How many attempts without an answer a call is made of before it is given up.
const SILENT_ATTEMPTS: u32 = 5;
/// How long a connection may take to be made.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// The slowest upload that is waited for, in bytes a second.
const SLOWEST_UPLOAD: u64 = 32 * 1024;

/// How long calls may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallLimits {
    attempt: Duration,
}

impl CallLimits {
    /// The limits that the environment asks for, or the usual ones.
    #[expect(clippy::disallowed_methods, reason = "every call to AWS is bound by this variable")]
    pub(crate) fn from_environment() -> Outcome<Self> {
        Self::read(std::env::var_os(VARIABLE).map(|value| value.to_string_lossy().into_owned()).as_deref())
    }

    fn read(value: Option<&str>) -> Outcome<Self> {
        let seconds = match value {
            None => Some(DEFAULT_SECONDS),
            Some(text) => text.trim().parse().ok().filter(|seconds| (1..=MOST_SECONDS).contains(seconds)),
        };
        let attempt = seconds.map(Duration::from_secs).ok_or_else(|| Error::Setting {
            what: format!("{VARIABLE} is `{}`, which is not a number of seconds", value.unwrap_or_default()),
            hint: format!("set it to a whole number from 1 to {MOST_SECONDS}, or unset it for {DEFAULT_SECONDS}"),
        })?;
        Ok(Self { attempt })
    }

    /// Limits for a test.
    #[cfg(test)]
    pub(super) fn of_attempt(attempt: Duration) -> Self {
        Self { attempt }
    }

    /// How long all attempts of one call may take together, the pauses between them included.
    fn whole(self) -> Duration {
        self.attempt * SILENT_ATTEMPTS
    }

    /// How long a read of an operation in progress is repeated while no answer comes.
    pub(crate) fn looking(self) -> Duration {
        self.whole()
    }

    /// The limits as the SDK takes them.
    pub(super) fn for_calls(self) -> TimeoutConfig {
        self.with_attempt(self.attempt)
    }

    /// The limits of a call that sends so many bytes.
    pub(crate) fn for_upload(self, n_bytes: u64) -> TimeoutConfig {
        let sending = n_bytes / SLOWEST_UPLOAD;
        self.with_attempt(self.attempt + Duration::from_secs(sending))
    }

    fn with_attempt(self, attempt: Duration) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(CONNECT_LIMIT.min(attempt))
            .operation_attempt_timeout(attempt)
            .operation_timeout(attempt * SILENT_ATTEMPTS)
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_a_number_of_seconds() {
        for (value, expected) in [(None, Some(60)), (Some("5"), Some(5)), (Some(" 120\n"), Some(120))] {
            assert_eq!(CallLimits::read(value).ok().map(|limits| limits.attempt.as_secs()), expected, "{value:?}");
        }
        for value in ["", "0", "-1", "1.5", "60s", "3601"] {
            let error = CallLimits::read(Some(value)).unwrap_err();
            assert!(error.to_string().contains(VARIABLE) && error.hint().unwrap().contains("1 to 3600"), "{error}");
        }
    }

    #[test]
    fn every_call_is_bound_and_an_upload_by_its_size() {
        let limits = CallLimits::read(None).unwrap();
        let calls = limits.for_calls();
        assert_eq!(calls.connect_timeout(), Some(Duration::from_secs(10)));
        assert_eq!(calls.operation_attempt_timeout(), Some(Duration::from_secs(60)));
        assert_eq!(calls.operation_timeout(), Some(Duration::from_secs(300)));
        let upload = limits.for_upload(64 * 1024 * 1024);
        assert_eq!(upload.operation_attempt_timeout(), Some(Duration::from_secs(60 + 2048)));
    }
}
