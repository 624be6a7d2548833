//! The function against a stand-in of Backlog and a fake of S3.
//!
//! `Stage::handle` is the only place that calls the handler. It demands of every outcome that
//! no key is in it: what the handler returns is all that `runtime` logs about an event.
//!
//! Proven elsewhere: every way of writing a folder or a name (`contracts`, folder.rs), where an
//! object is split and what the real S3 is asked for (`runtime`, link/upload/tests.rs), and what
//! becomes of an outcome in the queue (`runtime`, trigger/queue.rs).

mod answers;
mod deadlines;
mod events;
mod host;
mod keys;
mod races;
mod redirects;
mod transfers;

use super::*;
use contracts::backlog::{BacklogApiKey, Folder, ProjectKey};
use contracts::{Message, Origin, SettingValue, SizeLimit};
use runtime::{FakeObjectStore, Instant, ObjectStore, Outcome, Secret};
use serde_json::Value;
use standins::{BacklogFile, Content, Keys, Standins};
use std::collections::BTreeMap;
use std::time::Duration;

/// The accepted key; a query writes it otherwise than it is.
const KEY: &str = "canary+/0123456789";
/// A key that was accepted once.
const OLD_KEY: &str = "outdated+/0123456789";
/// How a query writes the two.
const ENCODED_KEYS: [&str; 2] = ["canary%2B%2F0123456789", "outdated%2B%2F0123456789"];

/// The file of the test event, and where it belongs.
const FILE_ID: u64 = 1_074_321_613;
const FILE_BYTES: u64 = 2718;
const OBJECT: &str = "target/資料/見積 v1.2.pdf";

/// One function with its surroundings.
struct Stage {
    standins: Standins,
    store: FakeObjectStore,
    links: Links,
    deadline: Instant,
}

impl Stage {
    /// A function that has the accepted key, and no file in Backlog.
    async fn new() -> Self {
        Self::with(FakeObjectStore::default()).await
    }

    async fn with(store: FakeObjectStore) -> Self {
        let keys = Keys::sample().with("BACKLOG_API_KEY", KEY);
        let standins = Standins::start(0, keys, None).await.unwrap();
        let links = Links {
            target: ObjectStore::fake(&store, "target/"),
            api_key: Secret::<BacklogApiKey>::fake(&[KEY]),
            backlog: Origin::parse(&standins.origin("backlog")).unwrap(),
            project: ProjectKey::parse("SUB").unwrap(),
            folder: Folder::parse("/sample").unwrap(),
            size_limit: SizeLimit::parse("1 GiB").unwrap(),
        };
        let deadline = Instant::now() + Duration::from_secs(600);
        Self { standins, store, links, deadline }
    }

    /// The same with another answer where Backlog is expected.
    async fn with_backlog_at(url: &str) -> Self {
        let mut stage = Self::new().await;
        stage.links.backlog = Origin::parse(url).unwrap();
        stage
    }

    /// Puts the test event's file into Backlog, as it is except for what `change` does.
    fn put(&self, change: impl FnOnce(&mut BacklogFile)) {
        let mut file = BacklogFile { id: FILE_ID, content: Content::Generated(FILE_BYTES), ..BacklogFile::default() };
        change(&mut file);
        self.standins.put_file(file);
    }

    /// Where Backlog has a file.
    fn url_of(&self, file_id: u64) -> String {
        format!("{}/api/v2/projects/SUB/files/{file_id}", self.standins.origin("backlog"))
    }

    async fn handle(&self, event: Value) -> Result<Done, Failure> {
        let delivery = Delivery {
            message: serde_json::from_value(event).unwrap(),
            message_id: "message-1".into(),
            deadline: self.deadline,
        };
        let outcome = handle(&self.links, delivery).await;
        assert_keyless(&format!("{outcome:?}"));
        assert!(self.store.unfinished().is_empty(), "{outcome:?} leaves an upload behind");
        outcome
    }

    /// Handles an event and expects an outcome; returns its text and what is stored.
    async fn check(&self, event: Value, expected: Outcome) -> (String, BTreeMap<String, Vec<u8>>) {
        let case = event.to_string();
        let outcome = self.handle(event).await;
        let (found, text) = Outcome::of(&outcome);
        assert_eq!(found, expected, "{case}: {text}");
        let objects = self.store.objects();
        let is_copied = matches!(found, Outcome::Worked | Outcome::LookAgain);
        assert!(is_copied || objects.is_empty(), "{case}: {text}");
        (text.to_owned(), objects)
    }
}

/// The contract's test event, as it is except for what `change` does.
fn event(change: impl FnOnce(&mut Value)) -> Value {
    let mut event = serde_json::from_str(BacklogEvent::TEST_EVENT).unwrap();
    change(&mut event);
    event
}

/// The test event for a file of this size.
fn event_of_size(n_bytes: u64) -> Value {
    event(|event| event["content"]["size"] = n_bytes.into())
}

/// The first bytes of every generated file.
fn generated(n_bytes: u64) -> Vec<u8> {
    standins::generated_bytes(0, usize::try_from(n_bytes).unwrap())
}

/// Demands that a text holds no key, neither as it is nor as a query writes it.
#[track_caller]
fn assert_keyless(text: &str) {
    for key in [KEY, OLD_KEY].iter().chain(&ENCODED_KEYS) {
        assert!(!text.contains(key), "{text}");
    }
}
