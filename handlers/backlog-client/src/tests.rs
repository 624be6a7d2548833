//! The calls against a stand-in of Backlog, or a host that says what no product would.
//!
//! `Stage::check` is the only place that makes calls. It demands of every outcome that no key and no
//! URL is in it.

mod answers;
mod calls;
mod keys;

use super::*;
use contracts::SettingValue;
use serde_json::Value;
use standins::{Failure as Planned, Keys, ReceivedCall, Standins};
use std::time::Duration;
use testing::{Host, answer, assert_no_canary};

/// The accepted key; a query writes it otherwise than it is.
const KEY: &str = "canary+/0123456789";
/// A key that was accepted once.
const OLD_KEY: &str = "outdated+/0123456789";
/// How a query writes the first.
const ENCODED_KEY: &str = "canary%2B%2F0123456789";
/// What no outcome may hold.
const CANARIES: [&str; 6] = [KEY, OLD_KEY, ENCODED_KEY, "outdated%2B%2F0123456789", "apiKey", "://"];
/// The project of the stand-in, and the first of its types.
const PROJECT: ProjectId = ProjectId::new(92);
const ISSUE_TYPE: IssueTypeId = IssueTypeId::new(11);
const PRIORITY: PriorityId = PriorityId::new(2);

/// An issue whose texts do not matter.
fn new_issue(custom_fields: &CustomFields) -> NewIssue<'_> {
    NewIssue {
        project: PROJECT,
        issue_type: ISSUE_TYPE,
        priority: PRIORITY,
        assignee: None,
        milestone: None,
        custom_fields,
        summary: "s",
        description: "d",
        marker: "d",
    }
}

/// A Backlog, and what is known of it.
struct Stage {
    standins: Standins,
    origin: Origin,
    key: Secret<BacklogApiKey>,
}

/// A call of the crate.
#[derive(Clone, Copy, Debug)]
enum Call {
    Create(&'static str, &'static str),
    Find(&'static str),
    Comment(&'static str, &'static str),
    HasComment(&'static str, &'static str),
    Close(&'static str, &'static str),
}

/// One of each kind, about an issue that is there.
const EACH: [Call; 5] = [
    Call::Create("summary", "line"),
    Call::Find("line"),
    Call::Comment("SUB-1", "c"),
    Call::Close("SUB-1", "c"),
    Call::HasComment("SUB-1", "c"),
];
/// Those that name an issue.
const CHANGES: [Call; 2] = [EACH[2], EACH[3]];

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Issue(String),
    Found,
    NotFound,
    Made,
    NoIssue,
    Retry { after: Option<Duration> },
    Permanent,
}

const RETRY: Outcome = Outcome::Retry { after: None };

impl Stage {
    async fn new() -> Self {
        let standins = testing::standins(Keys::sample().with("BACKLOG_API_KEY", KEY)).await;
        let origin = Origin::parse(&standins.origin("backlog")).unwrap();
        Self { standins, origin, key: testing::secret(&[KEY]) }
    }

    /// A Backlog with the issue SUB-1.
    async fn with_an_issue() -> Self {
        let stage = Self::new().await;
        stage.check(EACH[0], Outcome::Issue("SUB-1".into())).await;
        stage
    }

    /// The same with another answer where Backlog is expected.
    async fn with_backlog_at(url: &str) -> Self {
        Self { origin: Origin::parse(url).unwrap(), ..Self::new().await }
    }

    /// Makes a call and expects an outcome; returns the reason of a failure.
    async fn check(&self, call: Call, expected: Outcome) -> String {
        let outcome = self.call(call).await;
        assert_no_canary(&format!("{outcome:?}"), &CANARIES);
        let (found, reason) = match outcome {
            Ok(found) => (found, String::new()),
            Err(Failure::Retry { after, reason, .. }) => (Outcome::Retry { after }, reason),
            Err(Failure::Permanent { reason, .. }) => (Outcome::Permanent, reason),
        };
        assert_eq!(found, expected, "{call:?}: {reason}");
        reason
    }

    async fn call(&self, call: Call) -> Result<Outcome, Failure> {
        let issues = Issues::new(&self.origin, &self.key)?;
        let changed = |change| if change == Change::Made { Outcome::Made } else { Outcome::NoIssue };
        match call {
            Call::Create(summary, description) => {
                let fields = CustomFields::default();
                let marker = description.lines().next().unwrap_or_default();
                let new = NewIssue { summary, description, marker, ..new_issue(&fields) };
                Ok(Outcome::Issue(issues.create(new).await?.key))
            }
            Call::Find(line) => {
                let found = issues.find_by_line(PROJECT, line).await?;
                Ok(found.map_or(Outcome::NotFound, |issue| Outcome::Issue(issue.key)))
            }
            Call::HasComment(key, text) => {
                Ok(if issues.has_comment(key, text).await? { Outcome::Found } else { Outcome::NotFound })
            }
            Call::Comment(key, text) => issues.comment(key, text).await.map(changed),
            Call::Close(key, text) => issues.close(key, text).await.map(changed),
        }
    }

    /// The calls since the issue was put there, as `METHOD path`.
    fn calls(&self) -> Vec<String> {
        let write =
            |call: &ReceivedCall| format!("{} {}", call.method, call.path.trim_start_matches("/backlog/api/v2"));
        self.standins.received().iter().map(write).collect()
    }
}
