//! Redirects: followed with care, because the key goes to Backlog only.
//!
//! That an encrypted address never leads to an open one is in backlog/tests.rs: it takes TLS.

use super::*;
use standins::{Credential, Failure as Planned};

/// A file at another host, which Backlog's answer leads to; `location` gets the host's URL.
///
/// Expects an outcome, and returns what the other host was asked.
async fn check(location: impl FnOnce(&str) -> String, expected: Outcome) -> Vec<String> {
    let host = Host::answering(answer(200, "", generated(FILE_BYTES))).await;
    let stage = Stage::new().await;
    stage.put(|file| file.redirect_to = Some(location(&host.url())));
    let (text, objects) = stage.check(event(|_| {}), expected).await;
    if expected == Outcome::Worked {
        assert_eq!(objects[OBJECT], generated(FILE_BYTES), "{text}");
    }
    let calls = stage.standins.received();
    assert_eq!(calls.len(), 1, "{text}");
    assert_eq!(calls[0].credential, Credential::Valid);
    let requests = host.requests();
    requests.iter().for_each(|request| assert_no_canary(request, &KEYS));
    requests
}

/// Lets Backlog answer with a redirect that its stand-in has no file for.
async fn check_answer(status: u16, location: &[(&str, &str)], expected: Outcome) -> String {
    let stage = Stage::new().await;
    stage.put(|file| file.id = 2);
    stage.standins.fail(Planned {
        status,
        headers: location.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        ..Planned::default()
    });
    stage.check(event(|_| {}), expected).await.0
}

#[tokio::test]
async fn a_file_at_another_host_is_copied_and_the_key_stays_with_backlog() {
    let requests = check(|host| format!("{host}/bucket/a%20b?signature=x%2Fy+z&&e"), Outcome::Worked).await;
    assert_eq!(requests.len(), 1);
    // What is signed must arrive as it was given.
    assert!(requests[0].starts_with("GET /bucket/a%20b?signature=x%2Fy+z&&e HTTP/1.1\r\n"), "{requests:?}");
    for header in ["backlog-api-key", "referer", "authorization", "cookie"] {
        assert!(!requests[0].to_ascii_lowercase().contains(&format!("\n{header}:")), "{requests:?}");
    }
}

#[tokio::test]
async fn a_key_that_the_redirect_repeats_is_taken_out_and_the_rest_is_left() {
    let encoded = ENCODED_KEY;
    for (query, kept) in [
        (format!("apiKey={encoded}"), "/f"),
        (format!("a=x%2Fy+z&apiKey={encoded}&b"), "/f?a=x%2Fy+z&b"),
        (format!("api%4Bey={encoded}&a=1"), "/f?a=1"),
        (format!("apikey={KEY}&a=1&&APIKEY={encoded}"), "/f?a=1"),
        ("apiKey=&a=1".to_owned(), "/f?a=1"),
    ] {
        let requests = check(|host| format!("{host}/f?{query}"), Outcome::Worked).await;
        assert!(requests[0].starts_with(&format!("GET {kept} HTTP/1.1\r\n")), "{requests:?}");
    }
}

#[tokio::test]
async fn a_redirect_that_hides_the_key_elsewhere_is_not_followed() {
    let encoded = ENCODED_KEY;
    for rest in [
        format!("f?token={encoded}"),
        format!("f?from=https://backlog.example/api?apiKey={encoded}"),
        format!("{KEY}/f"),
        format!("f/{encoded}"),
        format!("f?{}", KEY.to_ascii_uppercase()),
    ] {
        let requests = check(|host| format!("{host}/{rest}"), Outcome::Permanent).await;
        assert!(requests.is_empty(), "{requests:?}");
    }
}

#[tokio::test]
async fn every_kind_of_redirect_is_followed_also_a_relative_one() {
    let path = "/backlog/api/v2/projects/SUB/files/2";
    for status in [301, 302, 303, 307, 308] {
        check_answer(status, &[("location", path)], Outcome::Worked).await;
    }
    check_answer(302, &[("location", "2")], Outcome::Worked).await;
}

#[tokio::test]
async fn backlog_itself_gets_the_key_again() {
    let stage = Stage::new().await;
    stage.put(|file| file.id = 2);
    // The key that it repeats is not sent twice.
    let location = format!("{}?apiKey={}", stage.url_of(2), ENCODED_KEY);
    stage.put(|file| file.redirect_to = Some(location));
    stage.check(event(|_| {}), Outcome::Worked).await;
    let seen: Vec<_> = stage.standins.received().into_iter().map(|call| call.credential).collect();
    assert_eq!(seen, [Credential::Valid; 2]);
}

#[tokio::test]
async fn the_way_back_from_another_host_leads_to_backlog_with_the_key() {
    let stage = Stage::new().await;
    stage.put(|file| file.id = 2);
    let host = Host::answering(answer(302, &format!("Location: {}\r\n", stage.url_of(2)), "")).await;
    stage.put(|file| file.redirect_to = Some(host.url()));
    stage.check(event(|_| {}), Outcome::Worked).await;
    host.requests().iter().for_each(|request| assert_no_canary(request, &KEYS));
    assert_eq!(stage.standins.received()[1].credential, Credential::Valid);
}

#[tokio::test]
async fn a_circle_is_given_up() {
    let stage = Stage::new().await;
    let own = stage.url_of(FILE_ID);
    stage.put(|file| file.redirect_to = Some(own.clone()));
    let (text, _) = stage.check(event(|_| {}), Outcome::Permanent).await;
    assert!(text.contains("loop"), "{text}");
    assert_eq!(stage.standins.received().len(), 4);
    stage.standins.reset();
    let host = Host::answering(answer(302, &format!("Location: {own}\r\n"), "")).await;
    stage.put(|file| file.redirect_to = Some(host.url()));
    stage.check(event(|_| {}), Outcome::Permanent).await;
    assert_eq!((stage.standins.received().len(), host.requests().len()), (2, 2));
    host.requests().iter().for_each(|request| assert_no_canary(request, &KEYS));
}

#[tokio::test]
async fn a_redirect_to_nowhere_is_given_up() {
    check_answer(302, &[], Outcome::Permanent).await;
    for location in ["http://", "https://[", "ftp://127.0.0.1/f", "file:///etc/passwd", "data:,x"] {
        check_answer(302, &[("location", location)], Outcome::Permanent).await;
    }
}

#[tokio::test]
async fn what_another_host_refuses_says_nothing_about_the_key() {
    for status in [400, 401, 403] {
        let host = Host::answering(answer(status, "", "")).await;
        let mut stage = Stage::new().await;
        // Had the key been read again, the next event would bring the old one.
        stage.links.api_key = secret(&[KEY, OLD_KEY]);
        stage.put(|file| file.redirect_to = Some(host.url()));
        let (text, _) = stage.check(event(|_| {}), Outcome::Retry).await;
        assert!(text.ends_with(&format!("redirects to answered {status}")), "{text}");
        stage.check(event(|_| {}), Outcome::Retry).await;
        let seen: Vec<_> = stage.standins.received().into_iter().map(|call| call.credential).collect();
        assert_eq!(seen, [Credential::Valid; 2]);
    }
}

#[tokio::test]
async fn another_host_that_has_not_the_file_says_nothing_about_it() {
    let host = Host::answering(answer(404, "", "")).await;
    let stage = Stage::new().await;
    stage.put(|file| file.redirect_to = Some(host.url()));
    // Backlog names another address the next time, or says itself that the file is gone.
    stage.check(event(|_| {}), Outcome::Retry).await;
}
