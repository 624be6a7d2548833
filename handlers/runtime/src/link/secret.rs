//! A secret that is kept for a while, so that a new value is taken up by functions that run.

use crate::Failure;
use crate::calls::{SecretCalls, Unread};
use contracts::SecretValue;
use contracts::trace::Cause;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// How long a value is used before it is read again.
const LONGEST_AGE: Duration = Duration::from_secs(60);
/// How long to wait for a new value while an old one exists.
const REFRESH_LIMIT: Duration = Duration::from_secs(2);

/// What an answer of a server says of the secret that it was called with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reread {
    /// Nothing: the answer stands.
    No,
    /// It may be an old one: the call is made once more if another one is stored now.
    IfReplaced,
    /// It is refused: the call is made once more with the one that is stored now.
    Always,
}

/// A secret whose value is a `T`.
pub struct Secret<T> {
    calls: Box<dyn SecretCalls>,
    /// The value, and when it was read.
    cached: Mutex<Option<(T, Instant)>>,
}

impl<T: SecretValue> Secret<T> {
    /// A secret of this service.
    pub fn new(calls: impl SecretCalls + 'static) -> Self {
        Self { calls: Box::new(calls), cached: Mutex::new(None) }
    }

    /// The value, at most a minute old; an older one is better than none while Secrets Manager does not answer.
    pub async fn read(&self) -> Result<T, Failure> {
        let mut cached = self.cached.lock().await;
        let Some((known, at)) = cached.clone() else {
            let value = self.fetch().await?;
            *cached = Some((value.clone(), Instant::now()));
            return Ok(value);
        };
        if at.elapsed() < LONGEST_AGE {
            return Ok(known);
        }
        // The sender waits, and the value was right a minute ago.
        let value = match timeout(REFRESH_LIMIT, self.fetch()).await {
            Ok(Ok(value)) => value,
            Ok(Err(Unread::Missing(failure) | Unread::Withheld(failure))) => return Err(failure),
            Ok(Err(Unread::Silent(_))) | Err(_) => known,
        };
        *cached = Some((value.clone(), Instant::now()));
        Ok(value)
    }

    /// Makes a call with the value, and once more with the value as it is stored now if the answer asks for it;
    /// returns the last answer with the value that led to it.
    ///
    /// The outer error is that the secret could not be read. What is refused must have had no effect.
    pub async fn call<A, E>(
        &self,
        call: impl AsyncFn(&T) -> Result<A, E>,
        judge: impl Fn(&A, &T) -> Reread,
    ) -> Result<Result<(A, T), E>, Failure>
    where
        T: PartialEq,
    {
        let known = self.read().await?;
        let answer = match call(&known).await {
            Ok(answer) => answer,
            Err(error) => return Ok(Err(error)),
        };
        let verdict = judge(&answer, &known);
        if verdict == Reread::No {
            return Ok(Ok((answer, known)));
        }
        let stored = self.reread().await?;
        if verdict == Reread::IfReplaced && stored == known {
            return Ok(Ok((answer, known)));
        }
        Ok(call(&stored).await.map(|answer| (answer, stored)))
    }

    /// The value as it is stored now, for when the server refused the previous one.
    pub async fn reread(&self) -> Result<T, Failure> {
        let value = self.fetch().await?;
        *self.cached.lock().await = Some((value.clone(), Instant::now()));
        Ok(value)
    }

    async fn fetch(&self) -> Result<T, Unread> {
        let text = self.calls.text().await.map_err(|unread| match unread {
            Unread::Missing(failure) => Unread::Missing(failure.because(Cause::secret_missing::<T>())),
            other => other,
        })?;
        let text = text.ok_or_else(|| unusable::<T>("holds no text"))?;
        match text.trim().is_empty() {
            true => Err(unusable::<T>("is empty")),
            false => Ok(T::from_stored(&text)),
        }
    }
}

fn unusable<T: SecretValue>(what: &str) -> Unread {
    let failure = Failure::permanent(format!("secret {} {what}", T::NAME));
    Unread::Withheld(failure.because(Cause::secret_refused::<T>()))
}
