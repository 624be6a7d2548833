//! Redirects and URLs as such; how they are followed is in handler/tests/redirects.rs.

use super::*;

/// Expects where a redirect leads, or that it is refused.
fn check(from: &str, location: Option<&str>, expected: Result<&str, &str>) {
    let found = redirected(&Url::parse(from).unwrap(), location);
    match (found, expected) {
        (Ok(url), Ok(expected)) => assert_eq!(url.as_str(), expected),
        (Err(failure), Err(expected)) => {
            assert_eq!(failure, Failure::permanent(failure.reason()));
            assert!(failure.reason().contains(expected), "{failure}");
        }
        (found, expected) => panic!("{location:?}: {found:?}, not {expected:?}"),
    }
}

#[test]
fn an_encrypted_address_never_leads_to_an_open_one() {
    let from = "https://space.backlog.com/api/v2/a?apiKey=secret";
    check(from, Some("https://files.example/b?c"), Ok("https://files.example/b?c"));
    check(from, Some("/b"), Ok("https://space.backlog.com/b"));
    check(from, Some("//files.example/b"), Ok("https://files.example/b"));
    for open in ["http://space.backlog.com/a", "HTTP://x/", "ftp://x/", "file:///x", "data:,x"] {
        check(from, Some(open), Err("without encryption"));
    }
}

#[test]
fn an_open_address_may_lead_to_both_but_not_back() {
    check("http://127.0.0.1:1/a", Some("http://127.0.0.1:2/"), Ok("http://127.0.0.1:2/"));
    check("http://127.0.0.1:1/a", Some("https://x/"), Ok("https://x/"));
    check("http://127.0.0.1:1/a", Some("ftp://x/"), Err("without encryption"));
}

#[test]
fn a_location_that_is_none_is_refused() {
    for location in [None, Some("http://"), Some("https://["), Some("//")] {
        check("https://space.backlog.com/a", location, Err("without saying where to"));
    }
}

#[test]
fn only_the_key_is_taken_out_of_a_url() {
    for (url, expected) in [
        ("https://x/?a=%2F+%20&&b", "https://x/?a=%2F+%20&&b"),
        ("https://x/?a=%2F+%20&apiKey=1&&b", "https://x/?a=%2F+%20&b"),
        ("https://x/?apiKey=1", "https://x/"),
        ("https://x/?apiKey", "https://x/"),
        ("https://x/?%61pi%4bEY=1&apiKeys=2", "https://x/?apiKeys=2"),
        ("https://x/", "https://x/"),
    ] {
        let mut url = Url::parse(url).unwrap();
        without_key(&mut url);
        assert_eq!(url.as_str(), expected);
    }
}
