//! Who gets in, and what is queued of it.

use super::*;
use contracts::backlog::BacklogEvent;
use contracts::{Headers, Interest, Message, PassedHeaders, SettingValue};
use testing::{FakeQueue, secret};

const JSON: (&str, &str) = ("Content-Type", "application/json; charset=utf-8");

fn links(queue: &FakeQueue, token: &str) -> Links {
    let interest = Interest::<BacklogEvent>::of_consumer().render();
    let interest = Interest::parse(&interest).unwrap();
    let headers = PassedHeaders::parse("x-github-event,x-github-delivery").unwrap();
    let token = Some(secret(&[token]));
    Links { queue: queue.queue(), token, key: None, signature: None, interest, headers }
}

/// The same for a sender who signs, by this scheme and with this key.
fn signed_links(queue: &FakeQueue, scheme: &Signature, key: &str) -> Links {
    // As the function gets it from its variable.
    let signature = Option::<Signature>::parse(&Some(scheme.clone()).render()).unwrap();
    Links { token: None, key: Some(secret(&[key])), signature, ..links(queue, "") }
}

/// Posts a body with a token and expects a status; returns what was queued.
async fn check(token: &str, headers: &[(&str, &str)], body: &[u8], status: u16) -> Vec<String> {
    let queue = FakeQueue::default();
    let links = links(&queue, "right");
    let request = Request::new(&[("token", token)], headers, body);
    let reply = handle(&links, request).await.unwrap();
    assert_eq!(reply.status(), status, "{reply:?}");
    queue.sent()
}

#[tokio::test]
async fn queues_the_test_event_as_it_came() {
    let event = BacklogEvent::TEST_EVENT;
    assert_eq!(check("right", &[JSON], event.as_bytes(), 200).await, [event]);
    assert_eq!(check("right", &[], b"{}", 200).await, ["{}"]);
}

#[tokio::test]
async fn what_a_queue_does_not_take_is_queued_as_an_escape() {
    let queued = check("right", &[JSON], "{\"a\": \"\u{fffe}見\u{ffff}\"}".as_bytes(), 200).await;
    assert_eq!(queued, [r#"{"a": "\ufffe見\uffff"}"#]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&queued[0]).unwrap()["a"], "\u{fffe}見\u{ffff}");
}

#[tokio::test]
async fn refuses_a_wrong_or_missing_token_before_it_looks_at_the_body() {
    for token in ["", "wrong", "righ", "right ", "rightt", "RIGHT"] {
        assert!(check(token, &[JSON], b"not json", 401).await.is_empty());
    }
}

#[tokio::test]
async fn refuses_what_is_too_large() {
    let body = |n_bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(n_bytes - 8));
    assert_eq!(check("right", &[JSON], body(BODY_LIMIT_BYTES).as_bytes(), 200).await.len(), 1);
    let too_large = body(BODY_LIMIT_BYTES + 1);
    // Nothing of another kind is acknowledged unseen.
    for wanted in [too_large.clone() + "x", too_large.replace("\"a\"", "\"type\":8,\"a\"")] {
        assert!(check("right", &[JSON], wanted.as_bytes(), 413).await.is_empty());
    }
    // As an escape it is twice as long.
    let doubled = format!("{{\"type\":8,\"a\":\"{}\"}}", "\u{ffff}".repeat(BODY_LIMIT_BYTES / 5));
    assert!(doubled.len() < BODY_LIMIT_BYTES);
    assert!(check("right", &[JSON], doubled.as_bytes(), 413).await.is_empty());
}

#[tokio::test]
async fn what_would_be_ignored_is_not_refused_for_its_size() {
    let text = "x".repeat(5 * 1024 * 1024);
    for event in [format!("{{\"type\":6,\"content\":\"{text}\"}}"), format!("{{\"content\":\"{text}\",\"type\":12}}")] {
        assert!(check("right", &[JSON], event.as_bytes(), 200).await.is_empty());
        assert!(check("wrong", &[JSON], event.as_bytes(), 401).await.is_empty());
    }
    // One that fits is queued, and its consumer says why it does nothing.
    assert_eq!(check("right", &[JSON], b"{\"type\":6}", 200).await, ["{\"type\":6}"]);
}

#[tokio::test]
async fn refuses_another_content_type() {
    for other in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""] {
        assert!(check("right", &[("content-type", other)], b"{}", 415).await.is_empty());
    }
}

#[tokio::test]
async fn refuses_what_is_not_a_json_object() {
    for body in [&b""[..], b"[]", b"1", b"null", b"{", b"{}{}", b"\xff", b"\"{}\""] {
        assert!(check("right", &[JSON], body, 400).await.is_empty());
    }
    let deep = "{\"a\":".repeat(100_000);
    assert!(check("right", &[], deep.as_bytes(), 400).await.is_empty());
    assert!(check("right", &[], deep.repeat(3).as_bytes(), 413).await.is_empty());
}

#[tokio::test]
async fn a_broken_queue_is_a_failure_and_not_an_acceptance() {
    let links = links(&FakeQueue::broken(), "right");
    let request = Request::new(&[("token", "right")], &[], b"{}");
    assert!(handle(&links, request).await.is_err());
}

#[tokio::test]
async fn an_empty_secret_lets_nobody_in() {
    let links = links(&FakeQueue::default(), " ");
    let request = Request::new(&[("token", "")], &[], b"{}");
    assert!(handle(&links, request).await.is_err());
}

const NOW: u64 = 1_790_000_000;
const KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// Every scheme; the key has a form that each takes.
fn schemes() -> [Signature; 8] {
    [
        Signature::github(),
        Signature::slack(),
        Signature::line(),
        Signature::stripe(),
        Signature::zoom(),
        Signature::standard_webhooks(),
        Signature::pagerduty(),
        Signature::of_body("linear-signature"),
    ]
}

/// A request as the sender would make it, with more headers.
fn signed(scheme: &Signature, key: &str, more: &[(&str, &str)], body: &[u8], at: u64) -> Request {
    let headers = scheme.sign(key, "event-1", body, at).unwrap();
    let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let headers: Vec<_> = headers.chain([JSON]).chain(more.iter().copied()).collect();
    let mut request = Request::new(&[], &headers, body);
    request.received_at = NOW;
    request
}

#[tokio::test]
async fn a_sender_who_signs_gets_in_by_every_scheme_and_nobody_else_does() {
    let body = "{\"a\": \"見積\"}".as_bytes();
    for scheme in schemes() {
        let queue = FakeQueue::default();
        let links = signed_links(&queue, &scheme, KEY);
        let reply = handle(&links, signed(&scheme, KEY, &[], body, NOW)).await.unwrap();
        assert_eq!((reply.status(), queue.sent().len()), (200, 1), "{scheme:?} {reply:?}");
        let other_key = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
        let mut changed = signed(&scheme, KEY, &[], body, NOW);
        changed.body[7] = b'b';
        let mut unsigned = Request::new(&[("token", KEY)], &[JSON], body);
        unsigned.received_at = NOW;
        for (request, words) in [
            (signed(&scheme, other_key, &[], body, NOW), "not that of this body"),
            (changed, "not that of this body"),
            (unsigned, "no signature"),
        ] {
            let reply = handle(&links, request).await.unwrap();
            let message = reply.body()["message"].as_str().unwrap().to_owned();
            assert!(reply.status() == 401 && message.contains(words), "{scheme:?} {message}");
        }
        let old = handle(&links, signed(&scheme, KEY, &[], body, NOW - 301)).await.unwrap();
        assert_eq!(old.status(), if scheme.timestamp.is_some() { 401 } else { 200 }, "{scheme:?}");
    }
}

#[tokio::test]
async fn what_a_signed_body_is_refused_for_comes_after_the_signature() {
    let scheme = Signature::github();
    let links = signed_links(&FakeQueue::default(), &scheme, KEY);
    let large = format!("{{\"type\":8,\"a\":\"{}\"}}", "x".repeat(BODY_LIMIT_BYTES));
    for (body, status) in [(&b"[]"[..], 400), (b"\xff", 400), (large.as_bytes(), 413)] {
        assert_eq!(handle(&links, signed(&scheme, KEY, &[], body, NOW)).await.unwrap().status(), status);
        assert_eq!(handle(&links, signed(&scheme, "other", &[], body, NOW)).await.unwrap().status(), 401);
    }
}

#[tokio::test]
async fn headers_that_the_consumer_asks_for_travel_with_the_message() {
    let queue = FakeQueue::default();
    let scheme = Signature::github();
    let more = [("X-GitHub-Event", "push"), ("X-GitHub-Delivery", ""), ("X-Other", "no"), ("Cookie", "no")];
    handle(&signed_links(&queue, &scheme, KEY), signed(&scheme, KEY, &more, b"{}", NOW)).await.unwrap();
    assert_eq!(queue.attributes(), [Headers::from([("x-github-event".into(), "push".into())])]);
}

#[tokio::test]
async fn a_word_that_the_sender_asks_for_is_answered_if_it_is_signed() {
    let slack = br#"{"type":"url_verification","challenge":"3eZbrw1a"}"#;
    let zoom = br#"{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZ"}}"#;
    for (scheme, body, member) in
        [(Signature::slack(), &slack[..], "challenge"), (Signature::zoom(), zoom, "plainToken")]
    {
        let queue = FakeQueue::default();
        let links = signed_links(&queue, &scheme, KEY);
        let reply = handle(&links, signed(&scheme, KEY, &[], body, NOW)).await.unwrap();
        assert_eq!((reply.status(), queue.sent().len()), (200, 0));
        assert!(reply.body()[member].as_str().is_some_and(|word| String::from_utf8_lossy(body).contains(word)));
        assert_eq!(handle(&links, signed(&scheme, "other", &[], body, NOW)).await.unwrap().status(), 401);
    }
}

#[tokio::test]
async fn a_definition_that_says_not_who_may_send_lets_nobody_in() {
    let queue = FakeQueue::default();
    let scheme = Some(Signature::github());
    let (token, key) = (|| Some(secret(&[KEY])), || Some(secret(&[KEY])));
    for (token, key, signature) in [
        (None, None, None),
        (None, key(), None),
        (None, None, scheme.clone()),
        (token(), key(), scheme.clone()),
        (token(), None, scheme),
    ] {
        let links = Links { token, key, signature, ..links(&queue, "") };
        assert!(handle(&links, signed(&Signature::github(), KEY, &[], b"{}", NOW)).await.is_err());
    }
    // As is a key that is none.
    for wrong in [" ", "no base64!"] {
        let links = signed_links(&queue, &Signature::standard_webhooks(), wrong);
        assert!(handle(&links, signed(&Signature::standard_webhooks(), KEY, &[], b"{}", NOW)).await.is_err());
    }
    assert!(queue.sent().is_empty());
}
