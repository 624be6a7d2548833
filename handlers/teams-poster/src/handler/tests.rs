//! The function against a stand-in of Teams and claims in memory.
//!
//! Of every outcome, and of the claim, it is demanded that neither the signature nor the question is in it.
//!
//! Proven elsewhere: the form of the card (card/tests.rs), the ways of claiming (`testing`,
//! tests/links/claims.rs), and what an outcome leads to in the queue (`runtime`, trigger/queue.rs).

mod addresses;
mod answers;

use super::*;
use contracts::claim::Progress;
use contracts::question::receipt;
use contracts::{Message, SettingValue, TimeZone};
use runtime::{Instant, Outcome};
use serde_json::{Value, json};
use standins::{Failure as Planned, Keys, ReceivedCall};
use std::collections::BTreeMap;
use testing::{Bench, FakeTable, secret, standins};

/// The accepted signature; a query writes it otherwise than it is.
const SIGNATURE: &str = "canary+/signature-0123456789";
/// A part of the signature that is the same in both forms, and a text that is in every question.
const CANARIES: [&str; 2] = ["signature-0123456789", "canary-question"];
/// The question's number.
const ID: &str = "2f0e3b5c-0000-5000-8000-000000000001";
const ARN: &str = "arn:aws:sns:ap-northeast-1:123456789012:questions";

/// The function, and what it remembers.
struct Stage {
    bench: Bench<Links, Published<Question>>,
    claims: FakeTable<Progress>,
}

testing::is_a_bench!(Stage, Bench<Links, Published<Question>>);

impl Stage {
    /// A function that has the accepted URL.
    async fn new() -> Self {
        let standins = standins(Keys::sample().with("TEAMS_WORKFLOW_URL", SIGNATURE)).await;
        let claims = FakeTable::default();
        let links = Links {
            shown: claims.claims(),
            workflow: secret(&[&standins.secret("TEAMS_WORKFLOW_URL")]),
            time_zone: TimeZone::parse("Asia/Tokyo").unwrap(),
        };
        let kept = claims.clone();
        let bench = Bench::new(standins, links, &CANARIES, handle).keeping(move || format!("{:?}", kept.record(ID)));
        Self { bench, claims }
    }

    /// The same with URLs that successive readings of the secret yield.
    async fn with_urls(urls: impl FnOnce(&str) -> Vec<String>) -> Self {
        let mut stage = Self::new().await;
        let urls = urls(&stage.standins.secret("TEAMS_WORKFLOW_URL"));
        let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
        stage.links.workflow = secret(&urls);
        stage
    }

    fn fail(&self, planned: Planned) {
        self.bench.fail(Planned { service: "teams".into(), ..planned });
    }

    /// Bodies of the cards that Teams took.
    fn cards(&self) -> Vec<Value> {
        let taken = |call: &ReceivedCall| call.status == 202;
        self.calls().into_iter().filter(taken).map(|call| serde_json::from_str(&call.body).unwrap()).collect()
    }
}

fn envelope(text: &str) -> String {
    let question = json!({"project_id": "AWS-101", "text": format!("canary-question {text}")});
    Published::<Question>::envelope(ID, ARN, None, &question.to_string())
}

/// Lines of the question in a card.
fn lines(card: &Value) -> Vec<String> {
    let body = card["attachments"][0]["content"]["body"].as_array().unwrap();
    let runs = |block: &Value| block["inlines"].as_array().map(Vec::as_slice).unwrap_or_default().to_vec();
    body.iter().map(|block| runs(block).iter().map(|run| run["text"].as_str().unwrap()).collect()).collect()
}

#[tokio::test]
async fn shows_the_test_event_with_its_number_and_the_time_of_the_zone() {
    let stage = Stage::new().await;
    let body = Published::<Question>::envelope(ID, ARN, None, Question::TEST_EVENT);
    let text = stage.check(&body, Outcome::Worked).await;
    assert!(text.contains(ID), "{text}");
    let event = Question::from_body(Question::TEST_EVENT).unwrap();
    let [card] = stage.cards().try_into().unwrap();
    let shown = lines(&card);
    let (first, last) = event.text.split_once('\n').unwrap();
    assert_eq!(shown[1..3], [first, last]);
    let receipt = format!("受付番号: {}", receipt(ID));
    assert_eq!(shown[4..], ["日時: 2026-08-04 11:01:52 +09:00".to_owned(), receipt, format!("質問番号: {ID}")]);
}

#[tokio::test]
async fn a_card_of_any_length_is_one_that_teams_takes() {
    for text in ["", "あ\n\n\tb", &"あ".repeat(100_000), &"x\n".repeat(4_000), &"{{".repeat(20_000)] {
        let stage = Stage::new().await;
        stage.check(&envelope(text), Outcome::Worked).await;
        assert_eq!(stage.cards().len(), 1);
    }
}

#[tokio::test]
async fn what_was_published_past_the_form_is_cleaned() {
    let stage = Stage::new().await;
    stage.check(&envelope("a\r\nb\0\u{1b}c"), Outcome::Worked).await;
    assert_eq!(lines(&stage.cards()[0])[1..3], ["canary-question a", "bc"]);
}

#[tokio::test]
async fn a_second_delivery_is_recognized_by_the_topics_id() {
    let stage = Stage::new().await;
    stage.check(&envelope("x"), Outcome::Worked).await;
    let text = stage.check(&envelope("x"), Outcome::Repeated).await;
    assert!(text.contains("done before"), "{text}");
    assert_eq!((stage.calls().len(), stage.claims.keys()), (1, vec![ID.to_owned()]));
}

#[tokio::test]
async fn a_bare_message_is_shown_under_the_queues_id_and_without_a_time() {
    let stage = Stage::new().await;
    stage.check(Question::TEST_EVENT, Outcome::Worked).await;
    assert_eq!(stage.claims.keys(), ["message-1"]);
    let shown = lines(&stage.cards()[0]);
    assert_eq!(shown.last().unwrap(), "質問番号: message-1");
    assert!(shown.iter().all(|line| !line.starts_with("日時")));
}

#[tokio::test]
async fn a_question_that_was_not_shown_is_shown_by_the_next_delivery() {
    let stage = Stage::new().await;
    stage.fail(Planned { status: 503, ..Planned::default() });
    stage.check(&envelope("x"), Outcome::Retry).await;
    stage.check(&envelope("x"), Outcome::Worked).await;
    assert_eq!(stage.cards().len(), 1);
}

#[tokio::test]
async fn nothing_is_posted_without_a_claim() {
    let mut stage = Stage::new().await;
    stage.links.shown = FakeTable::broken().claims();
    stage.check(&envelope("x"), Outcome::Retry).await;
    assert!(stage.calls().is_empty());
}
