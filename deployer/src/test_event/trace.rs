//! One message in the logs of the functions that it passes.

use crate::account::{Account, WantedEvents};
use crate::error::Outcome;
use contracts::trace::{Cause, Level, Line, Made, Trace};
use stacks::Stack;
use std::time::{SystemTime, UNIX_EPOCH};

/// Clocks differ a little between this machine and AWS.
const SKEW_MILLIS: u64 = 60_000;

/// A line of a function's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Logged {
    /// What it says; nothing of a line that Lambda itself wrote.
    line: Option<Line>,
    /// The whole line.
    pub(super) text: String,
}

impl Logged {
    fn read(text: &str) -> Self {
        Self { line: Line::read(text), text: text.trim_end().to_owned() }
    }

    /// When it was written, by the function's clock, in milliseconds since 1970.
    pub(super) fn at(&self) -> Option<u64> {
        self.line.as_ref().map(|line| line.at_ms)
    }

    /// What happened to the message.
    pub(super) fn trace(&self) -> Option<&Trace> {
        self.line.as_ref()?.trace.as_ref()
    }

    /// How the work of a consumer came out, if the line says so.
    pub(super) fn ended(&self) -> Option<Ended<'_>> {
        let trace = self.trace()?;
        match trace {
            Trace::Done { .. } | Trace::DoneForNow { .. } => Some(Ended::Effect(trace)),
            Trace::Repeated { .. } | Trace::Ignored { .. } | Trace::NothingDone { .. } => Some(Ended::Nothing(trace)),
            Trace::Failed { reason, cause, .. }
            | Trace::Retrying { reason, cause, .. }
            | Trace::GivenUp { reason, cause, .. } => Some(Ended::Failure { reason, cause }),
            Trace::Queued { .. } | Trace::Answered { .. } | Trace::Rejected { .. } | Trace::Received { .. } => None,
        }
    }

    /// Whether it needs a person's attention.
    fn is_problem(&self) -> bool {
        match &self.line {
            Some(line) => line.level > Level::Info,
            // As Lambda reports a crash and a timeout. Source: Lambda developer guide, "Custom runtimes", error types, and
            // "Troubleshoot execution issues in Lambda".
            None => self.text.contains("Error") || self.text.contains("Task timed out"),
        }
    }
}

/// How the work of a consumer came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended<'a> {
    /// The function reports its effect.
    Effect(&'a Trace),
    /// The function did its work, and this delivery has no effect; nothing more follows.
    Nothing(&'a Trace),
    /// The function could not do its work.
    Failure {
        /// What failed, as text.
        reason: &'a str,
        /// Why.
        cause: &'a Cause,
    },
}

impl<'a> Ended<'a> {
    /// What was made, as far as the function says.
    pub(super) fn made(self) -> Option<&'a Made> {
        match self {
            Self::Effect(trace) | Self::Nothing(trace) => trace.made(),
            Self::Failure { .. } => None,
        }
    }

    /// Result or reason, as text.
    pub(super) fn words(self) -> &'a str {
        match self {
            Self::Effect(trace) | Self::Nothing(trace) => trace.words(),
            Self::Failure { reason, .. } => reason,
        }
    }
}

/// What is known of the message so far.
pub(super) struct Trail<'a> {
    account: &'a Account,
    groups: Vec<String>,
    message_id: &'a str,
    since_millis: u64,
    lines: Vec<Logged>,
}

pub(super) fn now_millis() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}

fn group_of(stack: &Stack, function: &str) -> String {
    format!("/aws/lambda/{}-{function}", stack.full_stack_name())
}

impl<'a> Trail<'a> {
    pub(super) fn new(
        account: &'a Account,
        stack: &Stack,
        functions: &[&str],
        message_id: &'a str,
        sent_at: u64,
    ) -> Self {
        Self {
            account,
            groups: functions.iter().map(|function| group_of(stack, function)).collect(),
            message_id,
            since_millis: sent_at.saturating_sub(SKEW_MILLIS),
            lines: Vec::new(),
        }
    }

    /// Reads everything that was logged about the message.
    pub(super) async fn read(&mut self) -> Outcome<()> {
        let mut lines = Vec::new();
        for group in &self.groups {
            let found = find(self.account, group, Some(self.message_id), self.since_millis).await?;
            lines.extend(found);
        }
        self.lines = lines;
        Ok(())
    }

    pub(super) fn queued(&self) -> Option<&Logged> {
        self.lines.iter().find(|line| matches!(line.trace(), Some(Trace::Queued { .. })))
    }

    pub(super) fn received(&self) -> Option<&Logged> {
        self.lines.iter().find(|line| matches!(line.trace(), Some(Trace::Received { .. })))
    }

    /// The last line that says how the work came out.
    pub(super) fn end(&self) -> Option<&Logged> {
        self.lines.iter().rev().find(|line| line.ended().is_some())
    }

    /// Whether functions wrote about the message, and nothing that this version can read.
    pub(super) fn is_unreadable(&self) -> bool {
        !self.lines.is_empty() && self.lines.iter().all(|line| line.trace().is_none())
    }
}

/// The last log line of a function that reports a problem.
pub(super) async fn last_problem(account: &Account, stack: &Stack, function: &str) -> Option<Logged> {
    let since = now_millis().saturating_sub(SKEW_MILLIS);
    let lines = find(account, &group_of(stack, function), None, since).await.ok()?;
    lines.into_iter().rev().find(Logged::is_problem)
}

async fn find(account: &Account, group: &str, words: Option<&str>, since_millis: u64) -> Outcome<Vec<Logged>> {
    match account.logs.filter_log_events(group, WantedEvents { words, since: Some(since_millis) }).await {
        // Nothing was logged yet.
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(Vec::new()),
        events => Ok(events?.iter().map(|event| Logged::read(&event.message)).collect()),
    }
}
