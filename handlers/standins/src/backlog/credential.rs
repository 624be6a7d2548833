//! The API key in the query: judged, then taken out of everything that is kept.

use crate::received::Credential;
use crate::secret::{REDACTED, Secret};

const PARAMETER: &str = "apiKey";

/// Judges the key in a query and returns the query without it.
pub(super) fn inspect(query: &str, key: &Secret) -> (Credential, String) {
    let mut credential = Credential::Missing;
    let mut kept = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = form_urlencoded::parse(pair.as_bytes()).next().unwrap_or_default();
        if name == PARAMETER {
            if credential == Credential::Missing {
                credential = key.judge(Some(&value));
            }
        } else if name.eq_ignore_ascii_case(PARAMETER) {
            // Backlog does not accept this spelling, but what it holds is a key all the same.
            kept.push(format!("{name}={REDACTED}"));
        } else {
            kept.push(pair.to_owned());
        }
    }
    (credential, kept.join("&"))
}

#[cfg(test)]
mod tests {
    use super::inspect;
    use crate::received::Credential;
    use crate::secret::Secret;

    #[track_caller]
    fn check(query: &str, credential: Credential, kept: &str) {
        let key = Secret::new("key+1".to_owned());
        assert_eq!(inspect(query, &key), (credential, kept.to_owned()));
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
}
