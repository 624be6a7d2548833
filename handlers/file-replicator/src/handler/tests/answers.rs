//! What Backlog may answer in place of a file.

use super::*;
use contracts::trace::{Cause, Made};
use standins::Failure as Planned;
use std::time::SystemTime;
use testing::{ClosedPort, check_statuses};

/// Lets Backlog answer so, with the file there, and expects an outcome after one call.
async fn check(planned: Planned, expected: Outcome) -> String {
    let stage = Stage::new().await;
    stage.put(|_| {});
    stage.standins.fail(planned);
    let (text, _) = stage.check(event(|_| {}), expected).await;
    assert_eq!(stage.standins.received().len(), 1, "{text}");
    text
}

/// Lets Backlog refuse because of its rate limit and expects a wait of this length.
async fn check_wait(reset: &str, expected: Duration) {
    assert_eq!(wait(&refusing_until(reset).await).await, expected, "{reset}");
}

async fn refusing_until(reset: &str) -> Stage {
    let stage = Stage::new().await;
    let headers = BTreeMap::from([("x-ratelimit-reset".into(), reset.into())]);
    stage.standins.fail(Planned { headers, ..status(429) });
    stage
}

async fn wait(stage: &Stage) -> Duration {
    match stage.handle(event(|_| {})).await {
        Err(Failure::Retry { after: Some(after), .. }) => after,
        other => panic!("no wait is known: {other:?}"),
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap()
}

fn status(status: u16) -> Planned {
    Planned { status, ..Planned::default() }
}

fn with_body(status: u16, body: &str) -> Planned {
    Planned { status, body: Some(body.into()), ..Planned::default() }
}

#[tokio::test]
async fn a_file_that_is_gone_is_a_warning_and_not_tried_again() {
    let stage = Stage::new().await;
    let (text, _) = stage.check(event(|_| {}), Outcome::Warned).await;
    assert!(text.contains("1074321613"), "{text}");
    // The page of another server says nothing about the file.
    check(with_body(404, "<html>not found</html>"), Outcome::Retry).await;
}

#[tokio::test]
async fn a_project_that_the_key_does_not_see_is_not_taken_for_a_file_that_is_gone() {
    for message in ["No project.", "No such project. (key:SUB)"] {
        let body = serde_json::json!({"errors": [{"message": message, "code": 6, "moreInfo": ""}]}).to_string();
        let text = check(with_body(404, &body), Outcome::Permanent).await;
        assert!(text.contains("does not see the project"), "{text}");
    }
}

#[tokio::test]
async fn a_refusal_that_stays_is_given_up_with_its_reason() {
    assert!(check(status(403), Outcome::Permanent).await.contains("403"));
    let text = check(status(400), Outcome::Permanent).await;
    assert!(text.contains("(400): code 7, Invalid request."), "{text}");
    for code in [410, 413] {
        check(status(code), Outcome::Permanent).await;
    }
}

#[tokio::test]
async fn every_other_status_says_whether_it_passes() {
    check_statuses(async |code, expected| check(status(code), expected).await).await;
    check(with_body(503, "<html>maintenance</html>"), Outcome::Retry).await;
}

#[tokio::test]
async fn only_the_status_200_brings_a_file() {
    let content = "x".repeat(2718);
    for code in [201, 202, 203, 206, 299] {
        check(with_body(code, &content), Outcome::Retry).await;
    }
    check(status(204), Outcome::Retry).await;
}

#[tokio::test]
async fn the_body_of_an_error_is_read_leniently_and_not_to_its_end() {
    let bodies = ["", "{", "[]", "null", r#"{"errors":[]}"#, r#"{"errors":"x"}"#, r#"{"errors":[{"message":1}]}"#];
    for body in bodies {
        let text = check(with_body(400, body), Outcome::Permanent).await;
        assert_eq!(text, "Backlog refused the request (400)");
    }
    let long = format!(r#"{{"errors":[{{"code":7,"message":"{}"}}]}}"#, "あ".repeat(500));
    let text = check(with_body(500, &long), Outcome::Retry).await;
    assert_eq!(text.chars().filter(|c| *c == 'あ').count(), 200, "{text}");
    let endless = Host::stalling_after(format!("HTTP/1.1 500 Any\r\n\r\n{}", "x".repeat(4096))).await;
    let mut stage = Stage::with_backlog_at(&endless.url()).await;
    // Less than the client would wait for the rest, so waiting for it shows in the text.
    stage.deadline = Instant::now() + Duration::from_secs(20);
    let (text, _) = stage.check(event(|_| {}), Outcome::Retry).await;
    assert_eq!(text, "Backlog answered 500");
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_in_the_queue_until_backlog_resets_it() {
    for ahead in [0, 30, 3000] {
        let before = now().as_secs();
        // Ahead of the clock by enough that it is not past when the function looks.
        let reset = before + 60 + ahead;
        let wait = wait(&refusing_until(&format!(" {reset} ")).await).await.as_secs();
        // A second more, so that the wait ends after the reset wherever in a second it begins.
        assert!((reset - now().as_secs() + 1..=reset - before + 1).contains(&wait), "{wait}");
    }
}

#[tokio::test]
async fn a_rate_limit_without_a_believable_end_is_waited_for_a_minute() {
    const MINUTE: Duration = Duration::from_secs(60);
    let [ago, far] = [now().as_secs() - 7200, now().as_secs() + 7200].map(|at| at.to_string());
    let milliseconds = now().as_millis().to_string();
    let nonsense = ["", "soon", "-1", "0", "60", "1.5", "99999999999999999999", &ago, &far, &milliseconds];
    for reset in nonsense {
        check_wait(reset, MINUTE).await;
    }
    let host = Host::answering(answer(429, "", "")).await;
    assert_eq!(wait(&Stage::with_backlog_at(&host.url()).await).await, MINUTE);
}

#[tokio::test]
async fn json_never_becomes_a_file() {
    for media_type in [
        "application/json",
        "application/json;charset=utf-8",
        " Application/JSON ; charset=utf-8",
        "application/problem+json",
        "text/json",
    ] {
        let stage = Stage::new().await;
        stage.put(|file| file.content_type = media_type.into());
        stage.check(event(|_| {}), Outcome::Retry).await;
    }
    let error = r#"{"errors":[{"message":"Authentication failure.","code":11,"moreInfo":""}]}"#;
    let stage = Stage::new().await;
    stage.standins.fail(with_body(200, error));
    stage.check(event_of_size(error.len() as u64), Outcome::Retry).await;
}

#[tokio::test]
async fn a_file_may_come_with_any_other_type_or_none() {
    for media_type in ["application/octet-stream", "text/plain", "application/jsonish", ""] {
        let stage = Stage::new().await;
        stage.put(|file| file.content_type = media_type.into());
        stage.check(event(|_| {}), Outcome::Worked).await;
    }
    let host = Host::answering(answer(200, "", b"x")).await;
    let stage = Stage::with_backlog_at(&host.url()).await;
    stage.check(event_of_size(1), Outcome::Worked).await;
}

#[tokio::test]
async fn a_page_in_place_of_the_file_has_another_size() {
    check(with_body(200, "<html>maintenance</html>"), Outcome::Retry).await;
}

#[tokio::test]
async fn nobody_who_answers_is_a_failure_that_may_pass() {
    let closed = ClosedPort::new();
    let port = closed.url().rsplit(':').next().unwrap().to_owned();
    let stage = Stage::with_backlog_at(&format!("{}/backlog", closed.url())).await;
    let (text, _) = stage.check(event(|_| {}), Outcome::Retry).await;
    assert!(text.contains("cannot be reached"), "{text}");
    for part in [port.as_str(), "://", "/backlog", "/api/", "apiKey"] {
        assert!(!text.contains(part), "{text}");
    }
    let silent = Host::answering("").await;
    let stage = Stage::with_backlog_at(&silent.url()).await;
    stage.check(event(|_| {}), Outcome::Retry).await;
    let garbage = Host::answering("no HTTP at all\r\n\r\n").await;
    let stage = Stage::with_backlog_at(&garbage.url()).await;
    stage.check(event(|_| {}), Outcome::Retry).await;
}

#[tokio::test]
async fn what_helps_is_a_value_and_not_words() {
    let no_project = r#"{"errors":[{"message":"No project.","code":6,"moreInfo":""}]}"#;
    for (planned, step) in [(status(403), "right"), (with_body(404, no_project), "members")] {
        let stage = Stage::new().await;
        stage.put(|_| {});
        stage.standins.fail(planned);
        let failure = stage.handle(event(|_| {})).await.unwrap_err();
        assert!(matches!(failure.cause(), Cause::NotAllowed { step: told } if told.contains(step)), "{failure:?}");
    }
    let gone = Stage::new().await.handle(event(|_| {})).await;
    assert!(matches!(&gone, Ok(Done::Warned { cause: Cause::Missing { from }, .. }) if from == "Backlog"), "{gone:?}");
}

#[tokio::test]
async fn a_copy_is_named_by_its_key() {
    let stage = Stage::new().await;
    stage.put(|_| {});
    let first = stage.handle(event(|_| {})).await;
    let again = stage.handle(event(|_| {})).await;
    for outcome in [first, again] {
        let Ok(Done::Worked { made: Some(Made::Object(key)), .. }) = outcome else { panic!("{outcome:?}") };
        assert!(stage.store.objects().contains_key(&key), "{key}");
    }
}
