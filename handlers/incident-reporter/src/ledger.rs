//! The record of one alert: who may do what to its issue, and what is already done.

use contracts::Contract as _;
use contracts::incident_reporter::{Contract, Incident};
use runtime::{Failure, Records, Stored, log};
use serde_json::json;
use std::time::{Duration, SystemTime};

/// How long a record lives after its last change; then the alert is forgotten.
///
/// Messages live two weeks at most, and a monitor repeats itself within days if at all.
pub(crate) const LIFE: Duration = Duration::from_secs(90 * 86_400);
/// How long a delivery may be in progress: as long as Lambda lets the function run, so that one that
/// holds a record beyond it is gone for certain.
pub(crate) const LEASE: Duration = Duration::from_secs(Contract::LIMITS.timeout_seconds as u64);
/// How long to wait for a delivery in progress: a call takes a second or so, whatever the lease.
const BUSY_WAIT: Duration = Duration::from_secs(10);
/// How many notifications of an alert are remembered: far more than are on their way at a time.
pub(crate) const TOLD_LIMIT: usize = 50;

/// The record of one alert.
pub(crate) struct Ledger<'a> {
    pub(crate) records: &'a Records<Incident>,
    pub(crate) alert_id: &'a str,
}

/// What may be done about a notification.
pub(crate) enum Claim {
    /// Nothing: the alert recovered, and was never seen before.
    NeverSeen,
    /// Nothing yet: the alert recovered, and certainly has no issue.
    NotOpened,
    /// Nothing: it is in the issue.
    Told {
        /// Key of the issue.
        issue_key: String,
    },
    /// Create the issue.
    Open(Stored<Incident>),
    /// Look for the issue, and create it if there is none.
    OpenAgain {
        held: Stored<Incident>,
        /// Digest of the notification that is in the issue, if there is one.
        opening: String,
    },
    /// Add a comment to the issue.
    Tell(Telling),
}

/// An issue that this delivery may update.
pub(crate) struct Telling {
    pub(crate) held: Stored<Incident>,
    pub(crate) issue_key: String,
    /// Whether an earlier delivery started it, with an unknown result.
    pub(crate) is_again: bool,
}

impl Ledger<'_> {
    /// Claims what the notification with this digest asks for.
    ///
    /// Fails while another delivery handles the same alert. That is a wait with a known time,
    /// which counts as no failure: the message outlives the lease of an abandoned delivery.
    pub(crate) async fn claim(&self, digest: &str, is_recovery: bool) -> Result<Claim, Failure> {
        let there = if is_recovery {
            match self.records.find(self.alert_id).await? {
                Some(there) => there,
                None => return Ok(Claim::NeverSeen),
            }
        } else {
            match self.records.insert(self.alert_id, &creating(digest), LIFE).await? {
                Ok(held) => return Ok(Claim::Open(held)),
                Err(there) => there,
            }
        };
        match &there.value {
            Incident::Unopened if is_recovery => Ok(Claim::NotOpened),
            Incident::Unopened => Ok(Claim::Open(self.replace(&there, &creating(digest)).await?)),
            Incident::Creating { until_millis, .. } if *until_millis > now_millis() => Err(busy()),
            Incident::Creating { opening, .. } | Incident::Unknown { opening } => {
                // The digest stays the one that may be in an issue until there is another issue.
                let opening = opening.clone();
                let held = self.replace(&there, &creating(&opening)).await?;
                Ok(Claim::OpenAgain { held, opening })
            }
            Incident::Created { issue_key, told, .. } if told.iter().any(|other| other == digest) => {
                Ok(Claim::Told { issue_key: issue_key.clone() })
            }
            Incident::Created { busy_until_millis, .. } if *busy_until_millis > now_millis() => Err(busy()),
            Incident::Created { issue_key, told, started, .. } => {
                let is_again = started.iter().any(|other| other == digest);
                let started = with(started, digest);
                let telling = self.begin(&there, issue_key, told, started).await?;
                Ok(Claim::Tell(Telling { is_again, ..telling }))
            }
        }
    }

    /// Notes that there was no issue, and that this notification is about to open one.
    pub(crate) async fn reopen(&self, held: &Stored<Incident>, digest: &str) -> Result<Stored<Incident>, Failure> {
        self.replace(held, &creating(digest)).await
    }

    /// Notes that the issue was found, and claims the comments that it lacks.
    pub(crate) async fn tell_found(
        &self,
        held: &Stored<Incident>,
        issue_key: &str,
        opening: &str,
        digest: &str,
    ) -> Result<Telling, Failure> {
        self.begin(held, issue_key, &[opening.to_owned()], vec![digest.to_owned()]).await
    }

    /// Notes that there is an issue, and that this notification is in it.
    pub(crate) async fn note_created(&self, held: &Stored<Incident>, issue_key: &str, digest: &str) {
        let created = Incident::Created {
            issue_key: issue_key.to_owned(),
            told: vec![digest.to_owned()],
            started: Vec::new(),
            busy_until_millis: 0,
        };
        self.note(held, &created).await;
    }

    /// Notes that there is no issue: Backlog refused to create it, and no delivery tried before.
    pub(crate) async fn note_unopened(&self, held: &Stored<Incident>) {
        self.note(held, &Incident::Unopened).await;
    }

    /// Notes that whether there is an issue is not known.
    pub(crate) async fn note_unknown(&self, held: &Stored<Incident>, opening: &str) {
        self.note(held, &Incident::Unknown { opening: opening.to_owned() }).await;
    }

    /// Notes that a notification is in the issue, or that no delivery updates it any more.
    pub(crate) async fn note_told(&self, held: &Stored<Incident>, digest: Option<&str>) {
        let Incident::Created { issue_key, told, started, .. } = held.value.clone() else { return };
        let (told, started) = match digest {
            Some(digest) => (with(&told, digest), started.into_iter().filter(|other| other != digest).collect()),
            None => (told, started),
        };
        self.note(held, &Incident::Created { issue_key, told, started, busy_until_millis: 0 }).await;
    }

    async fn begin(
        &self,
        previous: &Stored<Incident>,
        issue_key: &str,
        told: &[String],
        started: Vec<String>,
    ) -> Result<Telling, Failure> {
        let busy = Incident::Created {
            issue_key: issue_key.to_owned(),
            told: told.to_vec(),
            started,
            busy_until_millis: until_millis(),
        };
        let held = self.replace(previous, &busy).await?;
        Ok(Telling { held, issue_key: issue_key.to_owned(), is_again: false })
    }

    async fn replace(&self, previous: &Stored<Incident>, next: &Incident) -> Result<Stored<Incident>, Failure> {
        self.records.replace(self.alert_id, previous, next, LIFE).await?.ok_or_else(busy)
    }

    /// Records the result of the work. That is done or not, with or without the record, so a
    /// record that cannot be written is no failure: the claim ends with its lease.
    async fn note(&self, held: &Stored<Incident>, next: &Incident) {
        let reason = match self.records.replace(self.alert_id, held, next, LIFE).await {
            Ok(Some(_)) => return,
            Ok(None) => "another delivery took it over".to_owned(),
            Err(failure) => failure.reason().to_owned(),
        };
        log::warn("cannot record the outcome", json!({"alert": self.alert_id, "reason": reason}));
    }
}

fn creating(opening: &str) -> Incident {
    Incident::Creating { until_millis: until_millis(), opening: opening.to_owned() }
}

/// The newest digests with this one at the end.
fn with(digests: &[String], digest: &str) -> Vec<String> {
    let others = digests.iter().filter(|other| *other != digest);
    let all: Vec<String> = others.cloned().chain([digest.to_owned()]).collect();
    let n_too_many = all.len().saturating_sub(TOLD_LIMIT);
    all.into_iter().skip(n_too_many).collect()
}

fn busy() -> Failure {
    Failure::retry_after("another delivery is updating the issue of this alert", BUSY_WAIT)
}

fn until_millis() -> u64 {
    now_millis() + millis(LEASE)
}

pub(crate) fn now_millis() -> u64 {
    millis(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
