//! A secret that is kept for a while, so that a new value is taken up by functions that run.

use super::failed_call;
use crate::Failure;
use contracts::SecretValue;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long a value is used before it is looked whether there is another.
const LONGEST_AGE: Duration = Duration::from_secs(60);

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
        if let Some((value, at)) = cached.as_ref()
            && at.elapsed() < LONGEST_AGE
        {
            return Ok(value.clone());
        }
        let value = match (self.fetch().await, cached.as_ref()) {
            (Ok(value), _) => value,
            (Err(Failure::Retry { .. }), Some((value, _))) => value.clone(),
            (Err(failure), _) => return Err(failure),
        };
        *cached = Some((value.clone(), Instant::now()));
        Ok(value)
    }

    /// The value as it is stored now, for when the far side refused the one we had.
    pub async fn reread(&self) -> Result<T, Failure> {
        let value = self.fetch().await?;
        *self.cached.lock().await = Some((value.clone(), Instant::now()));
        Ok(value)
    }

    async fn fetch(&self) -> Result<T, Failure> {
        let text = match &self.source {
            Source::Fake(values) => {
                let mut values = values.lock().await;
                let next = values.last().cloned().unwrap_or_default();
                if values.len() > 1 {
                    values.pop();
                }
                next
            }
            Source::Stored { client, arn } => client
                .get_secret_value()
                .secret_id(arn)
                .send()
                .await
                .map_err(|error| failed_call("secretsmanager:GetSecretValue", error))?
                .secret_string
                .ok_or_else(|| Failure::permanent(format!("secret {} holds no text", T::NAME)))?,
        };
        if text.trim().is_empty() {
            return Err(Failure::permanent(format!("secret {} is empty", T::NAME)));
        }
        Ok(T::from_stored(&text))
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
    async fn a_value_that_is_gone_is_not_used_any_more() {
        pause();
        let secret = Secret::<WebhookToken>::fake(&["old", " "]);
        assert_eq!(value(&secret).await, "old");
        advance(LONGEST_AGE).await;
        assert!(matches!(secret.read().await, Err(Failure::Permanent { .. })));
    }
}
