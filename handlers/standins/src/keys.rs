//! The secrets that the stand-ins take, by their names in the contracts.

use crate::product::origin;
use crate::products::secrets;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;

/// The secret that each stand-in takes, by its name, such as `SLACK_WEBHOOK_URL`; of an address it is the part that
/// is secret.
#[derive(Clone)]
pub struct Keys(BTreeMap<&'static str, String>);

impl Keys {
    /// Returns secrets for tests, each unlike the others and the same every time.
    #[must_use]
    pub fn sample() -> Self {
        Self(secrets().map(|(_, secret)| (secret.name, secret.sample.to_owned())).collect())
    }

    /// Returns secrets derived from a random word: the same for the same word, and unknown without it.
    #[must_use]
    pub fn from_seed(seed: &str) -> Self {
        let of = |name: &str| {
            let digest = Sha256::new().chain_update(seed).chain_update([0]).chain_update(name).finalize();
            hex::encode(&digest[..16])
        };
        Self(secrets().map(|(_, secret)| (secret.name, of(secret.name))).collect())
    }

    /// Returns the same secrets with another one in place of that with this name.
    ///
    /// # Panics
    ///
    /// No stand-in takes a secret of this name.
    #[must_use]
    #[track_caller]
    pub fn with(mut self, name: &str, secret: &str) -> Self {
        let known = self.0.get_mut(name);
        assert!(known.is_some(), "no stand-in takes `{name}`");
        known.into_iter().for_each(|known| *known = secret.to_owned());
        self
    }

    /// Returns the names of all secrets that stand-ins take.
    pub fn names() -> impl Iterator<Item = &'static str> {
        secrets().map(|(_, secret)| secret.name)
    }

    /// Returns the secret with this name; empty if no stand-in takes one.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// Returns what a client is given for a secret of the server at a base: the secret itself, or an address with it.
    ///
    /// Empty if no stand-in takes a secret of this name.
    #[must_use]
    pub fn value(&self, base: &str, name: &str) -> String {
        let found = secrets().find(|(_, secret)| secret.name == name);
        found.map_or_else(String::new, |(service, secret)| (secret.value)(&origin(base, service), self.get(name)))
    }

    /// Returns the name of a secret that is empty, if there is one.
    pub(crate) fn empty(&self) -> Option<&'static str> {
        self.0.iter().find(|(_, secret)| secret.is_empty()).map(|(name, _)| *name)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Keys").finish_non_exhaustive()
    }
}

/// Says what keeps a change of some secrets, by their names, from being made.
pub(crate) fn check_change(new: &BTreeMap<String, String>) -> Result<(), String> {
    let names: Vec<&str> = Keys::names().collect();
    if let Some(unknown) = new.keys().find(|name| !names.contains(&name.as_str())) {
        return Err(format!("no stand-in takes `{unknown}`; there is `{}`", names.join("`, `")));
    }
    if let Some((name, _)) = new.iter().find(|(_, secret)| secret.is_empty()) {
        return Err(format!("`{name}` is empty"));
    }
    if new.is_empty() {
        return Err(format!("no secret is given; there is `{}`", names.join("`, `")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Keys;

    #[test]
    fn secrets_follow_from_the_seed_and_differ() {
        let [one, same, other] = ["a", "a", "b"].map(Keys::from_seed);
        let all = |keys: &Keys| keys.0.values().cloned().collect::<Vec<_>>();
        assert_eq!(all(&one), all(&same));
        let mut both = [all(&one), all(&other)].concat();
        let n_secrets = both.len();
        both.sort();
        both.dedup();
        assert_eq!(both.len(), n_secrets);
    }
}
