//! The function with a table in memory.
//!
//! Proven elsewhere: what DynamoDB is asked for (`dynamodb`, table.rs), and that a
//! failure concerns its own message only (`runtime`, trigger/queue.rs).

use super::*;
use contracts::{Days, Message};
use runtime::Instant;
use testing::FakeTable;

type Table = FakeTable<ArchivedQuestion>;

const ID: &str = "2f0e3b5c-0000-5000-8000-000000000001";
const ARN: &str = "arn:aws:sns:ap-northeast-1:123456789012:questions";

async fn handle_body(table: &Table, keep_days: Option<Days>, body: &str, message_id: &str) -> Result<Done, Failure> {
    let links = Links { archive: table.archive(), keep_days };
    let delivery = Delivery {
        message: Published::from_body(body).unwrap(),
        message_id: message_id.into(),
        deadline: Instant::now() + Duration::from_secs(20),
    };
    handle(&links, delivery).await
}

fn event() -> Question {
    Question::from_body(Question::TEST_EVENT).unwrap()
}

fn envelope(message: &str) -> String {
    Published::<Question>::envelope(ID, ARN, None, message)
}

fn bare(text: String) -> String {
    format!(r#"{{"project_id":"A-1","text":"{text}"}}"#)
}

#[tokio::test]
async fn keeps_the_question_under_the_topics_id_as_it_was_asked() {
    let table = Table::default();
    let outcome = handle_body(&table, None, &envelope(Question::TEST_EVENT), "m-1").await;
    assert_eq!(outcome, Ok(Done::worked(Made::Item(ID.into()), format!("kept question {ID}"))));
    let expected = ArchivedQuestion {
        receipt: receipt(ID).into(),
        project_id: event().project_id,
        text: event().text,
        asked_at: "2026-08-04T02:01:52.123Z".into(),
    };
    assert_eq!(table.record(ID), Some((expected, None)));
    assert_eq!(table.keys(), [ID]);
}

#[tokio::test]
async fn a_second_delivery_is_recognized_whatever_id_the_queue_gave_it() {
    let table = Table::default();
    let body = envelope(Question::TEST_EVENT);
    handle_body(&table, None, &body, "m-1").await.unwrap();
    let first = table.record(ID);
    let again = handle_body(&table, None, &body.replace("02:01:52", "03:01:52"), "m-2").await;
    assert_eq!(again, Ok(Done::repeated(Made::Item(ID.into()), format!("question {ID} is already kept"))));
    assert_eq!((table.keys().len(), table.record(ID)), (1, first));
}

#[tokio::test]
async fn the_end_of_its_life_comes_after_the_days_of_the_stage() {
    let table = Table::default();
    let days = Days::try_from(30).unwrap();
    let before = Timestamp::now().as_second();
    handle_body(&table, Some(days), &envelope(Question::TEST_EVENT), "m-1").await.unwrap();
    let (_, end) = table.record(ID).unwrap();
    let after = Timestamp::now().as_second();
    let end = i64::try_from(end.unwrap()).unwrap();
    assert!((before + 30 * 86_400..=after + 30 * 86_400).contains(&end), "{end}");
}

#[tokio::test]
async fn a_bare_message_is_kept_under_the_queues_id_with_the_time_of_its_arrival() {
    let table = Table::default();
    let before = Timestamp::now();
    handle_body(&table, None, Question::TEST_EVENT, "m-1").await.unwrap();
    let (question, _) = table.record("m-1").unwrap();
    let asked_at: Timestamp = question.asked_at.parse().unwrap();
    // The written time is cut to milliseconds.
    assert!(asked_at.as_millisecond() >= before.as_millisecond() && asked_at <= Timestamp::now());
    assert_eq!(question.asked_at.len(), "2026-08-04T02:01:52.123Z".len());
}

#[test]
fn times_are_written_in_utc_and_in_one_form() {
    let now = Timestamp::UNIX_EPOCH;
    for (published, expected) in [
        (Some("2026-08-04T02:01:52Z"), "2026-08-04T02:01:52.000Z"),
        (Some("2026-08-04T11:01:52.1234+09:00"), "2026-08-04T02:01:52.123Z"),
        (Some("yesterday"), "1970-01-01T00:00:00.000Z"),
        (None, "1970-01-01T00:00:00.000Z"),
    ] {
        assert_eq!(asked_at(published, now), expected);
    }
}

#[tokio::test]
async fn a_question_that_no_item_can_hold_is_given_up_before_the_table_is_asked() {
    let table = Table::default();
    // A bare id is its own receipt.
    let overhead = ITEM_FRAME_BYTES + 2 * "m-1".len() + "A-1".len();
    let text = |n_bytes: usize| format!("{}あ", "x".repeat(n_bytes - overhead - "あ".len()));
    handle_body(&table, None, &bare(text(ITEM_LIMIT_BYTES)), "m-1").await.unwrap();
    // A broken table would answer with a failure that may pass.
    let failure = handle_body(&Table::broken(), None, &bare(text(ITEM_LIMIT_BYTES + 1)), "m-1").await.unwrap_err();
    assert!(matches!(failure, Failure::Permanent { .. }), "{failure:?}");
    assert!(failure.reason().contains("409601") && !failure.reason().contains("xxx"), "{failure:?}");
}

#[tokio::test]
async fn a_table_that_cannot_be_reached_is_tried_again() {
    let outcome = handle_body(&Table::broken(), None, &envelope(Question::TEST_EVENT), "m-1").await;
    assert!(matches!(outcome, Err(Failure::Retry { .. })), "{outcome:?}");
}

#[tokio::test]
async fn no_outcome_shows_the_question() {
    let table = Table::default();
    let body = envelope(&bare("canary".into()));
    for table in [&table, &table, &Table::broken()] {
        let outcome = handle_body(table, None, &body, "m-1").await;
        assert!(!format!("{outcome:?}").contains("canary"), "{outcome:?}");
    }
}
