//! One branch of the way: from the queue through its function to the effect.

use super::effect::{self, Arranged};
use super::entry::Sent;
use super::trace::{Line, Trace};
use super::{Run, TestReport, diagnose};
use crate::error::Outcome;
use stacks::{Branch, Effect};
use std::time::Duration;

/// A branch that is being followed.
pub(super) struct Followed<'a> {
    run: Run<'a>,
    branch: &'a Branch,
    sent: &'a Sent,
    trace: Trace<'a>,
    found: Result<String, String>,
    is_over: bool,
}

impl<'a> Followed<'a> {
    pub(super) fn new(run: Run<'a>, branch: &'a Branch, sent: &'a Sent) -> Self {
        let functions: Vec<&str> = sent.taken_by.into_iter().chain([branch.function]).collect();
        let trace = Trace::new(run.account, run.stack, &functions, &sent.id, sent.at);
        Self { run, branch, sent, trace, found: Err(String::new()), is_over: false }
    }

    /// Looks how far the event has come; `true` when it has come to its end.
    pub(super) async fn look(&mut self, arranged: &Arranged) -> Outcome<bool> {
        if self.is_over {
            return Ok(true);
        }
        self.trace.read().await?;
        let outcome = self.trace.outcome();
        let result = outcome.map(|line| line.reason.as_str());
        self.found = effect::find(&self.run, &self.branch.effect, &self.sent.id, result, arranged).await?;
        self.is_over = outcome.is_some_and(|line| self.found.is_ok() || line.is_failure());
        Ok(self.is_over)
    }

    /// Tells the hops from what the function logged and what was found.
    pub(super) async fn conclude(self, report: &mut TestReport) {
        let Run { account, stack, .. } = self.run;
        let function = self.branch.function;
        let (received, outcome) = (self.trace.received(), self.trace.outcome());
        let queue_hop = format!("queue to {function}");
        if received.is_none() && self.found.is_err() {
            let cause = diagnose::of_silence(account, stack, function).await;
            return report.broke(queue_hop, None, "no delivery".into(), None, cause);
        }
        let between = |from: Option<u64>, to: Option<&Line>| Some(Duration::from_millis(to?.at?.saturating_sub(from?)));
        let queued_at = match self.sent.taken_by {
            Some(_) => self.trace.queued().and_then(|line| line.at),
            None => Some(self.sent.at),
        };
        report.passed(queue_hop, between(queued_at, received), "delivered".into());
        let work_hop = format!("{function} at work");
        let took = between(received.and_then(|line| line.at), outcome);
        if let Some(line) = outcome.filter(|line| line.is_failure()) {
            let cause = diagnose::of_failure(account, stack, function, &line.reason).await;
            return report.broke(work_hop, took, line.reason.clone(), Some(line.text.clone()), cause);
        }
        let detail = outcome.map_or_else(|| "its log is not there yet".into(), |line| line.reason.clone());
        report.passed(work_hop, took, detail);
        let hop = effect_hop(&self.branch.effect);
        match self.found {
            Ok(detail) => report.passed(hop, None, detail),
            Err(detail) => {
                let log_line = outcome.map(|line| line.text.clone());
                report.broke(hop, None, detail.clone(), log_line, detail);
            }
        }
    }
}

fn effect_hop(effect: &Effect) -> String {
    match effect {
        Effect::Object { .. } => "object in the bucket".into(),
        Effect::Issue { .. } => "issue in Backlog".into(),
        Effect::Item { .. } => "item in the table".into(),
        Effect::Message { saas, item, .. } => format!("{item} in {}", saas.name),
        Effect::Nothing(_) => "nothing new to find".into(),
    }
}
