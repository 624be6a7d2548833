//! The key: when it is read again, and where it must not appear.
//!
//! That no outcome shows it is demanded of every case of all files, by `Stage::handle`.

use super::*;
use standins::{Credential, Failure as Planned};

/// Handles the test event with these values of the secret; what Backlog thought of each call.
async fn check(values: &[&str], expected: &[(Outcome, &[Credential])]) {
    let mut stage = Stage::new().await;
    stage.links.api_key = secret(values);
    stage.put(|_| {});
    let mut n_calls = 0;
    for (outcome, credentials) in expected {
        stage.check(event(|_| {}), *outcome).await;
        let calls = stage.standins.received().split_off(n_calls);
        n_calls += calls.len();
        let seen: Vec<Credential> = calls.iter().map(|call| call.credential).collect();
        assert_eq!(seen, *credentials);
    }
}

/// Lets Backlog answer with this message and expects a reason with the code but without it.
async fn check_withheld(status: u16, message: &str, expected: Outcome) {
    let stage = Stage::new().await;
    let body = serde_json::json!({"errors": [{"message": message, "code": 7}]});
    stage.standins.fail(Planned { status, body: Some(body.to_string()), ..Planned::default() });
    let (text, _) = stage.check(event(|_| {}), expected).await;
    assert!(text.ends_with(": code 7") || text.ends_with(')'), "{text}");
}

#[tokio::test]
async fn a_key_that_was_replaced_is_read_anew_once_and_then_kept() {
    use Credential::{Valid, Wrong};
    let expected: [(_, &[_]); 2] = [(Outcome::Worked, &[Wrong, Valid]), (Outcome::Worked, &[Valid])];
    check(&[OLD_KEY, KEY], &expected).await;
}

#[tokio::test]
async fn a_key_that_is_still_refused_is_given_up_until_another_one_is_stored() {
    use Credential::{Valid, Wrong};
    let expected: [(_, &[_]); 1] = [(Outcome::Permanent, &[Wrong, Wrong])];
    check(&[OLD_KEY], &expected).await;
    check(&[OLD_KEY, "another-wrong-key"], &expected).await;
    // The next event finds the key that was stored meanwhile.
    let expected: [(_, &[_]); 2] = [(Outcome::Permanent, &[Wrong, Wrong]), (Outcome::Worked, &[Wrong, Valid])];
    check(&[OLD_KEY, OLD_KEY, KEY], &expected).await;
}

#[tokio::test]
async fn white_space_around_a_key_is_not_part_of_it() {
    check(&[&format!(" {KEY}\n")], &[(Outcome::Worked, &[Credential::Valid])]).await;
}

#[tokio::test]
async fn without_a_key_backlog_is_not_asked() {
    check(&[" "], &[(Outcome::Permanent, &[])]).await;
    // The key was accepted once, and then the secret was emptied.
    check(&[OLD_KEY, ""], &[(Outcome::Permanent, &[Credential::Wrong])]).await;
}

#[tokio::test]
async fn the_key_travels_in_its_header_and_nowhere_else() {
    let stage = Stage::new().await;
    stage.put(|_| {});
    stage.check(event(|_| {}), Outcome::Worked).await;
    let call = &stage.standins.received()[0];
    assert_eq!((call.credential, call.query.as_str()), (Credential::Valid, ""));
    assert_eq!(call.headers["backlog-api-key"], "redacted");
    for header in ["authorization", "cookie", "referer", "x-api-key"] {
        assert!(!call.headers.contains_key(header), "{header}");
    }
}

#[tokio::test]
async fn a_message_that_repeats_the_key_is_withheld() {
    for form in [KEY, ENCODED_KEY, "canary%2b%2f0123456789"] {
        let message = format!("no access: GET /api/v2/x?apiKey={form}&y");
        check_withheld(400, &message, Outcome::Permanent).await;
        check_withheld(500, &message, Outcome::Retry).await;
        // The cut to a readable length comes after the check, or it would leave a part of the key.
        let cut = format!("{}{form}", "x".repeat(190));
        check_withheld(400, &cut, Outcome::Permanent).await;
    }
    for status in [401, 403] {
        let stage = Stage::new().await;
        stage.standins.fail(Planned {
            status,
            times: 2,
            body: Some(format!(r#"{{"errors":[{{"message":"{KEY}","code":11}}]}}"#)),
            ..Planned::default()
        });
        stage.check(event(|_| {}), Outcome::Permanent).await;
    }
}
