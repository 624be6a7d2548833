//! One notification is shown once, however often it is delivered.

use super::*;
use standins::Failure as Planned;
use std::time::SystemTime;

#[tokio::test]
async fn a_notification_that_was_shown_is_not_shown_again() {
    let stage = Stage::new().await;
    stage.check(Outcome::Worked).await;
    assert_eq!(stage.check(Outcome::Repeated).await, "done before: shown as alarm");
    assert_eq!(stage.statuses(), [200]);
}

#[tokio::test]
async fn the_same_words_published_twice_are_two_notifications() {
    let stage = Stage::new().await;
    for id in ["id-1", "id-2"] {
        assert!(matches!(stage.handle(&alarm(id)).await, Ok(Done::Worked { .. })), "{id}");
    }
    assert_eq!(stage.statuses(), [200, 200]);
}

#[tokio::test]
async fn a_message_without_an_envelope_is_known_by_the_id_of_the_queue() {
    let stage = Stage::new().await;
    assert!(matches!(stage.handle("disk full").await, Ok(Done::Worked { .. })));
    assert!(matches!(stage.handle("disk full").await, Ok(Done::Repeated { .. })));
    assert!(matches!(stage.handle(&alarm("message-1")).await, Ok(Done::Repeated { .. })));
}

#[tokio::test]
async fn a_notification_that_slack_refused_is_shown_by_the_next_attempt() {
    let stage = Stage::new().await;
    stage.standins.fail(Planned { service: "slack".into(), ..Planned::default() });
    stage.check(Outcome::Retry).await;
    assert_eq!(stage.check(Outcome::Worked).await, "shown as alarm, after an earlier attempt");
    assert_eq!(stage.statuses(), [500, 200]);
}

#[tokio::test]
async fn an_answer_that_is_lost_shows_the_notification_twice_and_not_never() {
    let stage = Stage::new().await;
    stage.standins.fail(Planned { service: "slack".into(), after: true, ..Planned::default() });
    stage.check(Outcome::Retry).await;
    stage.check(Outcome::Worked).await;
    assert_eq!(stage.posted().len(), 2);
}

#[tokio::test]
async fn while_one_delivery_is_at_work_another_waits() {
    let stage = Stage::new().await;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let until_millis = u64::try_from((now + LEASE).as_millis()).unwrap();
    stage.table.leave("id-1", Progress::Started { until_millis });
    stage.check(Outcome::Retry).await;
    assert!(stage.statuses().is_empty());
}

#[tokio::test]
async fn without_a_claim_nothing_is_shown() {
    let mut stage = Stage::new().await;
    stage.links.shown = FakeTable::broken().claims();
    stage.check(Outcome::Retry).await;
    assert!(stage.statuses().is_empty());
}

#[test]
fn a_claim_outlives_the_function() {
    assert!(LEASE > Duration::from_secs(u64::from(Contract::LIMITS.timeout_seconds)));
}
