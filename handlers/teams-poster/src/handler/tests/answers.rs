//! What Teams may answer, and who else may in its place.

use super::*;
use contracts::teams::TeamsWorkflowUrl;
use contracts::trace::Cause;
use jiff::fmt::rfc2822::DateTimePrinter;
use jiff::{SignedDuration, Timestamp};
use testing::{ClosedPort, Host, check_statuses};

/// What connectors of Office 365 said, with the status 200.
fn hidden(status: &str) -> Planned {
    let text = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error";
    with_body(200, &format!("{text} {status} with ContextId tcid=0,server=s,cv=c.0.."))
}

fn status(status: u16) -> Planned {
    Planned { status, ..Planned::default() }
}

fn with_body(status: u16, body: &str) -> Planned {
    Planned { status, body: Some(body.into()), ..Planned::default() }
}

fn limited(retry_after: &str) -> Planned {
    Planned { headers: BTreeMap::from([("retry-after".into(), retry_after.into())]), ..status(429) }
}

/// Lets Teams answer so and expects an outcome after one call.
async fn check(planned: Planned, expected: Outcome) -> String {
    let stage = Stage::new().await;
    stage.fail(planned);
    let text = stage.check(&envelope("x"), expected).await;
    assert_eq!(stage.calls().len(), 1, "{text}");
    text
}

/// Lets Teams refuse because of its rate limit; returns the wait in seconds.
async fn wait(planned: Planned) -> u64 {
    let stage = Stage::new().await;
    stage.fail(planned);
    match stage.handle(&envelope("x")).await {
        Err(Failure::Retry { after: Some(after), .. }) => after.as_secs(),
        other => panic!("no wait is known: {other:?}"),
    }
}

#[tokio::test]
async fn every_status_of_success_is_one() {
    for code in [200, 201, 202, 204, 299] {
        check(status(code), Outcome::Worked).await;
    }
    // A connector says `1`; a flow may answer with anything, the question included.
    for body in ["1", "{}", "canary-question returned HTTP error 429"] {
        check(with_body(200, body), Outcome::Worked).await;
    }
}

#[tokio::test]
async fn a_refused_card_is_given_up_with_the_code_of_the_error() {
    let text = check(status(400), Outcome::Permanent).await;
    assert_eq!(text, "Teams refused the card (400, InvalidRequestContent)");
    let text = check(status(413), Outcome::Permanent).await;
    assert_eq!(text, "Teams refused the card (413, RequestEntityTooLarge)");
    check(status(422), Outcome::Permanent).await;
}

#[tokio::test]
async fn every_other_status_says_whether_it_passes() {
    check_statuses(async |code, expected| check(status(code), expected).await).await;
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_in_the_queue() {
    for (named, expected) in [("0", 1), (" 30 ", 31), ("3599", 3600), ("86400", 3600), ("99999999999999999999", 60)] {
        assert_eq!(wait(limited(named)).await, expected, "{named}");
    }
    for unreadable in ["", "soon", "-1", "1.5"] {
        assert_eq!(wait(limited(unreadable)).await, 60, "{unreadable}");
    }
    // A planned 429 of the stand-in promises that it is over after a second.
    assert_eq!(wait(status(429)).await, 2);
}

#[tokio::test]
async fn the_end_of_a_rate_limit_may_be_a_date() {
    assert_eq!(wait(limited("Sun, 06 Nov 1994 08:49:37 GMT")).await, 1);
    assert_eq!(wait(limited("Sat, 06 Nov 2094 08:49:37 GMT")).await, 3600);
    let soon = Timestamp::now() + SignedDuration::from_secs(1_000);
    let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&soon).unwrap();
    let wait = wait(limited(&date)).await;
    // The clock runs while the test runs, and both moments are cut to whole seconds.
    assert!((900..=1_002).contains(&wait), "{date}: {wait}");
}

#[tokio::test]
async fn a_failure_behind_the_status_200_is_a_failure() {
    assert_eq!(wait(hidden("429")).await, 60);
    for code in ["400", "404", "413"] {
        assert!(check(hidden(code), Outcome::Permanent).await.contains(code));
    }
    for other in ["500", "", "200", "abc", "4", "あいう"] {
        check(hidden(other), Outcome::Retry).await;
    }
    check(with_body(200, "Webhook message delivery failed with error: Error contacting"), Outcome::Retry).await;
}

#[tokio::test]
async fn an_error_is_not_passed_on_but_for_its_code() {
    let bodies = [
        "",
        "{",
        "[]",
        r#"{"error":"canary-question"}"#,
        r#"{"error":{"code":7}}"#,
        r#"{"error":{"code":"","message":"canary-question"}}"#,
        r#"{"error":{"code":"has spaces and canary-question"}}"#,
    ];
    for body in bodies {
        assert_eq!(check(with_body(400, body), Outcome::Permanent).await, "Teams refused the card (400)");
    }
    let stage = Stage::with_urls(|url| vec![format!("{url}Canary0123")]).await;
    stage.fail(with_body(400, r#"{"error":{"code":"Canary0123"}}"#));
    assert_eq!(stage.check(&envelope("x"), Outcome::Permanent).await, "Teams refused the card (400)");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = Stage::new().await;
    let redirects =
        [(301, Outcome::Permanent), (308, Outcome::Permanent), (302, Outcome::Retry), (307, Outcome::Retry)];
    for (code, expected) in redirects {
        let headers = BTreeMap::from([("location".into(), other.standins.secret("TEAMS_WORKFLOW_URL"))]);
        check(Planned { headers, ..status(code) }, expected).await;
    }
    assert!(other.calls().is_empty());
}

#[tokio::test]
async fn nobody_who_answers_is_a_failure_that_may_pass() {
    let port = ClosedPort::new();
    let stage = Stage::with_urls(|_| vec![format!("{}/flow?sig={SIGNATURE}", port.url())]).await;
    let text = stage.check(&envelope("x"), Outcome::Retry).await;
    assert!(text.starts_with("Teams cannot be reached") && !text.contains("/flow"), "{text}");
}

#[tokio::test]
async fn an_answer_that_does_not_come_ends_with_the_invocation() {
    let host = Host::stalling_after("").await;
    let mut stage = Stage::with_urls(|_| vec![host.url()]).await;
    tokio::time::pause();
    // Less than the client would wait for an answer.
    stage.deadline = Instant::now() + Duration::from_secs(20);
    let text = stage.check(&envelope("x"), Outcome::Retry).await;
    assert!(text.contains("in the time of one invocation"), "{text}");
    // The claim is given back, so that the next delivery need not wait for its end.
    assert_eq!(stage.claims.record(ID).unwrap().0, Progress::Dropped);
}

#[tokio::test]
async fn what_helps_is_a_value_and_not_words() {
    let another_url = Cause::secret_refused::<TeamsWorkflowUrl>();
    let off = with_body(400, r#"{"error":{"code":"WorkflowTriggerIsNotEnabled"}}"#);
    for (planned, expected) in [
        (status(401), Some(another_url.clone())),
        (hidden("404"), Some(another_url.clone())),
        (status(301), Some(another_url)),
        (status(429), Some(Cause::rate_limited("Teams"))),
        (status(503), Some(Cause::Other)),
        // What is to be done in Power Automate is for people.
        (off, None),
        (status(413), None),
    ] {
        let stage = Stage::new().await;
        stage.fail(planned);
        let failure = stage.handle(&envelope("x")).await.unwrap_err();
        match expected {
            Some(expected) => assert_eq!(*failure.cause(), expected, "{failure}"),
            None => {
                let is_step = matches!(failure.cause(), Cause::NotAllowed { step } if step.contains("Power Automate"));
                assert!(is_step, "{failure:?}");
            }
        }
    }
}
