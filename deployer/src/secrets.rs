//! Values of secrets on their way from a person to Secrets Manager, and nowhere else.

use crate::account::Account;
use crate::error::{Error, Outcome};
use stacks::{SecretSource, SecretSpec, Stack};
use std::collections::BTreeMap;

/// Values that were given, by the name of their secret. It does not show itself.
#[derive(Clone, Default)]
pub struct SecretInput(BTreeMap<&'static str, String>);

impl std::fmt::Debug for SecretInput {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

impl SecretInput {
    /// Takes a value, without white space around it.
    pub fn give(&mut self, name: &'static str, value: &str) {
        self.0.insert(name, value.trim().to_owned());
    }

    /// The value of a secret, if it was given.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Whether a value was given.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

impl Account {
    /// The value of a secret, by its name or ARN.
    pub(crate) async fn secret_value(&self, id: &str) -> Outcome<String> {
        let answer = self.secrets.get_secret_value().secret_id(id).send().await;
        let answer = answer.map_err(Error::aws("secretsmanager:GetSecretValue"))?;
        Ok(answer.secret_string.unwrap_or_default())
    }
}

/// The secrets that somebody must give before the stacks can be deployed: those that hold no
/// value yet. Not given means unchanged for all others.
pub async fn secrets_to_ask<'a>(account: &Account, stacks: &'a [Stack]) -> Outcome<Vec<(&'a Stack, &'a SecretSpec)>> {
    let mut missing = Vec::new();
    for stack in stacks {
        for secret in stack.secrets().iter().filter(|secret| secret.source == SecretSource::Given) {
            let id = account.physical_id(&stack.full_stack_name(), &secret.logical_id).await?;
            let has_value =
                match id {
                    None => false,
                    Some(id) => account.secrets.describe_secret().secret_id(id).send().await.is_ok_and(|answer| {
                        answer.version_ids_to_stages().is_some_and(|versions| !versions.is_empty())
                    }),
                };
            if !has_value {
                missing.push((stack, secret));
            }
        }
    }
    Ok(missing)
}

/// Puts the given values into the stack's secrets, where they differ from what is there.
///
/// Returns the names of those that changed.
pub async fn put_secrets(account: &Account, stack: &Stack, input: &SecretInput) -> Outcome<Vec<&'static str>> {
    let mut changed = Vec::new();
    for secret in stack.secrets().iter().filter(|secret| secret.source == SecretSource::Given) {
        let Some(value) = input.0.get(secret.name) else { continue };
        let Some(id) = account.physical_id(&stack.full_stack_name(), &secret.logical_id).await? else { continue };
        let current = account.secrets.get_secret_value().secret_id(&id).send().await;
        // Whoever may not read it can still replace it.
        if current.is_ok_and(|current| current.secret_string() == Some(value)) {
            continue;
        }
        account.changes();
        account
            .secrets
            .put_secret_value()
            .secret_id(id)
            .secret_string(value)
            .send()
            .await
            .map_err(Error::aws("secretsmanager:PutSecretValue"))?;
        changed.push(secret.name);
    }
    Ok(changed)
}
