//! The function against a stand-in of Backlog and a fake of S3.
//!
//! Of every outcome it is demanded that no key is in it.
//!
//! Proven elsewhere: every way of writing a folder or a name (`contracts`, folder.rs), where an
//! object is split (`testing`, tests/links/uploads.rs), what the real S3 is asked for (`s3`,
//! tests/calls), and what an outcome leads to in the queue (`runtime`, trigger/queue.rs).

mod answers;
mod deadlines;
mod events;
mod keys;
mod races;
mod redirects;
mod transfers;

use super::*;
use contracts::backlog::{Folder, ProjectKey};
use contracts::{Message, Origin, SettingValue, SizeLimit};
use runtime::{Instant, Outcome};
use serde_json::Value;
use standins::{BacklogFile, Content, Keys};
use std::collections::BTreeMap;
use std::time::Duration;
use testing::{Bench, FakeObjectStore, Host, answer, assert_no_canary, secret, standins};

/// The accepted key; a query writes it otherwise than it is.
const KEY: &str = "canary+/0123456789";
/// A key that was accepted once.
const OLD_KEY: &str = "outdated+/0123456789";
/// How a query writes the first.
const ENCODED_KEY: &str = "canary%2B%2F0123456789";
/// The keys as they are, and as a query writes them.
const KEYS: [&str; 4] = [KEY, OLD_KEY, ENCODED_KEY, "outdated%2B%2F0123456789"];

/// The file of the test event, and where it belongs.
const FILE_ID: u64 = 1_074_321_613;
const FILE_BYTES: u64 = 2718;
const OBJECT: &str = "target/資料/見積 v1.2.pdf";

/// The function, and where it writes.
struct Stage {
    bench: Bench<Links, BacklogEvent>,
    store: FakeObjectStore,
}

testing::is_a_bench!(Stage, Bench<Links, BacklogEvent>);

impl Stage {
    /// A function that has the accepted key, and no file in Backlog.
    async fn new() -> Self {
        Self::with(FakeObjectStore::default()).await
    }

    async fn with(store: FakeObjectStore) -> Self {
        let standins = standins(Keys::sample().with("BACKLOG_API_KEY", KEY)).await;
        let links = Links {
            target: store.below("target/"),
            api_key: secret(&[KEY]),
            backlog: Origin::parse(&standins.origin("backlog")).unwrap(),
            project: ProjectKey::parse("SUB").unwrap(),
            folder: Folder::parse("/sample").unwrap(),
            size_limit: SizeLimit::parse("1 GiB").unwrap(),
        };
        Self { bench: Bench::new(standins, links, &KEYS, handle), store }
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
        let outcome = self.bench.handle(&event.to_string()).await;
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
