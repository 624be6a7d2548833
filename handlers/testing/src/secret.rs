//! A secret in memory.

use crate::lock;
use contracts::SecretValue;
use runtime::calls::{Answer, SecretCalls, Unread};
use runtime::{Failure, Secret};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// What comes of reading a secret.
#[derive(Clone, Debug)]
pub enum Reading {
    /// It holds this text.
    Text(String),
    /// It holds no text.
    NoText,
    /// There is no such secret.
    Missing,
    /// It is not for this function.
    Withheld,
    /// The service answers with an error of its own.
    Silent,
    /// The service does not answer.
    Hanging,
}

/// A secret whose successive readings yield these texts; the last one stays.
pub fn secret<T: SecretValue>(texts: &[&str]) -> Secret<T> {
    secret_of(texts.iter().map(|text| Reading::Text((*text).to_owned())))
}

/// A secret of these readings; the last one stays.
pub fn secret_of<T: SecretValue>(readings: impl IntoIterator<Item = Reading>) -> Secret<T> {
    let fake = FakeSecret::default();
    lock(&fake.0).extend(readings);
    fake.secret()
}

/// A secret that can be changed; clones share it.
#[derive(Clone, Default)]
pub struct FakeSecret(Arc<Mutex<VecDeque<Reading>>>);

impl FakeSecret {
    /// A link to it.
    pub fn secret<T: SecretValue>(&self) -> Secret<T> {
        Secret::new(self.clone())
    }

    /// What comes of reading it from now on.
    pub fn put(&self, reading: Reading) {
        *lock(&self.0) = VecDeque::from([reading]);
    }
}

impl SecretCalls for FakeSecret {
    fn text(&self) -> Answer<'_, Option<String>, Unread> {
        let mut readings = lock(&self.0);
        let next = match readings.len() {
            0 | 1 => readings.front().cloned(),
            _ => readings.pop_front(),
        };
        match next.unwrap_or(Reading::Missing) {
            Reading::Text(text) => Box::pin(async { Ok(Some(text)) }),
            Reading::NoText => Box::pin(async { Ok(None) }),
            Reading::Missing => failed(Unread::Missing(Failure::retry("there is no such secret"))),
            Reading::Withheld => failed(Unread::Withheld(Failure::retry("the secret is not for this function"))),
            Reading::Silent => failed(Unread::Silent(Failure::retry("no answer"))),
            Reading::Hanging => Box::pin(std::future::pending()),
        }
    }
}

fn failed<'a>(unread: Unread) -> Answer<'a, Option<String>, Unread> {
    Box::pin(std::future::ready(Err(unread)))
}
