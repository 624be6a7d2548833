//! A secret that is read once per process.

use super::failed_call;
use crate::Failure;
use contracts::SecretValue;
use tokio::sync::Mutex;

/// A secret whose value is a `T`.
pub struct Secret<T> {
    source: Source,
    cached: Mutex<Option<T>>,
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

    /// The value, read from Secrets Manager the first time only.
    pub async fn read(&self) -> Result<T, Failure> {
        let mut cached = self.cached.lock().await;
        if let Some(value) = cached.as_ref() {
            return Ok(value.clone());
        }
        let value = self.fetch().await?;
        *cached = Some(value.clone());
        Ok(value)
    }

    /// The value as it is stored now, for when the far side refused the one we had.
    pub async fn reread(&self) -> Result<T, Failure> {
        let value = self.fetch().await?;
        *self.cached.lock().await = Some(value.clone());
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
