//! What the function does with one event.

use crate::ledger::{Claim, Ledger, Telling, now_millis};
use crate::report::Report;
use backlog_client::{BACKLOG, Change, Issue, Issues, Markup, NewIssue};
use contracts::incident_reporter::{Incident, Links as Declared};
use contracts::mackerel::{AlertNotification, MackerelEvent, OnRecovery};
use contracts::trace::{Cause, Made};
use runtime::{Abandoned, Delivery, Done, Effect, Failure, Instant, Stored, timeout_at};
use sha2::{Digest, Sha256};
use std::time::Duration;

runtime::linker!(Live: dynamodb, secretsmanager, sqs);

type Links = Declared<Live>;

/// Opens the issue of an alert, or adds the change as a comment; other events are acknowledged only.
pub async fn handle(links: &Links, delivery: Delivery<MackerelEvent>) -> Result<Done, Failure> {
    let Links {
        incidents,
        api_key,
        backlog,
        project,
        issue_type,
        priority,
        assignee,
        milestone,
        custom_fields,
        text_formatting,
        on_recovery,
        time_zone,
    } = links;
    let event = &delivery.message;
    if event.is_alert_group() {
        return Ok(Done::warned(
            Cause::not_allowed("switch off group notifications for the channel in Mackerel"),
            "Mackerel notifies this channel of a group of alerts, so that those of the group are not sent: switch off \
             group notifications for the channel",
        ));
    }
    let Some(alert) = event.alert() else {
        return Ok(Done::Ignored(format!("{} is no alert", event.name())));
    };
    let alert = alert.map_err(|problem| Failure::permanent(format!("the alert cannot be identified: {problem}")))?;
    if alert.is_recovery && *on_recovery == OnRecovery::Ignore {
        return Ok(Done::Ignored(format!("alert {} recovered, which the stage ignores", alert.id)));
    }
    let report = Report { alert: &alert, zone: time_zone, markup: Markup(*text_formatting) };
    let work = Work {
        alert: &alert,
        digest: digest(event),
        ledger: Ledger { records: incidents, alert_id: &alert.id },
        issues: Issues::new(backlog, api_key)?,
        new: NewIssue {
            project: *project,
            issue_type: *issue_type,
            priority: *priority,
            assignee: *assignee,
            milestone: *milestone,
            custom_fields,
            summary: &report.summary(),
            description: &report.description(),
            marker: &alert.marker(),
        },
        comment: report.comment(),
        closes: alert.is_recovery && *on_recovery == OnRecovery::Close,
        deadline: delivery.deadline,
    };
    work.run().await
}

/// How long after a recovery its opening may still come: queues keep no order, and a delivery may fail.
const OPENING_LIMIT_SECONDS: u64 = 15 * 60;
/// Wait for an opening that may be on its way.
const OPENING_WAIT: Duration = Duration::from_secs(60);

/// Whether a moment (seconds since 1970) is not long past; one to come is of a clock that is ahead.
fn is_recent(epoch_seconds: i64) -> bool {
    u64::try_from(epoch_seconds).is_ok_and(|moment| moment.abs_diff(now_millis() / 1000) < OPENING_LIMIT_SECONDS)
}

/// One notification with everything that it takes.
struct Work<'a> {
    alert: &'a AlertNotification,
    digest: String,
    ledger: Ledger<'a>,
    issues: Issues<'a>,
    new: NewIssue<'a>,
    comment: String,
    closes: bool,
    deadline: Instant,
}

impl Work<'_> {
    async fn run(&self) -> Result<Done, Failure> {
        let id = &self.alert.id;
        match self.ledger.claim(&self.digest, self.alert.is_recovery).await? {
            Claim::NeverSeen if self.alert.closed_at.is_some_and(is_recent) => Err(Failure::retry_after(
                format!("alert {id} recovered and was never seen: its opening may still be on its way"),
                OPENING_WAIT,
            )),
            Claim::NeverSeen => Ok(Done::Ignored(format!("alert {id} recovered and was never seen before"))),
            Claim::NotOpened => Err(self.no_issue_yet()),
            Claim::Told { issue_key } => {
                let told = format!("{issue_key} already has this notification");
                Ok(Done::repeated(Made::Issue(issue_key), told))
            }
            Claim::Open(held) => self.create(&held, Effect::None).await,
            Claim::OpenAgain { held, opening } => self.find_or_create(held, &opening).await,
            Claim::Tell(telling) => self.tell(&telling).await,
        }
    }

    /// Creates the issue; `earlier` is what is known of the attempts before this one.
    async fn create(&self, held: &Stored<Incident>, earlier: Effect) -> Result<Done, Failure> {
        let created = self.in_time(self.issues.create(self.new.clone())).await;
        match created {
            Ok(issue) => {
                self.ledger.note_created(held, &issue.key, &self.digest).await;
                let created = format!("created {} for alert {}", issue.key, self.alert.id);
                Ok(Done::worked(Made::Issue(issue.key), created))
            }
            Err(Abandoned { failure, effect }) => {
                match (earlier, effect) {
                    (Effect::None, Effect::None) => self.ledger.note_unopened(held).await,
                    // Nothing promises that a search has an issue at once, so it is looked for again.
                    _ => self.ledger.note_unknown(held, &self.digest).await,
                }
                Err(failure)
            }
        }
    }

    /// The message that opens it is on its way again, or waits for a person.
    fn no_issue_yet(&self) -> Failure {
        Failure::retry(format!("alert {} has no issue yet", self.alert.id))
    }

    /// Looks for the issue that an earlier delivery may have created; `opening` would be in it.
    async fn find_or_create(&self, held: Stored<Incident>, opening: &str) -> Result<Done, Failure> {
        let id = &self.alert.id;
        let looking = async { Ok(self.issues.find_by_line(self.new.project, self.new.marker).await?) };
        let found = self.in_time(looking).await;
        let Ok(Some(Issue { key, .. })) = found else {
            if found.is_ok() && !self.alert.is_recovery {
                return self.create(&self.ledger.reopen(&held, &self.digest).await?, Effect::Unknown).await;
            }
            self.ledger.note_unknown(&held, opening).await;
            return Err(found.err().map_or_else(|| self.no_issue_yet(), Failure::from));
        };
        if opening == self.digest {
            self.ledger.note_created(&held, &key, opening).await;
            let found = format!("found {key}, which was created for alert {id} before");
            return Ok(Done::worked(Made::Issue(key), found));
        }
        self.tell(&self.ledger.tell_found(&held, &key, opening, &self.digest).await?).await
    }

    async fn tell(&self, telling: &Telling) -> Result<Done, Failure> {
        let Telling { held, issue_key, is_again } = telling;
        let telling = async { Ok(self.comment(issue_key, *is_again).await?) };
        match self.in_time(telling).await {
            Ok(change) => {
                self.ledger.note_told(held, Some(&self.digest)).await;
                let id = &self.alert.id;
                let made = Made::Issue(issue_key.clone());
                Ok(match change {
                    Change::Made if self.closes => {
                        Done::worked(made, format!("closed {issue_key}: alert {id} recovered"))
                    }
                    Change::Made => Done::worked(made, format!("commented on {issue_key}: alert {id}")),
                    Change::NoIssue => {
                        let gone = Cause::Missing { from: BACKLOG.into() };
                        Done::warned(gone, format!("{issue_key} is no longer in Backlog"))
                    }
                })
            }
            Err(Abandoned { failure, .. }) => {
                self.ledger.note_told(held, None).await;
                Err(failure)
            }
        }
    }

    async fn comment(&self, issue_key: &str, is_again: bool) -> Result<Change, Failure> {
        if is_again && self.issues.has_comment(issue_key, &self.comment).await? {
            return Ok(Change::Made);
        }
        if self.closes {
            self.issues.close(issue_key, &self.comment).await
        } else {
            self.issues.comment(issue_key, &self.comment).await
        }
    }

    /// Leaves Backlog at the deadline, while there is time to record that nothing is known.
    async fn in_time<T>(&self, calls: impl Future<Output = Result<T, Abandoned>>) -> Result<T, Abandoned> {
        let late = || Failure::retry("Backlog did not answer in the time of one invocation");
        timeout_at(self.deadline, calls).await.unwrap_or_else(|_| Err(late().into()))
    }
}

/// What stands for a notification: the same content has the same digest, in whatever order it came.
fn digest(event: &MackerelEvent) -> String {
    let content = serde_json::Value::Object(event.0.clone()).to_string();
    // Half of it tells the few notifications of one alert apart, and keeps the record small.
    hex::encode(&Sha256::digest(content.as_bytes())[..16])
}

#[cfg(test)]
mod tests;
