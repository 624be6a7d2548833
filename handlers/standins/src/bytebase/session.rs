//! Who is logged in and for how long, and who tried to log in too often.

use crate::secret::scrub;
use axum::http::{HeaderMap, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};

const TOKEN_SECONDS: u64 = 3_600;
/// Source: Bytebase, `backend/store/login_attempt.go` and pull request 21234, from release 3.22 on.
const MOST_ATTEMPTS: u32 = 5;
const WINDOW_SECONDS: u64 = 600;
/// Four random words are as long as the signature of a token.
const SIGNATURE_WORDS: usize = 4;
const WORKSPACE: &str = "5b1d0c1e-7f0a-4c9e-9a51-3d6f2f0f8a11";

/// Every token that was issued, with the second in which it ends.
#[derive(Default)]
pub(super) struct Sessions {
    ends: BTreeMap<String, u64>,
}

/// The attempts of each email since its last success: how many, and the second of the latest.
#[derive(Default)]
pub(super) struct Attempts {
    claimed: BTreeMap<String, (u32, u64)>,
}

impl Sessions {
    /// Issues a token that lives one hour.
    pub(super) fn issue(&mut self, email: &str, now: u64) -> String {
        let header = json!({"alg": "HS256", "kid": "v1", "typ": "JWT"});
        let claims = json!({
            "iss": "bytebase",
            "sub": email,
            "aud": ["bb.user.access"],
            "exp": now + TOKEN_SECONDS,
            "iat": now,
            "workspace_id": WORKSPACE,
        });
        // The signature is not checked; it only makes two tokens of one second different.
        let signature: Vec<u8> =
            (0..SIGNATURE_WORDS).flat_map(|word| RandomState::new().hash_one(word).to_le_bytes()).collect();
        let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let token = format!(
            "{}.{}.{}",
            encoded(header.to_string().as_bytes()),
            encoded(claims.to_string().as_bytes()),
            encoded(&signature)
        );
        self.ends.insert(token.clone(), now + TOKEN_SECONDS);
        token
    }

    /// Accepts a token, or says what is wrong with it.
    pub(super) fn check(&self, token: &str, now: u64) -> Result<(), &'static str> {
        match self.ends.get(token) {
            Some(end) if now < *end => Ok(()),
            Some(_) => Err("access token expired"),
            None => Err("failed to parse claim"),
        }
    }

    /// Ends every token that was issued so far.
    pub(super) fn expire(&mut self) {
        self.ends.values_mut().for_each(|end| *end = 0);
    }

    /// Removes every token that was ever issued from a text.
    pub(super) fn scrub(&self, text: &str) -> String {
        self.ends.keys().fold(text.to_owned(), |text, token| scrub(&text, token))
    }
}

impl Attempts {
    /// Takes one of the attempts of an email before its password is looked at; `false` if none is left.
    ///
    /// A refused attempt does not count. Ten minutes after the latest one that does, the count starts over.
    pub(super) fn claim(&mut self, email: &str, now: u64) -> bool {
        let (count, latest) = self.claimed.entry(email.to_owned()).or_insert((0, now));
        if now > *latest + WINDOW_SECONDS {
            *count = 0;
        }
        let is_granted = *count < MOST_ATTEMPTS;
        if is_granted {
            (*count, *latest) = (*count + 1, now);
        }
        is_granted
    }

    /// Forgets the attempts of an email that knows the right password.
    pub(super) fn succeed(&mut self, email: &str) {
        self.claimed.remove(email);
    }
}

/// Returns the token of a call, if there is one, or what is wrong with the header.
pub(super) fn bearer(headers: &HeaderMap) -> Result<Option<&str>, &'static str> {
    let malformed = "authorization header format must be Bearer {token}";
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    let value = value.to_str().map_err(|_| malformed)?;
    if value.is_empty() {
        return Ok(None);
    }
    match *value.split_whitespace().collect::<Vec<_>>() {
        [scheme, token] if scheme.eq_ignore_ascii_case("bearer") => Ok(Some(token)),
        _ => Err(malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::{Attempts, MOST_ATTEMPTS, Sessions};

    #[test]
    fn a_token_lives_one_hour() {
        let mut sessions = Sessions::default();
        let token = sessions.issue("a@example.com", 1_000);
        assert_eq!(sessions.check(&token, 4_599), Ok(()));
        assert_eq!(sessions.check(&token, 4_600), Err("access token expired"));
        assert_eq!(sessions.check("other", 1_000), Err("failed to parse claim"));
    }

    #[test]
    fn two_tokens_of_one_second_differ() {
        let mut sessions = Sessions::default();
        assert_ne!(sessions.issue("a", 1), sessions.issue("a", 1));
    }

    #[test]
    fn the_fifth_attempt_is_the_last_for_ten_minutes() {
        let mut attempts = Attempts::default();
        for second in 0..u64::from(MOST_ATTEMPTS) {
            assert!(attempts.claim("a", second));
        }
        assert!(!attempts.claim("a", 5));
        assert!(attempts.claim("b", 5));
        // The refused attempts have not made it longer.
        assert!(!attempts.claim("a", 604));
        assert!(attempts.claim("a", 605));
    }

    #[test]
    fn attempts_count_together_until_ten_minutes_are_quiet() {
        let mut attempts = Attempts::default();
        for round in 0..u64::from(MOST_ATTEMPTS) {
            assert!(attempts.claim("a", round * 600));
        }
        assert!(!attempts.claim("a", 3_000));
        assert!(attempts.claim("a", 3_001));
    }

    #[test]
    fn the_right_password_clears_the_attempts() {
        let mut attempts = Attempts::default();
        for _ in 0..3 {
            for _ in 1..MOST_ATTEMPTS {
                assert!(attempts.claim("a", 1));
            }
            attempts.succeed("a");
        }
        assert!(attempts.claim("a", 1));
    }
}
