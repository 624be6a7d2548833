//! A secret that is kept for a while, so that a new value is taken up by functions that run.

use super::failed_call;
use crate::Failure;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use contracts::SecretValue;
use contracts::trace::Cause;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// How long a value is used before it is looked whether there is another.
const LONGEST_AGE: Duration = Duration::from_secs(60);
/// How long another value is waited for where there is one.
const REFRESH_LIMIT: Duration = Duration::from_secs(2);
/// Answers after which the value that we have is not ours any more.
///
/// Source: Secrets Manager API reference, GetSecretValue.
const GONE: [&str; 3] = ["AccessDeniedException", "InvalidRequestException", "ResourceNotFoundException"];

/// What a fake holds in place of a value when Secrets Manager answers with an error of its own.
const SILENT: &str = "\0silent";
/// The same when it does not answer at all.
const HANGING: &str = "\0hanging";

/// A secret whose value is a `T`.
pub struct Secret<T> {
    source: Source,
    /// The value, and when it was read.
    cached: Mutex<Option<(T, Instant)>>,
}

enum Source {
    Stored {
        client: aws_sdk_secretsmanager::Client,
        arn: String,
    },
    /// Values that successive readings yield; the last one stays.
    Fake(Mutex<Vec<String>>),
}

impl<T: SecretValue> Secret<T> {
    pub(crate) fn stored(client: aws_sdk_secretsmanager::Client, arn: String) -> Self {
        Self { source: Source::Stored { client, arn }, cached: Mutex::new(None) }
    }

    /// A secret whose successive readings yield these values; the last one stays.
    pub fn fake(values: &[&str]) -> Self {
        let values = values.iter().rev().map(|value| (*value).to_owned()).collect();
        Self { source: Source::Fake(Mutex::new(values)), cached: Mutex::new(None) }
    }

    /// The value, at most a minute old; an older one is better than none while Secrets Manager does not answer.
    pub async fn read(&self) -> Result<T, Failure> {
        let mut cached = self.cached.lock().await;
        let Some((known, at)) = cached.clone() else {
            let value = self.fetch().await.map_err(Unread::into_failure)?;
            *cached = Some((value.clone(), Instant::now()));
            return Ok(value);
        };
        if at.elapsed() < LONGEST_AGE {
            return Ok(known);
        }
        // Whoever waits for us has little time, and we have a value that was right a minute ago.
        let value = match timeout(REFRESH_LIMIT, self.fetch()).await {
            Ok(Ok(value)) => value,
            Ok(Err(Unread::Gone(failure))) => return Err(failure),
            Ok(Err(Unread::Silent(_))) | Err(_) => known,
        };
        *cached = Some((value.clone(), Instant::now()));
        Ok(value)
    }

    /// The value as it is stored now, for when the far side refused the one we had.
    pub async fn reread(&self) -> Result<T, Failure> {
        let value = self.fetch().await.map_err(Unread::into_failure)?;
        *self.cached.lock().await = Some((value.clone(), Instant::now()));
        Ok(value)
    }

    async fn fetch(&self) -> Result<T, Unread> {
        let text = match &self.source {
            Source::Fake(values) => {
                let mut values = values.lock().await;
                let next = values.last().cloned().unwrap_or_default();
                if values.len() > 1 {
                    values.pop();
                }
                match next.as_str() {
                    SILENT => return Err(Unread::Silent(Failure::retry("no answer"))),
                    HANGING => std::future::pending().await,
                    _ => next,
                }
            }
            Source::Stored { client, arn } => client
                .get_secret_value()
                .secret_id(arn)
                .send()
                .await
                .map_err(|error| {
                    let is_gone = error.code().is_some_and(|code| GONE.contains(&code));
                    // A secret without a value is not told apart from one that is gone.
                    let is_missing = error.code() == Some("ResourceNotFoundException");
                    let failure = failed_call("secretsmanager:GetSecretValue", error);
                    let failure = if is_missing { failure.because(Cause::secret_missing::<T>()) } else { failure };
                    if is_gone { Unread::Gone(failure) } else { Unread::Silent(failure) }
                })?
                .secret_string
                .ok_or_else(|| Unread::unusable::<T>("holds no text"))?,
        };
        if text.trim().is_empty() {
            return Err(Unread::unusable::<T>("is empty"));
        }
        Ok(T::from_stored(&text))
    }
}

/// Why a value could not be read.
enum Unread {
    /// Secrets Manager has none for us.
    Gone(Failure),
    /// Secrets Manager did not answer, or could not.
    Silent(Failure),
}

impl Unread {
    fn unusable<T: SecretValue>(what: &str) -> Self {
        let failure = Failure::permanent(format!("secret {} {what}", T::NAME));
        Self::Gone(failure.because(Cause::secret_refused::<T>()))
    }

    fn into_failure(self) -> Failure {
        match self {
            Self::Gone(failure) | Self::Silent(failure) => failure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::WebhookToken;
    use tokio::time::{advance, pause};

    async fn value(secret: &Secret<WebhookToken>) -> String {
        secret.read().await.unwrap().expose().to_owned()
    }

    #[tokio::test]
    async fn a_new_value_is_taken_up_after_a_while() {
        pause();
        let secret = Secret::fake(&["old", "new"]);
        for (seconds, expected) in [(0, "old"), (59, "old"), (1, "new"), (3600, "new")] {
            advance(Duration::from_secs(seconds)).await;
            assert_eq!(value(&secret).await, expected);
        }
    }

    #[tokio::test]
    async fn an_older_value_is_better_than_none() {
        pause();
        let secret = Secret::fake(&["old", SILENT, HANGING, "new"]);
        for expected in ["old", "old", "old", "new"] {
            let began = Instant::now();
            assert_eq!(value(&secret).await, expected);
            assert!(began.elapsed() <= REFRESH_LIMIT + Duration::from_millis(2));
            advance(LONGEST_AGE).await;
        }
        let secret = Secret::<WebhookToken>::fake(&[SILENT, "new"]);
        assert!(matches!(secret.read().await, Err(Failure::Retry { .. })));
        assert_eq!(value(&secret).await, "new");
    }

    #[tokio::test]
    async fn a_value_that_is_gone_is_not_used_any_more() {
        pause();
        let secret = Secret::<WebhookToken>::fake(&["old", " "]);
        assert_eq!(value(&secret).await, "old");
        advance(LONGEST_AGE).await;
        assert!(matches!(secret.read().await, Err(Failure::Permanent { .. })));
    }
}
