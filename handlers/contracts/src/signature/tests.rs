//! The senders' own examples, and what each scheme refuses.

use super::*;
use std::collections::BTreeMap;

const BODY: &[u8] = "{\"a\": \"見積 \u{1f600}\"}\n".as_bytes();
const NOW: u64 = 1_790_000_000;
const WINDOW: u64 = 300;

/// Each scheme with a key in its form.
fn schemes() -> Vec<(Signature, &'static str)> {
    vec![
        (Signature::github(), "key"),
        (Signature::slack(), "key"),
        (Signature::line(), "key"),
        (Signature::stripe(), "whsec_key"),
        (Signature::zoom(), "key"),
        (Signature::standard_webhooks(), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        (Signature::pagerduty(), "key"),
        (Signature::shopify(), "key"),
        (Signature::chatwork(), "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        (Signature::of_body("linear-signature"), "key"),
    ]
}

fn check(scheme: &Signature, key: &str, headers: &[(String, String)], body: &[u8], now: u64) -> Result<(), Unsigned> {
    let headers: BTreeMap<&str, &str> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    scheme.check(key, |name| headers.get(name).copied(), body, now)
}

/// Expects that the sender's own example is taken, and is what this would have signed.
fn check_example(scheme: &Signature, key: &str, headers: &[(&str, &str)], body: &str, at: u64) {
    let headers: Vec<(String, String)> =
        headers.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    assert_eq!(check(scheme, key, &headers, body.as_bytes(), at), Ok(()), "{scheme:?}");
    let id = headers.iter().find(|(name, _)| name == "webhook-id").map_or("", |(_, id)| id);
    let mut made = scheme.sign(key, id, body.as_bytes(), at).unwrap();
    let mut given = headers;
    made.sort();
    given.sort();
    assert_eq!(made, given);
}

#[test]
fn examples_of_the_senders_themselves_are_taken() {
    check_example(
        &Signature::github(),
        "It's a Secret to Everybody",
        &[("x-hub-signature-256", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")],
        "Hello, World!",
        NOW,
    );
    check_example(
        &Signature::slack(),
        "8f742231b10e8888abcd99yyyzzz85a5",
        &[
            ("x-slack-request-timestamp", "1531420618"),
            ("x-slack-signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"),
        ],
        "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
        1_531_420_618,
    );
    check_example(
        &Signature::standard_webhooks(),
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        &[
            ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
            ("webhook-timestamp", "1614265330"),
            ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
        ],
        "{\"test\": 2432232314}",
        1_614_265_330,
    );
}

#[test]
fn every_scheme_takes_what_it_signs_and_nothing_else() {
    for (scheme, key) in schemes() {
        let headers = scheme.sign(key, "event-1", BODY, NOW).unwrap();
        assert_eq!(check(&scheme, key, &headers, BODY, NOW), Ok(()), "{scheme:?}");
        // Another byte, more or less of it, another key.
        for other in [&BODY[1..], &BODY[..BODY.len() - 1], b"", &[BODY, b" "].concat()] {
            assert_eq!(check(&scheme, key, &headers, other, NOW), Err(Unsigned::Wrong), "{scheme:?}");
        }
        let other_key = key.replace(['k', 'M'], "N");
        assert_eq!(check(&scheme, &other_key, &headers, BODY, NOW), Err(Unsigned::Wrong), "{scheme:?}");
        // Each header is needed, and what it holds is covered.
        for index in 0..headers.len() {
            let mut fewer = headers.clone();
            fewer.remove(index);
            assert_eq!(check(&scheme, key, &fewer, BODY, NOW), Err(Unsigned::Missing), "{scheme:?}");
            for wrong in ["", "x", "sha256=", "v0=", "v1=", "v1,", "t=1,v1=", "0", "-1", "99999999999999999999"] {
                let mut changed = headers.clone();
                changed[index].1 = wrong.to_owned();
                assert!(check(&scheme, key, &changed, BODY, NOW).is_err(), "{scheme:?} {wrong}");
            }
        }
        assert_eq!(Signature::parse(&scheme.render()), Ok(scheme));
    }
}

#[test]
fn an_old_request_cannot_be_sent_again_where_the_scheme_has_a_time() {
    for (scheme, key) in schemes() {
        let headers = scheme.sign(key, "event-1", BODY, NOW).unwrap();
        for late in [NOW - WINDOW - 1, NOW + WINDOW + 1, 0, u64::MAX] {
            let expected = if scheme.timestamp.is_some() { Err(Unsigned::Stale) } else { Ok(()) };
            assert_eq!(check(&scheme, key, &headers, BODY, late), expected, "{scheme:?}");
        }
        for near in [NOW - WINDOW, NOW + WINDOW] {
            assert_eq!(check(&scheme, key, &headers, BODY, near), Ok(()), "{scheme:?}");
        }
    }
}

#[test]
fn one_right_signature_among_several_is_enough() {
    for scheme in [Signature::stripe(), Signature::pagerduty()] {
        let signed = |key: &str| scheme.sign(key, "", BODY, NOW).unwrap().pop().unwrap();
        let (name, old) = signed("old");
        let new = signed("new").1;
        let new = new.rsplit(',').next().unwrap();
        for header in [format!("{old},{new}"), format!("{old}, v9=ab ,{new}"), format!("{old},v1=00,{new},v1=")] {
            assert_eq!(check(&scheme, "new", &[(name.clone(), header)], BODY, NOW), Ok(()));
        }
        // Only the version that is known counts.
        let other = format!("{},{}", old, new.replace("v1=", "v0="));
        assert_eq!(check(&scheme, "new", &[(name.clone(), other)], BODY, NOW), Err(Unsigned::Wrong));
    }
}

#[test]
fn an_empty_or_malformed_key_lets_nobody_in() {
    for (scheme, key) in schemes() {
        let headers = scheme.sign(key, "event-1", BODY, NOW).unwrap();
        assert_eq!(check(&scheme, "", &headers, BODY, NOW), Err(Unsigned::Key), "{scheme:?}");
        assert_eq!(scheme.sign("", "", BODY, NOW), Err(Unsigned::Key));
    }
    let headers = Signature::chatwork().sign("MfKQ", "", BODY, NOW).unwrap();
    assert_eq!(check(&Signature::chatwork(), "no base64!", &headers, BODY, NOW), Err(Unsigned::Key));
}

#[test]
fn a_word_is_answered_as_each_sender_wants_it() {
    let slack = json!({"type": "url_verification", "token": "t", "challenge": "3eZbrw1a"});
    assert_eq!(Signature::slack().handshake("key", &slack), Ok(Some(json!({"challenge": "3eZbrw1a"}))));
    let zoom = json!({"event": "endpoint.url_validation", "payload": {"plainToken": "qgg8vlvZRS6UYooatFL8Aw"}});
    // HMAC-SHA256 of the word with this key, by another implementation.
    let signed = "f2b3627702c43576251dc6a643384a2eb050e6e1d078adecf3415e1416944a43";
    assert_eq!(
        Signature::zoom().handshake("key", &zoom),
        Ok(Some(json!({"plainToken": "qgg8vlvZRS6UYooatFL8Aw", "encryptedToken": signed})))
    );
    for (scheme, event) in [
        (Signature::slack(), json!({"type": "event_callback", "challenge": "x"})),
        (Signature::slack(), json!({"type": "url_verification", "challenge": 7})),
        (Signature::slack(), zoom),
        (Signature::github(), slack),
        (Signature::zoom(), json!([])),
    ] {
        assert_eq!(scheme.handshake("key", &event), Ok(None));
    }
}

#[test]
fn another_text_is_no_scheme() {
    for text in ["", "{}", "[]", "{\"header\":\"x\"}", &Signature::github().render().replace("hex", "binary")] {
        assert!(Signature::parse(text).is_err(), "{text}");
    }
}
