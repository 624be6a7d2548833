//! What Backlog may answer in place of what was asked.

use super::*;
use contracts::trace::Cause;
use runtime::Effect;
use std::collections::BTreeMap;
use std::time::SystemTime;
use testing::{ClosedPort, check_statuses};
use tokio::time::{Instant, pause};

/// Lets Backlog answer every call so, once, and expects an outcome after this one call.
async fn check(planned: Planned, expected: Outcome) -> Vec<String> {
    let mut reasons = Vec::new();
    for call in EACH {
        let stage = Stage::with_an_issue().await;
        stage.standins.fail(planned.clone());
        reasons.push(stage.check(call, expected.clone()).await);
        assert_eq!(stage.calls().len(), 2, "{call:?} {:?}", stage.calls());
    }
    reasons
}

fn status(status: u16) -> Planned {
    Planned { status, ..Planned::default() }
}

fn with_body(status: u16, body: &str) -> Planned {
    Planned { status, body: Some(body.into()), ..Planned::default() }
}

fn until(reset: &str) -> Planned {
    Planned { headers: BTreeMap::from([("x-ratelimit-reset".into(), reset.into())]), ..status(429) }
}

fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

#[tokio::test]
async fn a_refusal_that_stays_is_given_up_with_its_reason() {
    for code in [403, 413] {
        let reasons = check(status(code), Outcome::Permanent).await;
        assert!(reasons.iter().all(|reason| reason.contains(&code.to_string())), "{reasons:?}");
    }
    let stage = Stage::new().await;
    stage.standins.fail(with_body(400, r#"{"errors":[{"message":"No project.","code":6,"moreInfo":""}]}"#));
    let reason = stage.check(EACH[0], Outcome::Permanent).await;
    assert_eq!(reason, "Backlog refused the request (400): code 6, No project.");
}

#[tokio::test]
async fn a_project_that_is_not_there_is_not_taken_for_an_issue_that_is_gone() {
    let no_project = r#"{"errors":[{"message":"No such project. (key:SUB)","code":6,"moreInfo":""}]}"#;
    let reasons = check(with_body(404, no_project), Outcome::Permanent).await;
    assert!(reasons.iter().all(|reason| reason.contains("No such project")), "{reasons:?}");
}

#[tokio::test]
async fn every_other_status_says_whether_it_passes() {
    check_statuses(async |code, expected| {
        let expected = if expected == runtime::Outcome::Retry { RETRY } else { Outcome::Permanent };
        let reasons = check(status(code), expected).await;
        assert!(reasons.iter().all(|reason| reason.contains(&code.to_string())), "{reasons:?}");
        code.to_string()
    })
    .await;
    check(with_body(503, "<html>maintenance</html>"), RETRY).await;
}

#[tokio::test]
async fn a_project_that_is_not_there_is_given_up() {
    for call in &EACH[..2] {
        let stage = Stage::new().await;
        stage.standins.fail(status(404));
        let reason = stage.check(*call, Outcome::Permanent).await;
        assert!(reason.contains("(404): code 6"), "{reason}");
    }
}

#[tokio::test]
async fn a_missing_page_of_somebody_else_does_not_mean_that_the_issue_is_gone() {
    check(with_body(404, "<html>not found</html>"), RETRY).await;
    let stage = Stage::with_an_issue().await;
    stage.standins.fail(with_body(404, r#"{"errors":[{"code":5,"message":"no"}]}"#));
    stage.check(EACH[2], Outcome::Permanent).await;
}

#[tokio::test]
async fn a_good_answer_that_is_not_backlogs_is_tried_again() {
    for body in ["", "<html>welcome</html>", "null", "{}", "[{}]", r#"{"id":"x","issueKey":1}"#] {
        check(with_body(200, body), RETRY).await;
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    for (code, expected) in
        [(301, Outcome::Permanent), (302, RETRY), (303, RETRY), (307, RETRY), (308, Outcome::Permanent)]
    {
        let elsewhere = Host::answering(answer(200, "", r#"{"id":1,"issueKey":"X-1"}"#)).await;
        let headers = BTreeMap::from([("location".into(), elsewhere.url())]);
        check(Planned { headers, ..status(code) }, expected).await;
        assert_eq!(*elsewhere.n_requests.borrow(), 0);
    }
}

/// What is known of the issue of a creation that was answered so.
async fn effect_of(planned: Planned) -> Effect {
    let stage = Stage::new().await;
    stage.standins.fail(Planned { times: 2, ..planned });
    create(&stage).await
}

async fn create(stage: &Stage) -> Effect {
    let fields = CustomFields::default();
    let new = new_issue(&fields);
    Issues::new(&stage.origin, &stage.key).unwrap().create(new).await.unwrap_err().effect
}

#[tokio::test]
async fn a_refusal_says_that_no_issue_was_created_and_a_lost_answer_does_not() {
    for code in [400, 401, 402, 403, 404, 405, 409, 413, 422, 429] {
        assert_eq!(effect_of(status(code)).await, Effect::None, "{code}");
    }
    for code in [301, 302, 307, 308, 408, 425, 500, 502, 503, 504, 599] {
        assert_eq!(effect_of(status(code)).await, Effect::Unknown, "{code}");
    }
    for planned in [with_body(404, "<html>"), with_body(201, "<html>"), with_body(201, "{}")] {
        assert_eq!(effect_of(planned).await, Effect::Unknown);
    }
    let port = ClosedPort::new();
    let stage = Stage::with_backlog_at(&format!("{}/backlog", port.url())).await;
    assert_eq!(create(&stage).await, Effect::None);
    let host = Host::answering("HTTP/1.1 201 Created\r\nContent-Length: 99\r\n\r\n{").await;
    assert_eq!(create(&Stage::with_backlog_at(&host.url()).await).await, Effect::Unknown);
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_in_the_queue_until_backlog_resets_it() {
    let stage = Stage::with_an_issue().await;
    for call in EACH {
        let before = now();
        let reset = before + 100;
        stage.standins.fail(until(&format!(" {reset} ")));
        let Err(Failure::Retry { after: Some(wait), .. }) = stage.call(call).await else {
            panic!("{call:?} knows no wait");
        };
        // A second more, so that the wait ends after the reset wherever in a second it begins.
        assert!((reset - now() + 1..=reset - before + 1).contains(&wait.as_secs()), "{wait:?}");
    }
}

#[tokio::test]
async fn a_rate_limit_without_a_believable_end_is_waited_for_a_minute() {
    let [ago, far] = [now() - 7200, now() + 7200].map(|at| at.to_string());
    for reset in ["", "soon", "-1", "60", "99999999999999999999", &ago, &far] {
        check(until(reset), Outcome::Retry { after: Some(Duration::from_secs(60)) }).await;
    }
    let host = Host::answering(answer(429, "", "")).await;
    let stage = Stage::with_backlog_at(&host.url()).await;
    stage.check(EACH[2], Outcome::Retry { after: Some(Duration::from_secs(60)) }).await;
}

#[tokio::test]
async fn an_error_body_that_is_not_backlogs_is_left_out() {
    for body in ["<html>", "", "null", r#"{"errors":[]}"#, r#"{"errors":"x"}"#, r#"{"errors":[{"message":1}]}"#] {
        let reasons = check(with_body(409, body), Outcome::Permanent).await;
        assert!(reasons.iter().all(|reason| reason == "Backlog refused the request (409)"), "{reasons:?}");
    }
    let long = format!(r#"{{"errors":[{{"code":7,"message":"{}"}}]}}"#, "あ".repeat(500));
    let reasons = check(with_body(500, &long), RETRY).await;
    assert_eq!(reasons[0].chars().filter(|c| *c == 'あ').count(), 200);
}

#[tokio::test]
async fn nobody_who_answers_is_a_failure_that_may_pass() {
    let port = ClosedPort::new();
    let stage = Stage::with_backlog_at(&format!("{}/backlog", port.url())).await;
    for call in EACH {
        let reason = stage.check(call, RETRY).await;
        assert!(reason.contains("cannot be reached"), "{reason}");
        assert_eq!(*stage.call(call).await.unwrap_err().cause(), Cause::unreachable("Backlog"));
    }
    for bytes in ["", "no HTTP at all\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"] {
        let host = Host::answering(bytes).await;
        let stage = Stage::with_backlog_at(&host.url()).await;
        stage.check(EACH[0], RETRY).await;
    }
}

/// Lets a Backlog say so much and then nothing more, and expects that it is not waited for.
async fn check_left(bytes: &str) {
    let mut host = Host::stalling_after(bytes).await;
    let stage = Stage::with_backlog_at(&host.url()).await;
    let start = Instant::now();
    // The stopped clock jumps to the next moment that anything waits for.
    let stop_the_clock = async {
        host.n_requests.wait_for(|n| *n > 0).await.unwrap();
        pause();
    };
    tokio::join!(stage.check(EACH[0], RETRY), stop_the_clock);
    assert!(start.elapsed() <= call::CALL_TIMEOUT + Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_backlog_that_does_not_answer_is_left_before_the_function_ends() {
    check_left("").await;
}

#[tokio::test]
async fn an_answer_that_stands_still_is_left_before_the_function_ends() {
    check_left("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{").await;
}

#[tokio::test]
async fn what_helps_is_a_value_and_not_words() {
    let another_key = Cause::secret_refused::<BacklogApiKey>();
    for (code, expected) in [
        (401, Some(another_key)),
        (409, Some(Cause::content_refused("Backlog"))),
        (429, Some(Cause::rate_limited("Backlog"))),
        (500, Some(Cause::Other)),
        // What is to be done in Backlog is for people.
        (403, None),
    ] {
        for call in EACH {
            let stage = Stage::with_an_issue().await;
            stage.standins.fail(Planned { times: 2, ..status(code) });
            let failure = stage.call(call).await.unwrap_err();
            match &expected {
                Some(expected) => assert_eq!(failure.cause(), expected, "{failure}"),
                None => assert!(matches!(failure.cause(), Cause::NotAllowed { step } if step.contains("right"))),
            }
        }
    }
}
