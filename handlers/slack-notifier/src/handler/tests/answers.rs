//! What Slack may answer in place of `ok`.

use super::*;
use contracts::slack::SlackWebhookUrl;
use contracts::trace::Cause;
use standins::Failure as Planned;
use std::collections::BTreeMap;
use testing::{ClosedPort, check_statuses};

fn planned(status: u16, body: Option<&str>) -> Planned {
    Planned { service: "slack".into(), status, body: body.map(str::to_owned), ..Planned::default() }
}

/// Lets Slack answer so and expects an outcome after one call.
async fn check(status: u16, body: &str, expected: Outcome) -> String {
    let stage = Stage::new().await;
    stage.standins.fail(planned(status, Some(body)));
    let text = stage.check(expected).await;
    assert_eq!(stage.statuses(), [status], "{text}");
    text
}

/// The same where Slack is asked a second time, for the text alone, and answers so again.
async fn check_text_alone(status: u16, body: &str) -> String {
    let stage = Stage::new().await;
    stage.standins.fail(Planned { times: 2, ..planned(status, Some(body)) });
    let text = stage.check(Outcome::Permanent).await;
    assert_eq!(stage.statuses(), [status, status], "{text}");
    text
}

async fn check_wait(headers: &[(&str, &str)], expected: u64) {
    let stage = Stage::new().await;
    let headers: BTreeMap<String, String> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    stage.standins.fail(Planned { headers, ..planned(429, Some("rate_limited")) });
    let reason = "Slack's rate limit is reached";
    let wait = Failure::retry_after(reason, Duration::from_secs(expected)).because(Cause::rate_limited("Slack"));
    assert_eq!(stage.handle(&alarm("id-1")).await, Err(wait));
    assert_eq!(stage.statuses(), [429]);
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_in_the_queue_as_long_as_slack_says() {
    for (value, seconds) in [("1", 1), (" 30 ", 30), ("3600", 3600), ("0", 1), ("86400", 3600)] {
        check_wait(&[("retry-after", value)], seconds).await;
    }
    for nonsense in ["", "soon", "-1", "1.5", "Tue, 04 Aug 2026 02:01:52 GMT", "99999999999999999999"] {
        check_wait(&[("retry-after", nonsense)], 30).await;
    }
}

#[tokio::test]
async fn a_burst_that_slack_refuses_is_shown_when_the_wait_is_over() {
    let stage = Stage::new().await;
    let limit = planned(429, None);
    stage.standins.fail(limit);
    let outcome = stage.handle(&alarm("id-1")).await;
    assert!(matches!(outcome, Err(Failure::Retry { after: Some(_), .. })), "{outcome:?}");
    stage.check(Outcome::Worked).await;
}

#[tokio::test]
async fn a_word_decides_before_the_status_does() {
    for status in [400, 403, 404, 410, 500, 200] {
        for word in ["invalid_payload", "no_text", "too_many_attachments", "invalid_blocks"] {
            let text = check_text_alone(status, word).await;
            assert!(text.contains("rejected this message") && text.contains(word), "{text}");
        }
        for word in ["action_prohibited", "posting_to_general_channel_denied", "channel_is_archived"] {
            let text = check(status, word, Outcome::Permanent).await;
            assert!(text.contains("channel") && text.contains(word), "{text}");
        }
        for word in ["no_service", "no_service_id", "no_team", "no_active_hooks", "invalid_token", "user_not_found"] {
            let text = check(status, &format!("{word}\n"), Outcome::Permanent).await;
            assert!(text.contains(word), "{text}");
            assert!(text.contains("make a new webhook and deploy again with SLACK_WEBHOOK_URL"), "{text}");
        }
        check(status, "rollup_error", Outcome::Retry).await;
        check(status, "rate_limited", Outcome::Retry).await;
    }
}

#[tokio::test]
async fn without_a_known_word_the_status_decides() {
    for body in ["", "some_new_word", "<html>maintenance</html>"] {
        let check = async |status, expected| {
            let text = match status {
                // The message may be what is wrong.
                400 | 413 | 422 => check_text_alone(status, body).await,
                _ => check(status, body, expected).await,
            };
            assert_eq!(text.contains("some_new_word"), body == "some_new_word", "{text}");
            assert!(!text.contains("html"), "{text}");
            text
        };
        check_statuses(&check).await;
        for status in [400, 401, 403, 404, 410, 413, 422] {
            assert!(check(status, Outcome::Permanent).await.contains(&status.to_string()));
        }
    }
    check(429, "", Outcome::Retry).await;
}

#[tokio::test]
async fn only_200_with_ok_is_success() {
    for (status, body) in [(200, ""), (200, "okay"), (200, "{\"ok\":1}"), (200, "OK"), (201, "ok"), (202, "ok")] {
        let text = check(status, body, Outcome::Retry).await;
        assert!(text.contains("in place of `ok`"), "{text}");
    }
    check(200, "ok\n", Outcome::Worked).await;
}

#[tokio::test]
async fn a_workflow_is_started_once_and_not_again() {
    for (status, body) in
        [(200, r#"{"ok":true}"#), (202, r#"{"ok":true}"#), (400, r#"{"ok":false,"error":"invalid_input"}"#)]
    {
        let text = check(status, body, Outcome::Permanent).await;
        assert!(text.contains("a workflow of Slack") && text.contains("SLACK_WEBHOOK_URL"), "{text}");
        assert!(!text.contains("invalid_input"), "{text}");
    }
    for status in [429, 500, 503] {
        check(status, r#"{"ok":false}"#, Outcome::Retry).await;
    }
}

#[tokio::test]
async fn blocks_that_slack_refuses_are_shown_as_text() {
    for (status, word) in [(400, "invalid_blocks"), (400, "invalid_attachments"), (413, ""), (400, "some_new_word")] {
        let stage = Stage::new().await;
        stage.standins.fail(planned(status, Some(word)));
        let text = stage.check(Outcome::Worked).await;
        assert!(text.starts_with("shown as alarm in plain text, since Slack rejected its blocks ("), "{text}");
        assert!(text.contains(&status.to_string()) && text.contains(word), "{text}");
        assert_eq!(stage.statuses(), [status, 200]);
        let shown = &stage.posted()[1];
        let text = shown["text"].as_str().unwrap();
        assert!(text.starts_with("ALARM: checkout-errors\nMore than five failed checkouts"), "{text}");
        assert!(text.contains("\nState: OK → ALARM\n") && text.contains("#alarmsV2:alarm/checkout-errors"), "{text}");
        assert_eq!((shown.get("blocks"), shown.get("attachments")), (None, None));
        // It is done, not tried again.
        stage.check(Outcome::Repeated).await;
    }
}

#[tokio::test]
async fn a_text_alone_that_fails_for_the_moment_is_tried_again() {
    let stage = Stage::new().await;
    stage.standins.fail(planned(400, Some("invalid_blocks")));
    stage.standins.fail(planned(503, None));
    stage.check(Outcome::Retry).await;
    assert_eq!(stage.statuses(), [400, 503]);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = Stage::new().await;
    for status in [301, 302, 303, 307, 308] {
        let stage = Stage::new().await;
        let location = BTreeMap::from([("location".to_owned(), other.standins.secret("SLACK_WEBHOOK_URL"))]);
        stage.standins.fail(Planned { headers: location, ..planned(status, Some("")) });
        stage.check(Outcome::Retry).await;
        assert_eq!((stage.statuses(), other.statuses()), (vec![status], vec![]));
    }
}

#[tokio::test]
async fn an_answer_that_repeats_the_secret_is_not_repeated() {
    let url = Stage::new().await.standins.secret("SLACK_WEBHOOK_URL");
    for echo in [
        SECRET.to_owned(),
        SECRET.to_lowercase(),
        SECRET[..12].to_lowercase(),
        url.clone(),
        format!("no_service {url}"),
        "canarysecret".to_owned(),
        "canary".to_owned(),
        "the_canarysecret_is_wrong".to_owned(),
        "x".repeat(5000),
    ] {
        // What is demanded of every outcome is demanded of these as well.
        let text = check_text_alone(400, &echo).await;
        assert!(!text.contains("xxx"), "{text}");
        check(500, &echo, Outcome::Retry).await;
    }
}

#[tokio::test]
async fn a_host_that_does_not_speak_http_is_a_failure_that_may_pass() {
    for answer in ["no HTTP at all\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"] {
        let host = Host::stalling_after(answer).await;
        let text = Stage::with_webhook(&webhook_at(&host.url())).await.check(Outcome::Retry).await;
        assert!(text.starts_with("Slack cannot be reached: "), "{text}");
    }
}

#[tokio::test]
async fn nobody_who_answers_is_a_failure_that_may_pass() {
    let port = ClosedPort::new();
    let stage = Stage::with_webhook(&webhook_at(&port.url())).await;
    let text = stage.check(Outcome::Retry).await;
    assert!(text.starts_with("Slack cannot be reached: "), "{text}");
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    for (status, expected) in [(200, Outcome::Retry), (403, Outcome::Permanent)] {
        let endless = format!("HTTP/1.1 {status} Any\r\n\r\n{}", "x".repeat(4096));
        let host = Host::stalling_after(endless).await;
        let text = Stage::with_webhook(&webhook_at(&host.url())).await.check(expected).await;
        assert!(text.contains(&status.to_string()), "{text}");
    }
}

#[tokio::test]
async fn what_helps_is_a_value_and_not_words() {
    let another_webhook = Cause::secret_refused::<SlackWebhookUrl>();
    let open_channel =
        Cause::not_allowed("allow the app to post to the channel in Slack, or choose another channel for its webhook");
    for (status, body, times, expected) in [
        (404, "no_service", 1, another_webhook.clone()),
        (410, "", 1, another_webhook.clone()),
        (200, r#"{"ok":true}"#, 1, another_webhook),
        (403, "channel_is_archived", 1, open_channel),
        (400, "invalid_blocks", 2, Cause::content_refused("Slack")),
        (451, "", 1, Cause::content_refused("Slack")),
        (429, "", 1, Cause::rate_limited("Slack")),
        (503, "", 1, Cause::Other),
    ] {
        let stage = Stage::new().await;
        stage.standins.fail(Planned { times, ..planned(status, Some(body)) });
        let failure = stage.handle(&alarm("id-1")).await.unwrap_err();
        assert_eq!(*failure.cause(), expected, "{failure}");
    }
    let port = ClosedPort::new();
    let stage = Stage::with_webhook(&webhook_at(&port.url())).await;
    let failure = stage.handle(&alarm("id-1")).await.unwrap_err();
    assert_eq!(*failure.cause(), Cause::unreachable("Slack"), "{failure}");
}
