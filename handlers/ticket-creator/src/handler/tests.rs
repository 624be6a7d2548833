//! The function against a stand-in of Backlog and claims in memory.
//!
//! Of every outcome, and of the claim, it is demanded that neither the key nor the question is in it.
//!
//! Proven elsewhere: summary and description (ticket.rs), what every answer of Backlog means
//! (`backlog-client`), and what an outcome leads to in the queue (`runtime`, trigger/queue.rs).

mod answers;
mod repeats;

use super::*;
use contracts::backlog::{CustomFields, IssueTypeId, MilestoneId, PriorityId, ProjectId, TextFormatting, UserId};
use contracts::claim::Progress;
use contracts::question::receipt;
use contracts::{Message, Origin, SettingValue};
use runtime::{Instant, Outcome};
use serde_json::json;
use standins::{Failure as Planned, Keys, ReceivedCall};
use std::collections::BTreeMap;
use testing::{Bench, FakeTable, secret, standins};
use web::Url;

/// The accepted key; a query writes it otherwise than it is.
const KEY: &str = "canary+/key-0123456789";
/// A part of the key that is the same in both forms, and a text that is in every question.
const CANARIES: [&str; 2] = ["key-0123456789", "canary-question"];
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
    /// A function that has the accepted key, and no issue in Backlog.
    async fn new() -> Self {
        let standins = standins(Keys::sample().with("BACKLOG_API_KEY", KEY)).await;
        let claims = FakeTable::default();
        let links = Links {
            created: claims.claims(),
            api_key: secret(&[KEY]),
            backlog: Origin::parse(&standins.origin("backlog")).unwrap(),
            // The project of the stand-in, and the first of its types.
            project: ProjectId::new(92),
            issue_type: IssueTypeId::new(11),
            priority: PriorityId::new(3),
            assignee: None,
            milestone: None,
            custom_fields: CustomFields::default(),
            text_formatting: TextFormatting::Markdown,
        };
        let kept = claims.clone();
        let bench = Bench::new(standins, links, &CANARIES, handle).keeping(move || format!("{:?}", kept.record(ID)));
        Self { bench, claims }
    }

    /// Forms of the issues that Backlog was asked to create, with the result of each call.
    fn created(&self) -> Vec<(BTreeMap<String, String>, u16)> {
        let is_creation = |call: &ReceivedCall| call.method == "POST" && call.path.ends_with("/issues");
        let form = |call: ReceivedCall| {
            let url = Url::parse(&format!("http://form/?{}", call.body)).unwrap();
            (url.query_pairs().into_owned().collect(), call.status)
        };
        self.calls().into_iter().filter(is_creation).map(form).collect()
    }

    /// How often Backlog was asked for a list of issues.
    fn n_searches(&self) -> usize {
        self.calls().iter().filter(|call| call.method == "GET").count()
    }
}

fn envelope(text: &str) -> String {
    envelope_of(ID, text)
}

fn envelope_of(id: &str, text: &str) -> String {
    let question = json!({"project_id": "AWS-101", "text": format!("canary-question {text}")});
    Published::<Question>::envelope(id, ARN, None, &question.to_string())
}

#[tokio::test]
async fn creates_an_issue_of_the_test_event() {
    let stage = Stage::new().await;
    let body = Published::<Question>::envelope(ID, ARN, None, Question::TEST_EVENT);
    let text = stage.check(&body, Outcome::Worked).await;
    assert_eq!(text, format!("created issue SUB-1 for question {ID}"));
    let event = Question::from_body(Question::TEST_EVENT).unwrap();
    let marker = format!("プロジェクト: {} / 質問番号: {ID}", event.project_id);
    let [(form, status)] = stage.created().try_into().unwrap();
    let text_shown = Markup(TextFormatting::Markdown).paragraph(&event.text);
    let expected = [
        ("projectId", "92".to_owned()),
        ("issueTypeId", "11".to_owned()),
        ("priorityId", "3".to_owned()),
        ("summary", form["summary"].clone()),
        ("description", format!("{text_shown}\n\n受付番号: {}\n{marker}", receipt(ID))),
    ];
    assert_eq!(form, expected.map(|(name, value)| (name.to_owned(), value)).into());
    assert_eq!(status, 201);
    assert!(!form["summary"].is_empty() && event.text.replace('\n', " ").starts_with(&form["summary"]));
    // There was no attempt before, so nothing is looked for.
    assert_eq!(stage.n_searches(), 0);
}

#[tokio::test]
async fn an_issue_has_the_assignee_and_the_milestone_of_the_stage() {
    let mut stage = Stage::new().await;
    stage.links.assignee = Some(UserId::new(25));
    stage.links.milestone = Some(MilestoneId::new(101));
    stage.check(&envelope("a"), Outcome::Worked).await;
    let [(form, status)] = stage.created().try_into().unwrap();
    assert_eq!((&*form["assigneeId"], &*form["milestoneId[]"], status), ("25", "101", 201));
}

#[tokio::test]
async fn somebody_who_left_the_project_stops_the_issue_with_a_reason() {
    let mut stage = Stage::new().await;
    stage.links.assignee = Some(UserId::new(99));
    let reason = stage.check(&envelope("a"), Outcome::Permanent).await;
    assert!(reason.contains("code 7, assigneeId 99"), "{reason}");
}

#[tokio::test]
async fn what_was_published_past_the_form_is_cleaned() {
    let stage = Stage::new().await;
    stage.check(&envelope("a\r\nb\0\u{1b}c"), Outcome::Worked).await;
    let [(form, _)] = stage.created().try_into().unwrap();
    assert_eq!(form["summary"], "canary-question a bc");
    assert!(form["description"].starts_with("canary-question a\nbc\n\n"));
}

#[tokio::test]
async fn the_summary_arrives_as_it_was_made_and_the_text_in_full() {
    let stage = Stage::new().await;
    let text = "👩‍💻".repeat(600);
    stage.check(&envelope(&text), Outcome::Worked).await;
    let [(form, _)] = stage.created().try_into().unwrap();
    assert_eq!(form["summary"], format!("canary-question {}", "👩‍💻".repeat(34)));
    assert!(form["description"].starts_with(&format!("canary-question {text}\n\n")));
}

#[tokio::test]
async fn a_bare_message_gets_its_issue_under_the_queues_id() {
    let stage = Stage::new().await;
    stage.check(Question::TEST_EVENT, Outcome::Worked).await;
    assert_eq!(stage.claims.keys(), ["message-1"]);
    assert!(stage.created()[0].0["description"].ends_with("質問番号: message-1"));
}

#[tokio::test]
async fn what_strangers_write_is_no_formatting_in_backlog() {
    for (rule, file) in [
        (TextFormatting::Markdown, include_str!("tests/shown/markdown.txt")),
        (TextFormatting::Backlog, include_str!("tests/shown/notation.txt")),
    ] {
        let mut stage = Stage::new().await;
        stage.links.text_formatting = rule;
        stage.check(&envelope(include_str!("tests/shown/question.txt")), Outcome::Worked).await;
        let [(form, _)] = stage.created().try_into().unwrap();
        let (shown, _) = form["description"].split_once("\n\n受付番号: ").unwrap();
        assert_eq!(shown, format!("canary-question {}", file.trim_end()));
    }
}

#[tokio::test]
async fn an_issue_has_the_values_of_custom_fields_of_the_stage() {
    let mut stage = Stage::new().await;
    stage.standins.put_custom_field(standins::BacklogCustomField {
        id: 10,
        project_key: "SUB".into(),
        type_id: 5,
        name: "Cause".into(),
        required: true,
        applicable_issue_types: vec![11],
        items: vec!["n/a".into()],
    });
    let reason = stage.check(&envelope("a"), Outcome::Permanent).await;
    assert!(reason.contains("Please enter a value for Cause."), "{reason}");
    stage.links.custom_fields = CustomFields::parse("customField_10=1").unwrap();
    stage.check(&envelope("a"), Outcome::Worked).await;
    let created = stage.created();
    assert_eq!((&*created[1].0["customField_10"], created[1].1), ("1", 201));
}
