//! One branch of a test: from the queue through its function to the effect.

use super::effect::{self, Arranged};
use super::entry::Sent;
use super::trace::{self, Ended, Logged, Trail};
use super::{Run, TestReport, diagnose};
use crate::error::Outcome;
use stacks::{Branch, Effect};
use std::time::Duration;

/// A branch that is being followed.
pub(super) struct Followed<'a> {
    run: Run<'a>,
    branch: &'a Branch,
    sent: &'a Sent,
    trail: Trail<'a>,
    found: Result<String, String>,
    is_over: bool,
}

impl<'a> Followed<'a> {
    pub(super) fn new(run: Run<'a>, branch: &'a Branch, sent: &'a Sent) -> Self {
        let functions: Vec<&str> = sent.taken_by.into_iter().chain([branch.function]).collect();
        let trail = Trail::new(run.account, run.stack, &functions, &sent.id, sent.at);
        Self { run, branch, sent, trail, found: Err(String::new()), is_over: false }
    }

    /// Checks how far the event has come; `true` at its end.
    pub(super) async fn check(&mut self, arranged: &Arranged) -> Outcome<bool> {
        if self.is_over {
            return Ok(true);
        }
        self.trail.read().await?;
        let ended = self.trail.end().and_then(Logged::ended);
        self.found = effect::find(&self.run, &self.branch.effect, &self.sent.id, ended, arranged).await?;
        self.is_over = match ended {
            None => false,
            // It may take a moment until the effect is seen.
            Some(Ended::Effect(_)) => self.found.is_ok(),
            Some(Ended::Nothing(_) | Ended::Failure { .. }) => true,
        };
        Ok(self.is_over)
    }

    /// Adds the hops, from the function's log and the effect that was found.
    pub(super) async fn conclude(self, report: &mut TestReport) {
        let Run { account, stack, .. } = self.run;
        let function = self.branch.function;
        let (received, end) = (self.trail.received(), self.trail.end());
        let queue_hop = format!("queue to {function}");
        if received.is_none() && self.found.is_err() {
            let cause = match self.trail.is_unreadable() {
                true => format!("`{function}` is of another version of Tsugite: deploy again"),
                false => diagnose::of_silence(account, stack, function).await,
            };
            return report.broke(queue_hop, None, "no delivery".into(), None, cause);
        }
        let between =
            |from: Option<u64>, to: Option<&Logged>| Some(Duration::from_millis(to?.at()?.saturating_sub(from?)));
        let queued_at = match self.sent.taken_by {
            Some(_) => self.trail.queued().and_then(Logged::at),
            None => Some(self.sent.at),
        };
        report.passed(queue_hop, between(queued_at, received), "delivered".into());
        let work_hop = format!("run of {function}");
        let took = between(received.and_then(Logged::at), end);
        let log_line = end.map(|line| line.text.clone());
        let ended = end.and_then(Logged::ended);
        if let Some(Ended::Failure { reason, cause }) = ended {
            let cause = diagnose::of_failure(account, stack, function, cause).await;
            return report.broke(work_hop, took, reason.to_owned(), log_line, cause);
        }
        match (ended, &self.found) {
            (Some(ended), _) => report.passed(work_hop, took, ended.words().to_owned()),
            (None, Ok(_)) => report.passed(work_hop, None, "the end of its log is not there yet".into()),
            (None, Err(_)) => {
                let problem = trace::last_problem(account, stack, function).await.map(|line| line.text);
                let cause = diagnose::of_unended(function, problem.as_deref());
                return report.broke(work_hop, None, "started, and not ended".into(), problem, cause);
            }
        }
        let hop = effect_hop(&self.branch.effect);
        match (self.found, ended) {
            (Ok(detail), _) => report.passed(hop, None, detail),
            (Err(_), Some(Ended::Nothing(trace))) => {
                let detail = format!("{}: {}", trace.message(), trace.words());
                report.broke(hop, None, detail, log_line, diagnose::of_nothing(stack, trace));
            }
            (Err(detail), _) => report.broke(hop, None, detail.clone(), log_line, detail),
        }
    }
}

fn effect_hop(effect: &Effect) -> String {
    match effect {
        Effect::Object { .. } => "object in the bucket".into(),
        Effect::Issue { .. } => format!("issue in {}", stacks::lookup::ISSUE_API.saas.name),
        Effect::Item { .. } => "item in the table".into(),
        Effect::Message { saas, item, .. } => format!("{item} in {}", saas.name),
        Effect::Nothing(_) => "nothing new to find".into(),
    }
}
