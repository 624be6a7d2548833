//! The function with a fake topic: what it publishes, and what it answers word by word.
//!
//! Proven elsewhere: every way to clean and to refuse a text (`contracts`, question.rs).

use super::*;
use contracts::question_receiver::DailyLimit;
use contracts::{Message, SettingValue};
use serde_json::{Value, json};
use testing::{FakeCounter, FakeTopic};

const JSON: (&str, &str) = ("Content-Type", "application/json; charset=utf-8");
/// Stands in every question, for no reply may show it.
const CANARY: &str = "canary-0123456789";

fn links(topic: &FakeTopic, taken: &FakeCounter, limit: u32) -> Links {
    Links {
        questions: topic.topic(),
        taken: taken.counter(),
        daily_limit: DailyLimit::try_from(limit).unwrap(),
        time_zone: TimeZone::parse("Asia/Tokyo").unwrap(),
    }
}

/// Posts a body; returns the status, the reply and what was published.
async fn post(headers: &[(&str, &str)], body: &[u8]) -> (u16, Value, Vec<String>) {
    let (topic, taken) = (FakeTopic::default(), FakeCounter::default());
    let reply = handle(&links(&topic, &taken, 9), Request::new(&[], headers, body)).await.unwrap();
    assert!(!format!("{reply:?}").contains(CANARY), "{reply:?}");
    assert_eq!(taken.numbers().len(), topic.published().len(), "what is refused takes no place");
    (reply.status(), reply.body(), topic.published())
}

/// Posts a body that must be refused with this status and this word.
async fn check(headers: &[(&str, &str)], body: &[u8], status: u16, code: &str) {
    let (found, reply, published) = post(headers, body).await;
    let case = String::from_utf8_lossy(&body[..body.len().min(100)]);
    assert_eq!((found, &reply["code"]), (status, &json!(code)), "{case}");
    assert!(reply["message"].as_str().is_some_and(|message| !message.is_empty()), "{case}");
    assert!(published.is_empty(), "{case}");
}

fn body(project_id: &str, text: &str) -> Vec<u8> {
    json!({"project_id": project_id, "text": text}).to_string().into_bytes()
}

#[tokio::test]
async fn publishes_the_test_event_and_answers_with_its_number() {
    let (status, reply, published) = post(&[JSON], Question::TEST_EVENT.as_bytes()).await;
    assert_eq!((status, reply), (200, json!({"message": "queued", "id": "published-1", "number": "published-1"})));
    let [published] = published.as_slice() else { panic!("{published:?}") };
    let event: Value = serde_json::from_str(Question::TEST_EVENT).unwrap();
    assert_eq!(serde_json::from_str::<Value>(published).unwrap(), event);
}

#[tokio::test]
async fn the_word_newline_and_every_line_break_survive() {
    let (status, _, published) = post(&[JSON], &body("A-1", "newline\r\nとは\r何？\u{1b}\0")).await;
    assert_eq!(status, 200);
    let question: Question = serde_json::from_str(&published[0]).unwrap();
    assert_eq!(question.text, "newline\nとは\n何？");
    assert!(!published[0].contains("\\u0000"));
}

#[tokio::test]
async fn takes_json_by_any_spelling_of_its_type_and_nothing_else() {
    for kind in ["application/json", "Application/JSON", " application/json ;charset=UTF-8"] {
        assert_eq!(post(&[("content-type", kind)], &body("a", "x")).await.0, 200, "{kind}");
    }
    let forms = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx", ""];
    for kind in forms {
        check(&[("content-type", kind)], &body("a", "x"), 415, "unsupported_type").await;
    }
    check(&[], &body("a", "x"), 415, "unsupported_type").await;
}

#[tokio::test]
async fn refuses_a_body_above_the_limit_before_it_reads_it() {
    let padded = |n_bytes: usize| {
        let mut body = body("a", "x");
        body.resize(n_bytes, b' ');
        body
    };
    assert_eq!(post(&[JSON], &padded(BODY_LIMIT_BYTES)).await.0, 200);
    check(&[JSON], &padded(BODY_LIMIT_BYTES + 1), 413, "too_large").await;
    check(&[], &vec![0xff; BODY_LIMIT_BYTES + 1], 413, "too_large").await;
}

#[tokio::test]
async fn the_longest_question_fits_however_it_is_escaped() {
    let escaped = format!(r#"{{"project_id":"{}","text":"{}"}}"#, "x".repeat(64), r"\uD83D\uDC4D".repeat(4_000));
    let (status, _, published) = post(&[JSON], escaped.as_bytes()).await;
    assert_eq!((status, published.len()), (200, 1));
    check(&[JSON], &body("a", &"👍".repeat(4_001)), 400, "too_long").await;
    // Line breaks of two characters count as one, as they do in the page.
    assert_eq!(post(&[JSON], &body("a", &format!("x{}", "\r\n".repeat(3_999)))).await.0, 200);
}

#[tokio::test]
async fn refuses_what_is_not_exactly_a_question() {
    let wrong = [
        "",
        "null",
        "1",
        "[]",
        "{",
        "{}",
        "\u{feff}{}",
        r#"["A-1","canary-0123456789"]"#,
        r#"{"project_id":"A-1"}"#,
        r#"{"text":"canary-0123456789"}"#,
        r#"{"project_id":"A-1","text":null}"#,
        r#"{"project_id":1,"text":"canary-0123456789"}"#,
        r#"{"project_id":"A-1","text":["canary-0123456789"]}"#,
        r#"{"project_id":"A-1","text":"canary-0123456789","more":1}"#,
        r#"{"project_id":"A-1","text":"x","text":"canary-0123456789"}"#,
        r#"{"project_id":"A-1","text":"canary-0123456789"}{}"#,
        r#"{"project_id":"A-1","text":"canary-0123456789 \ud83d"}"#,
        r#"{"project_id":"A-1","contact_detail":"canary-0123456789"}"#,
    ];
    for body in wrong {
        check(&[JSON], body.as_bytes(), 400, "bad_request").await;
    }
    check(&[JSON], b"{\"project_id\":\"A-1\",\"text\":\"\xff canary-0123456789\"}", 400, "bad_request").await;
    let deep = format!("{{\"text\":{}", "[".repeat(60_000));
    check(&[JSON], deep.as_bytes(), 400, "bad_request").await;
}

#[tokio::test]
async fn refuses_a_question_that_cannot_be_asked_with_a_word_for_each_reason() {
    for blank in ["", " \u{3000}\r\n\t", "\0\u{1b}", "\u{200b}"] {
        check(&[JSON], &body("A-1", blank), 400, "blank").await;
    }
    for project in ["", " ", "A 1", "プロジェクト", "A-1\n", "../x", &"x".repeat(65)] {
        check(&[JSON], &body(project, CANARY), 400, "project_id").await;
    }
    check(&[JSON], &body("A-1", &CANARY.repeat(300)), 400, "too_long").await;
}

#[tokio::test]
async fn a_broken_topic_is_a_failure_and_not_an_acceptance() {
    let taken = FakeCounter::default();
    let links = links(&FakeTopic::broken(), &taken, 9);
    let failure = handle(&links, Request::new(&[], &[JSON], &body("A-1", CANARY))).await.unwrap_err();
    assert!(!format!("{failure:?}").contains(CANARY), "{failure:?}");
}

#[tokio::test]
async fn a_day_has_its_limit_and_says_so_without_a_failure() {
    let (topic, taken) = (FakeTopic::default(), FakeCounter::default());
    let links = links(&topic, &taken, 2);
    let mut statuses = Vec::new();
    for _ in 0..4 {
        let reply = handle(&links, Request::new(&[], &[JSON], &body("A-1", CANARY))).await.unwrap();
        statuses.push((reply.status(), reply.body()["code"].clone()));
    }
    let (taken_once, full) = ((200, Value::Null), (429, json!("daily_limit")));
    assert_eq!(statuses, [taken_once.clone(), taken_once, full.clone(), full]);
    assert_eq!(topic.published().len(), 2);
    assert_eq!(taken.numbers().into_values().collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn what_cannot_be_counted_is_not_published() {
    let topic = FakeTopic::default();
    let links = links(&topic, &FakeCounter::broken(), 2);
    assert!(handle(&links, Request::new(&[], &[JSON], &body("A-1", CANARY))).await.is_err());
    assert!(topic.published().is_empty());
}
