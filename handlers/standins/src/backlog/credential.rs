//! The API key in the query: judged, then taken out of everything that is kept.

use crate::received::Credential;
use crate::service::Sighting;

const PARAMETER: &str = "apiKey";
/// Anything shorter is found inside innocent words, and is no real key.
const SHORTEST_SECRET_BYTES: usize = 8;

/// Judges the key in a query and returns the query without it.
pub(super) fn inspect(query: &str, accepted: &str) -> Sighting {
    let mut credential = Credential::Missing;
    let mut kept = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = form_urlencoded::parse(pair.as_bytes()).next().unwrap_or_default();
        if name == PARAMETER {
            if credential == Credential::Missing && !value.is_empty() {
                credential = if value == accepted { Credential::Valid } else { Credential::Wrong };
            }
        } else if name.eq_ignore_ascii_case(PARAMETER) {
            // Backlog does not accept this spelling, but what it holds is a key all the same.
            kept.push(format!("{name}=redacted"));
        } else {
            kept.push(pair.to_owned());
        }
    }
    Sighting { credential, query: kept.join("&") }
}

/// Replaces a secret in a text, plain or percent-encoded.
pub(super) fn scrub(text: &str, secret: &str) -> String {
    if secret.len() < SHORTEST_SECRET_BYTES {
        return text.to_owned();
    }
    let encoded: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    text.replace(secret, "redacted").replace(&encoded, "redacted")
}

#[cfg(test)]
mod tests {
    use super::{inspect, scrub};
    use crate::received::Credential;

    #[track_caller]
    fn check(query: &str, credential: Credential, kept: &str) {
        let sighting = inspect(query, "key+1");
        assert_eq!((sighting.credential, sighting.query.as_str()), (credential, kept));
    }

    #[test]
    fn judges_the_decoded_key_and_keeps_the_rest_as_it_was_sent() {
        check("apiKey=key%2B1", Credential::Valid, "");
        check("order=asc&apiKey=key%2B1&q=a%20b", Credential::Valid, "order=asc&q=a%20b");
        check("apiKey=key+1", Credential::Wrong, "");
        check("api%4Bey=key%2B1", Credential::Valid, "");
    }

    #[test]
    fn an_empty_key_is_a_missing_one() {
        check("", Credential::Missing, "");
        check("apiKey=&x=1", Credential::Missing, "x=1");
        check("apiKey", Credential::Missing, "");
    }

    #[test]
    fn the_first_of_two_keys_counts_and_none_is_kept() {
        check("apiKey=no&apiKey=key%2B1", Credential::Wrong, "");
        check("apiKey=key%2B1&apiKey=no", Credential::Valid, "");
    }

    #[test]
    fn another_spelling_is_no_key_but_still_a_secret() {
        check("apikey=key%2B1", Credential::Missing, "apikey=redacted");
    }

    #[test]
    fn scrubs_a_secret_in_both_of_its_forms() {
        assert_eq!(scrub("a=secret/key&b=secret%2Fkey", "secret/key"), "a=redacted&b=redacted");
        assert_eq!(scrub("key", "key"), "key");
    }
}
