//! The function against a stand-in of Slack and a fake of the table of claims.
//!
//! Of every outcome it is demanded that nothing of the webhook's secret is in it.
//!
//! Proven elsewhere: what a notification becomes (`notice`), that it stays within Slack's limits
//! (`blocks`), and what an outcome leads to in the queue (`runtime`, trigger/queue.rs).

mod addresses;
mod answers;
mod claims;
mod messages;
mod waits;

use super::*;
use contracts::claim::Progress;
use contracts::{Message, SettingValue, TimeZone};
use runtime::{Instant, Outcome};
use serde_json::Value;
use standins::{Keys, Standins};
use testing::{Bench, FakeTable, Host, assert_no_canary, secret, standins};

/// The accepted secret, and one that was accepted once.
const SECRET: &str = "CanarySecret0123456789ab";
const OLD_SECRET: &str = "OutdatedCanary0123456789";
const TOPIC: &str = "arn:aws:sns:ap-northeast-1:111122223333:alarms";

/// Parts of the secret's address, which no outcome may hold.
const CANARIES: [&str; 7] = ["canary", "0123456789", "/services/", "t00000000", "127.0.0.1", "localhost", "://"];

/// The function, and what it remembers.
struct Stage {
    bench: Bench<Links, Published<PlainText>>,
    table: FakeTable<Progress>,
}

testing::is_a_bench!(Stage, Bench<Links, Published<PlainText>>);

impl Stage {
    async fn new() -> Self {
        let standins = standins(keys(SECRET)).await;
        let url = standins.secret("SLACK_WEBHOOK_URL");
        Self::with(standins, &[&url])
    }

    /// A function whose secret is this in one reading after the other.
    fn with(standins: Standins, stored: &[&str]) -> Self {
        let table = FakeTable::default();
        let links =
            Links { shown: table.claims(), webhook: secret(stored), time_zone: TimeZone::parse("Asia/Tokyo").unwrap() };
        Self { bench: Bench::new(standins, links, &CANARIES, handle), table }
    }

    /// The same with something else where Slack is expected.
    async fn with_webhook(url: &str) -> Self {
        let mut stage = Self::new().await;
        stage.links.webhook = secret(&[url]);
        stage
    }

    /// Handles the contract's test event and expects this of the outcome, whose text it returns.
    async fn check(&self, expected: Outcome) -> String {
        self.bench.check(&alarm("id-1"), expected).await
    }

    /// What was posted, refused or not.
    fn posted(&self) -> Vec<Value> {
        self.calls().iter().map(|call| serde_json::from_str(&call.body).unwrap()).collect()
    }
}

fn keys(slack_secret: &str) -> Keys {
    Keys::sample().with("SLACK_WEBHOOK_URL", slack_secret)
}

/// The address of a webhook at a host that is not Slack.
fn webhook_at(host: &str) -> String {
    format!("{host}/services/T00000000/B00000000/{SECRET}")
}

/// The test event as the topic delivers it to the queue.
fn alarm(id: &str) -> String {
    Published::<PlainText>::envelope(id, TOPIC, None, PlainText::TEST_EVENT)
}
