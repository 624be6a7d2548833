//! The key: when it is read again, and where it must not appear.
//!
//! That no outcome shows it is demanded of every case of all files, by `Stage::check`.

use super::*;
use standins::Credential;

/// Calls with these values of the secret, in turn; what Backlog thought of each call.
async fn check(values: &[&str], expected: Outcome, credentials: &[Credential]) -> Stage {
    let mut stage = Stage::new().await;
    stage.key = testing::secret(values);
    stage.check(EACH[0], expected).await;
    let seen: Vec<_> = stage.standins.received().iter().map(|call| call.credential).collect();
    assert_eq!(seen, credentials);
    stage
}

#[tokio::test]
async fn a_key_that_was_replaced_is_read_anew_once_and_then_kept() {
    use Credential::{Valid, Wrong};
    let stage = check(&[OLD_KEY, KEY], Outcome::Issue("SUB-1".into()), &[Wrong, Valid]).await;
    stage.check(EACH[2], Outcome::Made).await;
    assert_eq!(stage.standins.received().last().unwrap().credential, Valid);
    assert_eq!(stage.standins.received().len(), 3);
}

#[tokio::test]
async fn a_key_that_is_still_refused_is_given_up() {
    use Credential::Wrong;
    check(&[OLD_KEY], Outcome::Permanent, &[Wrong, Wrong]).await;
    check(&[" "], Outcome::Permanent, &[]).await;
    for call in EACH {
        let mut stage = Stage::with_an_issue().await;
        stage.key = testing::secret(&[OLD_KEY]);
        let reason = stage.check(call, Outcome::Permanent).await;
        assert!(reason.contains("401"), "{reason}");
    }
}

#[tokio::test]
async fn the_key_travels_in_its_header_and_nowhere_else() {
    let stage = Stage::with_an_issue().await;
    for call in &EACH[1..] {
        let _ = stage.call(*call).await.unwrap();
    }
    let calls = stage.standins.received();
    assert_eq!(calls.len(), 5);
    for call in calls {
        assert_eq!(call.credential, Credential::Valid);
        assert_eq!(call.headers["backlog-api-key"], "redacted");
        for header in ["authorization", "cookie", "referer", "x-api-key"] {
            assert!(!call.headers.contains_key(header), "{header}");
        }
        // The recorder blackens a key wherever it stands.
        let rest = format!("{} {} {}", call.path, call.query, call.body).to_lowercase();
        assert!(!rest.contains("redacted") && !rest.contains("apikey"), "{rest}");
        let is_form = call.headers.get("content-type").is_some_and(|kind| kind == "application/x-www-form-urlencoded");
        assert_eq!(is_form, call.method != "GET", "{call:?}");
        assert_eq!(call.query.is_empty(), call.method != "GET", "{call:?}");
    }
}

#[tokio::test]
async fn no_url_holds_the_key_on_the_wire() {
    for call in EACH {
        let host = Host::answering(answer(200, "", "[]")).await;
        let stage = Stage::with_backlog_at(&host.url()).await;
        let _ = stage.call(call).await;
        let requests = host.requests();
        assert!(!requests.is_empty());
        for request in requests {
            let (line, headers) = request.split_once("\r\n").unwrap();
            assert!(!line.to_lowercase().contains("apikey") && !line.contains("canary"), "{line}");
            assert!(headers.to_lowercase().contains(&format!("backlog-api-key: {KEY}\r\n")), "{headers}");
        }
    }
}

#[tokio::test]
async fn a_key_that_no_header_can_hold_is_not_sent() {
    let mut stage = Stage::new().await;
    stage.key = testing::secret(&["canary\nkey"]);
    let reason = stage.check(EACH[0], Outcome::Permanent).await;
    assert!(reason.contains("`cargo xtask deploy`") && !reason.contains("canary"), "{reason}");
    assert!(stage.standins.received().is_empty());
}

#[tokio::test]
async fn a_message_that_repeats_the_key_is_withheld() {
    for form in [KEY, ENCODED_KEY, "canary%2b%2f0123456789"] {
        // The cut to a readable length comes after the check, or it would leave a part of the key.
        for message in [format!("no access: GET /x?apiKey={form}&y"), format!("{}{form}", "x".repeat(190))] {
            for (status, expected) in [(400, Outcome::Permanent), (500, RETRY)] {
                let stage = Stage::with_an_issue().await;
                let body = serde_json::json!({"errors": [{"message": message, "code": 7}]}).to_string();
                stage.standins.fail(Planned { status, body: Some(body), ..Planned::default() });
                let reason = stage.check(EACH[2], expected).await;
                assert!(reason.ends_with(": code 7"), "{reason}");
            }
        }
    }
}
