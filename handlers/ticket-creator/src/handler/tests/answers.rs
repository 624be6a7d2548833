//! What Backlog may answer: no refusal counts as a success.

use super::*;
use testing::{Host, check_statuses};

/// Lets Backlog answer so and expects an outcome without an issue.
async fn check(planned: Planned, expected: Outcome) -> String {
    let stage = Stage::new().await;
    stage.standins.fail(planned);
    let text = stage.check(&envelope("x"), expected).await;
    assert!(stage.created().iter().all(|(_, status)| *status != 201), "{text}");
    text
}

fn status(status: u16) -> Planned {
    Planned { status, ..Planned::default() }
}

#[tokio::test]
async fn a_refused_issue_is_given_up_at_once_with_backlogs_code() {
    let text = check(status(400), Outcome::Permanent).await;
    assert!(text.contains("(400): code 7"), "{text}");
    // The stand-in refuses a type of another project itself.
    let mut stage = Stage::new().await;
    stage.links.issue_type = IssueTypeId::new(999);
    let text = stage.check(&envelope("x"), Outcome::Permanent).await;
    assert!(text.contains("code 7"), "{text}");
}

#[tokio::test]
async fn a_refused_key_is_read_anew_and_then_given_up_with_the_next_step() {
    let mut stage = Stage::new().await;
    stage.links.api_key = secret(&["outdated-key-0123456789", KEY]);
    stage.check(&envelope("x"), Outcome::Worked).await;
    let mut stage = Stage::new().await;
    stage.links.api_key = secret(&["outdated-key-0123456789"]);
    let text = stage.check(&envelope("x"), Outcome::Permanent).await;
    assert!(text.contains("401") && text.contains("`cargo xtask deploy`"), "{text}");
    assert!(check(status(403), Outcome::Permanent).await.contains("403"));
}

#[tokio::test]
async fn every_other_status_says_whether_it_passes() {
    check_statuses(async |code, expected| check(status(code), expected).await).await;
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_in_the_queue() {
    let stage = Stage::new().await;
    let headers = BTreeMap::from([("x-ratelimit-reset".into(), "soon".into())]);
    stage.standins.fail(Planned { headers, ..status(429) });
    let outcome = stage.handle(&envelope("x")).await;
    let Err(Failure::Retry { after: Some(after), .. }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(after, Duration::from_secs(60));
}

#[tokio::test]
async fn an_answer_that_names_no_issue_is_no_success() {
    for body in ["", "{}", "<html>maintenance</html>", r#"{"id":1}"#] {
        check(Planned { body: Some(body.into()), ..status(200) }, Outcome::Retry).await;
    }
}

#[tokio::test]
async fn an_answer_that_does_not_come_ends_with_the_invocation() {
    let host = Host::stalling_after("").await;
    let mut stage = Stage::new().await;
    stage.links.backlog = Origin::parse(&host.url()).unwrap();
    tokio::time::pause();
    // Less than the client would wait for an answer.
    stage.deadline = Instant::now() + Duration::from_secs(5);
    let text = stage.check(&envelope("x"), Outcome::Retry).await;
    assert!(text.contains("in the time of one invocation"), "{text}");
    // What was started may have had its effect, and the next delivery looks for it.
    assert_eq!(stage.claims.record(ID).unwrap().0, Progress::Dropped);
}
