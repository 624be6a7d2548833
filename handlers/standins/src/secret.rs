//! A secret that a service accepts, with those that it accepted before.

use serde::{Deserialize, Serialize};

/// Anything shorter is found inside innocent words, and is no real secret.
const SHORTEST_SECRET_BYTES: usize = 8;
/// What is shown in the place of a secret.
pub(crate) const REDACTED: &str = "redacted";

/// What a service thinks of the credential that came with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Credential {
    /// The accepted one.
    Valid,
    /// There is one, but it is not the accepted one.
    Wrong,
    /// There is none where the service looks for it.
    Missing,
}

/// The accepted secret and the retired ones.
pub(crate) struct Secret {
    current: String,
    // Retired secrets stay secret: a handler may still send one after a rotation.
    retired: Vec<String>,
}

impl Secret {
    /// Accepts one secret and knows no other.
    pub(crate) fn new(current: String) -> Self {
        Self { current, retired: Vec::new() }
    }

    /// Returns the accepted secret.
    pub(crate) fn current(&self) -> &str {
        &self.current
    }

    /// Replaces the accepted secret; the old one is wrong from now on.
    pub(crate) fn rotate(&mut self, next: String) {
        let retired = std::mem::replace(&mut self.current, next);
        self.retired.push(retired);
    }

    /// Judges what was sent where the secret belongs; an empty text is a missing one.
    pub(crate) fn judge(&self, sent: Option<&str>) -> Credential {
        match sent {
            None | Some("") => Credential::Missing,
            Some(sent) if sent == self.current => Credential::Valid,
            Some(_) => Credential::Wrong,
        }
    }

    /// Removes the accepted and every retired secret from a text.
    pub(crate) fn scrub(&self, text: &str) -> String {
        self.retired.iter().chain([&self.current]).fold(text.to_owned(), |text, secret| scrub(&text, secret))
    }
}

/// Replaces a secret in a text, plain or percent-encoded.
pub(crate) fn scrub(text: &str, secret: &str) -> String {
    if secret.len() < SHORTEST_SECRET_BYTES {
        return text.to_owned();
    }
    let forms = [secret.to_owned(), form_encoded(secret), path_encoded(secret)];
    forms.iter().fold(text.to_owned(), |text, form| text.replace(form, REDACTED))
}

/// Encodes a text as one value of a query or a form.
pub(crate) fn form_encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Encodes a text as one segment of a path.
pub(crate) fn path_encoded(text: &str) -> String {
    // In a form a plus sign is a space, in a path it is itself.
    form_encoded(text).replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::{Credential, Secret, path_encoded, scrub};

    #[test]
    fn scrubs_a_secret_in_each_of_its_forms() {
        assert_eq!(scrub("a=secret/key&b=secret%2Fkey", "secret/key"), "a=redacted&b=redacted");
        assert_eq!(scrub("/secret%20key?a=secret+key", "secret key"), "/redacted?a=redacted");
        assert_eq!(scrub("key", "key"), "key");
    }

    #[test]
    fn a_retired_secret_is_wrong_but_still_secret() {
        let mut secret = Secret::new("first-secret".to_owned());
        secret.rotate("second-secret".to_owned());
        assert_eq!(secret.judge(Some("first-secret")), Credential::Wrong);
        assert_eq!(secret.judge(Some("second-secret")), Credential::Valid);
        assert_eq!(secret.scrub("first-secret second-secret"), "redacted redacted");
    }

    #[test]
    fn an_empty_secret_is_a_missing_one() {
        let secret = Secret::new("secret".to_owned());
        assert_eq!(secret.judge(None), Credential::Missing);
        assert_eq!(secret.judge(Some("")), Credential::Missing);
    }

    #[test]
    fn a_segment_of_a_path_cannot_end_early() {
        assert_eq!(path_encoded("a/b c?d"), "a%2Fb%20c%3Fd");
    }
}
