//! The function against a stand-in of Slack and a fake of the table of claims.
//!
//! `Stage::handle` is the only place that calls the handler. It demands of every outcome that
//! nothing of the webhook's secret is in it: what the handler returns is all that `runtime` logs.
//!
//! Proven elsewhere: what a notification becomes (`notice`), that it stays within Slack's limits
//! (`blocks`), and what becomes of an outcome in the queue (`runtime`, trigger/queue.rs).

mod addresses;
mod answers;
mod claims;
mod host;
mod messages;
mod waits;

use super::*;
use contracts::claim::Progress;
use contracts::{Message, SettingValue, TimeZone};
use runtime::{Claims, FakeTable, Instant, Outcome, Secret};
use serde_json::Value;
use standins::{Keys, Standins};

/// The accepted secret, and one that was accepted once.
const SECRET: &str = "CanarySecret0123456789ab";
const OLD_SECRET: &str = "OutdatedCanary0123456789";
const TOPIC: &str = "arn:aws:sns:ap-northeast-1:111122223333:alarms";

/// One function with its surroundings.
struct Stage {
    standins: Standins,
    table: FakeTable<Progress>,
    links: Links,
    deadline: Instant,
}

impl Stage {
    async fn new() -> Self {
        let standins = Standins::start(0, keys(SECRET), None).await.unwrap();
        let url = standins.secret("SLACK_WEBHOOK_URL");
        Self::with(standins, &[&url])
    }

    /// A function whose secret is this in one reading after the other.
    fn with(standins: Standins, stored: &[&str]) -> Self {
        let table = FakeTable::default();
        let links = Links {
            shown: Claims::fake(&table),
            webhook: Secret::fake(stored),
            time_zone: TimeZone::parse("Asia/Tokyo").unwrap(),
        };
        Self { standins, table, links, deadline: Instant::now() + Duration::from_secs(600) }
    }

    /// The same with something else where Slack is expected.
    async fn with_webhook(url: &str) -> Self {
        let mut stage = Self::new().await;
        stage.links.webhook = Secret::fake(&[url]);
        stage
    }

    /// Handles the body of a queue's message.
    async fn handle(&self, body: &str) -> Result<Done, Failure> {
        let delivery = Delivery {
            message: Published::from_body(body).unwrap(),
            message_id: "message-1".into(),
            deadline: self.deadline,
        };
        let outcome = handle(&self.links, delivery).await;
        assert_secretless(&format!("{outcome:?}"));
        outcome
    }

    /// Handles the contract's test event and expects this of the outcome, whose text it returns.
    async fn check(&self, expected: Outcome) -> String {
        let outcome = self.handle(&alarm("id-1")).await;
        let (found, text) = Outcome::of(&outcome);
        assert_eq!(found, expected, "{text}");
        text.to_owned()
    }

    /// The statuses of all answers that Slack gave.
    fn answers(&self) -> Vec<u16> {
        self.standins.received().iter().map(|call| call.status).collect()
    }

    /// What was posted, refused or not.
    fn posted(&self) -> Vec<Value> {
        self.standins.received().iter().map(|call| serde_json::from_str(&call.body).unwrap()).collect()
    }
}

fn keys(slack_secret: &str) -> Keys {
    Keys::sample().with("SLACK_WEBHOOK_URL", slack_secret)
}

/// The test event as the topic delivers it to the queue.
fn alarm(id: &str) -> String {
    Published::<PlainText>::envelope(id, TOPIC, None, PlainText::TEST_EVENT)
}

/// Demands that a text holds nothing of a secret, in whatever letters.
#[track_caller]
fn assert_secretless(text: &str) {
    let lower = text.to_ascii_lowercase();
    for part in ["canary", "0123456789", "/services/", "t00000000", "127.0.0.1", "localhost", "://"] {
        assert!(!lower.contains(part), "{text}");
    }
}
