//! The API key in its header or in the query: judged, then blackened in everything that is kept.

use crate::secret::{Credential, REDACTED, Secret};
use axum::http::HeaderMap;

/// Source: developer.nulab.com, "Getting started": the header, or the parameter.
pub(super) const HEADER: &str = "backlog-api-key";
const PARAMETER: &str = "apiKey";

/// Judges the key of a call and returns the query with a blackened one; a key in the header counts first.
pub(super) fn inspect(headers: &HeaderMap, query: &str, key: &Secret) -> (Credential, String) {
    let in_header = headers.get(HEADER).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let mut credential = key.judge(in_header.as_deref());
    let mut kept = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = form_urlencoded::parse(pair.as_bytes()).next().unwrap_or_default();
        // Backlog accepts one spelling, but what another one holds is a key nevertheless.
        if name.eq_ignore_ascii_case(PARAMETER) {
            if name == PARAMETER && credential == Credential::Missing {
                credential = key.judge(Some(&value));
            }
            // That there was a key in the address is worth knowing.
            kept.push(format!("{name}={REDACTED}"));
        } else {
            kept.push(pair.to_owned());
        }
    }
    (credential, kept.join("&"))
}

#[cfg(test)]
mod tests {
    use super::{HEADER, inspect};
    use crate::secret::Credential;
    use crate::secret::Secret;
    use axum::http::{HeaderMap, HeaderName};

    #[track_caller]
    fn check(query: &str, credential: Credential, kept: &str) {
        let key = Secret::new("key+1".to_owned());
        assert_eq!(inspect(&HeaderMap::new(), query, &key), (credential, kept.to_owned()));
    }

    #[test]
    fn a_key_in_the_header_counts_before_one_in_the_query() {
        let key = Secret::new("key+1".to_owned());
        for (header, query, credential) in [
            ("key+1", "", Credential::Valid),
            ("no", "", Credential::Wrong),
            ("", "", Credential::Missing),
            ("", "apiKey=key%2B1", Credential::Valid),
            ("no", "apiKey=key%2B1", Credential::Wrong),
            ("key+1", "apiKey=no", Credential::Valid),
        ] {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(HEADER), header.parse().unwrap())]);
            assert_eq!(inspect(&headers, query, &key).0, credential, "{header} {query}");
        }
    }

    #[test]
    fn judges_the_decoded_key_and_keeps_the_rest_as_it_was_sent() {
        check("apiKey=key%2B1", Credential::Valid, "apiKey=redacted");
        check("order=asc&apiKey=key%2B1&q=a%20b", Credential::Valid, "order=asc&apiKey=redacted&q=a%20b");
        check("apiKey=key+1", Credential::Wrong, "apiKey=redacted");
        check("api%4Bey=key%2B1", Credential::Valid, "apiKey=redacted");
    }

    #[test]
    fn an_empty_key_is_a_missing_one() {
        check("", Credential::Missing, "");
        check("apiKey=&x=1", Credential::Missing, "apiKey=redacted&x=1");
        check("apiKey", Credential::Missing, "apiKey=redacted");
    }

    #[test]
    fn the_first_of_two_keys_counts_and_none_is_kept() {
        check("apiKey=no&apiKey=key%2B1", Credential::Wrong, "apiKey=redacted&apiKey=redacted");
        check("apiKey=key%2B1&apiKey=no", Credential::Valid, "apiKey=redacted&apiKey=redacted");
    }

    #[test]
    fn another_spelling_is_no_key_but_still_a_secret() {
        check("apikey=key%2B1", Credential::Missing, "apikey=redacted");
    }
}
