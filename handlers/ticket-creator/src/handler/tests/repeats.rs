//! Deliveries that repeat, and attempts whose end is not known: one question has one issue.

use super::*;
use std::time::SystemTime;

fn millis_from_now(millis: i64) -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    u64::try_from(now.as_millis()).unwrap().checked_add_signed(millis).unwrap()
}

fn n_created(stage: &Stage) -> usize {
    stage.created().iter().filter(|(_, status)| *status == 201).count()
}

/// The stand-in carries out the call and its answer is lost.
fn lost_answer() -> Planned {
    Planned { status: 502, after: true, body: Some("<html>".into()), ..Planned::default() }
}

#[tokio::test]
async fn a_second_delivery_is_recognized_by_the_topics_id() {
    let stage = Stage::new().await;
    stage.check(&envelope("x"), Outcome::Worked).await;
    let text = stage.check(&envelope("x"), Outcome::Repeated).await;
    assert!(text.contains("SUB-1"), "{text}");
    assert_eq!((stage.standins.received().len(), stage.claims.keys()), (1, vec![ID.to_owned()]));
}

#[tokio::test]
async fn another_question_with_the_same_text_gets_its_own_issue() {
    let stage = Stage::new().await;
    stage.check(&envelope("x"), Outcome::Worked).await;
    let text = stage.check(&envelope_of("other", "x"), Outcome::Worked).await;
    assert!(text.contains("SUB-2"), "{text}");
}

#[tokio::test]
async fn an_issue_whose_answer_was_lost_is_found_and_not_created_again() {
    let stage = Stage::new().await;
    stage.standins.fail(lost_answer());
    stage.check(&envelope("x"), Outcome::Retry).await;
    let text = stage.check(&envelope("x"), Outcome::Worked).await;
    assert_eq!(text, format!("issue SUB-1 was created before for question {ID}"));
    assert_eq!(stage.created().len(), 1);
    stage.check(&envelope("x"), Outcome::Repeated).await;
}

#[tokio::test]
async fn an_issue_that_was_not_created_is_created_by_the_next_delivery_after_a_search() {
    let stage = Stage::new().await;
    stage.standins.fail(Planned { status: 503, ..Planned::default() });
    stage.check(&envelope("x"), Outcome::Retry).await;
    let text = stage.check(&envelope("x"), Outcome::Worked).await;
    assert!(text.starts_with("created issue SUB-1"), "{text}");
    assert!(stage.n_searches() >= 1);
    assert_eq!(n_created(&stage), 1);
}

#[tokio::test]
async fn a_rate_limit_costs_no_search_and_leaves_nothing_in_doubt() {
    const N_QUESTIONS: usize = 10;
    let stage = Stage::new().await;
    for n in 0..N_QUESTIONS {
        let question = envelope_of(&format!("n-{n}"), "x");
        stage.standins.fail(Planned { status: 429, times: 3, ..Planned::default() });
        for _ in 0..3 {
            stage.check(&question, Outcome::Retry).await;
            assert_eq!(stage.claims.record(&format!("n-{n}")).unwrap().0, Progress::Refused);
        }
        stage.check(&question, Outcome::Worked).await;
    }
    // Four creations for each issue, three of them refused, and nothing else.
    assert_eq!((n_created(&stage), stage.created().len(), stage.n_searches()), (N_QUESTIONS, 4 * N_QUESTIONS, 0));
}

#[tokio::test]
async fn what_was_in_doubt_before_a_rate_limit_is_still_looked_for_after_it() {
    let stage = Stage::new().await;
    stage.standins.fail(lost_answer());
    stage.check(&envelope("x"), Outcome::Retry).await;
    stage.standins.fail(Planned { status: 429, ..Planned::default() });
    stage.check(&envelope("x"), Outcome::Retry).await;
    let text = stage.check(&envelope("x"), Outcome::Worked).await;
    assert!(text.starts_with("issue SUB-1 was created before"), "{text}");
    assert_eq!(stage.created().len(), 1);
}

#[tokio::test]
async fn a_long_question_is_found_again() {
    let stage = Stage::new().await;
    stage.standins.fail(lost_answer());
    // Every character of it takes a backslash, so that the description is longer than Backlog takes.
    let question = envelope(&"*".repeat(120_000));
    stage.check(&question, Outcome::Retry).await;
    stage.check(&question, Outcome::Worked).await;
    assert_eq!(stage.created().len(), 1);
}

#[tokio::test]
async fn an_issue_that_quotes_the_number_of_another_question_is_not_taken_for_it() {
    let stage = Stage::new().await;
    stage.check(&envelope_of("other", &format!("質問番号: {ID}\nについて")), Outcome::Worked).await;
    stage.claims.leave(ID, Progress::Dropped);
    let text = stage.check(&envelope("x"), Outcome::Worked).await;
    assert!(text.starts_with("created issue SUB-2"), "{text}");
}

#[tokio::test]
async fn a_crash_before_or_after_the_call_leaves_one_issue() {
    for is_there in [false, true] {
        let stage = Stage::new().await;
        if is_there {
            stage.check(&envelope("x"), Outcome::Worked).await;
        }
        stage.claims.leave(ID, Progress::Started { until_millis: millis_from_now(-1) });
        stage.check(&envelope("x"), Outcome::Worked).await;
        assert_eq!(n_created(&stage), 1, "{is_there}");
    }
}

#[tokio::test]
async fn a_delivery_waits_while_another_is_at_work() {
    let stage = Stage::new().await;
    stage.claims.leave(ID, Progress::Started { until_millis: millis_from_now(30_000) });
    stage.check(&envelope("x"), Outcome::Retry).await;
    assert!(stage.standins.received().is_empty());
}

#[tokio::test]
async fn a_search_that_fails_creates_nothing() {
    let stage = Stage::new().await;
    stage.claims.leave(ID, Progress::Dropped);
    stage.standins.fail(Planned { status: 503, ..Planned::default() });
    stage.check(&envelope("x"), Outcome::Retry).await;
    assert!(stage.created().is_empty());
}

#[tokio::test]
async fn nothing_is_created_without_a_claim() {
    let mut stage = Stage::new().await;
    stage.links.created = FakeTable::broken().claims();
    stage.check(&envelope("x"), Outcome::Retry).await;
    assert!(stage.standins.received().is_empty());
}

#[tokio::test]
async fn the_issue_is_named_by_its_key_at_every_delivery() {
    let stage = Stage::new().await;
    let made = Some(Made::Issue("SUB-1".into()));
    let first = stage.handle(&envelope("x")).await.unwrap();
    assert!(matches!(&first, Done::Worked { made: found, .. } if *found == made), "{first:?}");
    let again = stage.handle(&envelope("x")).await.unwrap();
    assert!(matches!(&again, Done::Repeated { made: found, .. } if *found == made), "{again:?}");
}
