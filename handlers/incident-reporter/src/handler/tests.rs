//! The function against a stand-in of Backlog and a table in memory.
//!
//! Of every outcome it is demanded that no key is in it.
//!
//! Proven elsewhere: what every answer of Backlog means (`backlog-client`), what is read of an
//! event (`contracts`, mackerel/), and what an outcome leads to in the queue (`runtime`).

mod changes;
mod events;
mod monitors;
mod openings;
mod recoveries;
mod texts;
mod uncertainty;

use super::*;
use crate::ledger::{LEASE, LIFE};
use contracts::backlog::{CustomFields, IssueTypeId, MilestoneId, PriorityId, ProjectId, TextFormatting, UserId};
use contracts::{Message, Origin, SettingValue, TimeZone};
use runtime::Outcome;
use serde_json::{Value, json};
use standins::{Failure as Planned, Keys};
use std::time::Duration;
use testing::{Bench, FakeTable, secret, standins};

/// The accepted key; a query writes it otherwise than it is.
const KEY: &str = "canary+/0123456789";
/// The key as it is and as a query writes it, and what a query calls it.
const CANARIES: [&str; 3] = [KEY, "canary%2B%2F0123456789", "apiKey"];
/// The alert of the test event.
const ALERT: &str = "2bj";

/// The function, and what it remembers.
struct Stage {
    bench: Bench<Links, MackerelEvent>,
    table: FakeTable<Incident>,
}

testing::is_a_bench!(Stage, Bench<Links, MackerelEvent>);

impl Stage {
    async fn new() -> Self {
        Self::with(FakeTable::default()).await
    }

    async fn with(table: FakeTable<Incident>) -> Self {
        let standins = standins(Keys::sample().with("BACKLOG_API_KEY", KEY)).await;
        let links = Links {
            incidents: table.records(),
            api_key: secret(&[KEY]),
            backlog: Origin::parse(&standins.origin("backlog")).unwrap(),
            project: ProjectId::new(92),
            issue_type: IssueTypeId::new(12),
            priority: PriorityId::new(2),
            assignee: Some(UserId::new(26)),
            milestone: Some(MilestoneId::new(102)),
            custom_fields: CustomFields::default(),
            text_formatting: TextFormatting::Markdown,
            on_recovery: OnRecovery::Comment,
            time_zone: TimeZone::parse("Asia/Tokyo").unwrap(),
        };
        Self { bench: Bench::new(standins, links, &CANARIES, handle), table }
    }

    async fn on_recovery(on_recovery: OnRecovery) -> Self {
        let mut stage = Self::new().await;
        stage.links.on_recovery = on_recovery;
        stage
    }

    /// Handles an event and expects an outcome; returns its text.
    async fn check(&self, event: Value, expected: Outcome) -> String {
        self.bench.check(&event.to_string(), expected).await
    }

    /// Demands that there is one issue, and returns the first lines of its comments.
    async fn comments(&self) -> Vec<String> {
        let issues = self.standins.backlog_issues();
        assert_eq!(issues.len(), 1, "{issues:?}");
        let comments = issues[0]["comments"].as_array().unwrap();
        comments.iter().map(|comment| first_line(comment["content"].as_str().unwrap())).collect()
    }

    /// Whether Backlog was asked for nothing at all.
    fn is_untouched(&self) -> bool {
        self.standins.received().is_empty()
    }

    fn n_calls(&self, method: &str) -> usize {
        self.standins.received().iter().filter(|call| call.method == method).count()
    }

    fn record(&self) -> Incident {
        self.table.record(ALERT).unwrap().0
    }

    /// Plans that the next call whose path holds this fails; with `after`, only its answer is lost.
    fn fail(&self, status: u16, path: &str, after: bool) {
        let path_contains = Some(path.to_owned());
        self.standins.fail(Planned { status, path_contains, after, ..Planned::default() });
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

/// The contract's test event with this laid over it.
fn alert(changes: Value) -> Value {
    laid_over(MackerelEvent::TEST_EVENT, changes)
}

fn laid_over(event: &str, changes: Value) -> Value {
    let mut event = serde_json::from_str(event).unwrap();
    merge(&mut event, changes);
    event
}

fn merge(target: &mut Value, changes: Value) {
    match (target, changes) {
        (Value::Object(target), Value::Object(changes)) => {
            for (field, value) in changes {
                merge(target.entry(field).or_insert(Value::Null), value);
            }
        }
        (target, value) => *target = value,
    }
}

/// The test event's alert with another status.
fn status(status: &str) -> Value {
    alert(json!({"alert": {"status": status}}))
}

fn recovery() -> Value {
    alert(json!({
        "message": "CPU % 12 > 90",
        "alert": {"status": "ok", "isOpen": false, "closedAt": 1_692_632_121, "statusChangedAt": 1_692_632_121, "metricValue": 12},
    }))
}

fn digest_of(event: &Value) -> String {
    digest(&serde_json::from_value(event.clone()).unwrap())
}

/// A record as a delivery in progress leaves it, with so long a lease left; 0 if it is over.
fn creating(opening: &Value, left: Duration) -> Incident {
    Incident::Creating {
        until_millis: now_millis() + u64::try_from(left.as_millis()).unwrap(),
        opening: digest_of(opening),
    }
}
