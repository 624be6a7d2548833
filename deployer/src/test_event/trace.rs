//! One message in the logs of the functions that it passes.

use crate::account::Account;
use crate::error::{Error, Outcome};
use serde_json::Value as Json;
use stacks::Stack;
use std::time::{SystemTime, UNIX_EPOCH};

/// Clocks differ a little between this machine and AWS.
const SKEW_MILLIS: u64 = 60_000;

/// A line that a function logged about the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// When, by the function's clock, in milliseconds since 1970.
    pub(super) at: Option<u64>,
    /// What happened, as `runtime` words it.
    message: String,
    /// Reason or result.
    pub(super) reason: String,
    /// The whole line.
    pub(super) text: String,
}

impl Line {
    /// Whether the function could not do its work.
    pub(super) fn is_failure(&self) -> bool {
        self.message.starts_with("failed") || self.message.starts_with("given up") || self.message.starts_with("cannot")
    }

    fn is_outcome(&self) -> bool {
        self.is_failure() || matches!(self.message.as_str(), "done" | "ignored" | "nothing done")
    }
}

/// What is known of the message so far.
pub(super) struct Trace<'a> {
    account: &'a Account,
    groups: Vec<String>,
    message_id: &'a str,
    since_millis: u64,
    lines: Vec<Line>,
}

pub(super) fn now_millis() -> u64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX)
}

fn group_of(stack: &Stack, function: &str) -> String {
    format!("/aws/lambda/{}-{function}", stack.full_stack_name())
}

impl<'a> Trace<'a> {
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

    pub(super) fn queued(&self) -> Option<&Line> {
        self.lines.iter().find(|line| line.message == "queued")
    }

    pub(super) fn received(&self) -> Option<&Line> {
        self.lines.iter().find(|line| line.message == "received")
    }

    pub(super) fn outcome(&self) -> Option<&Line> {
        self.lines.iter().rev().find(|line| line.is_outcome())
    }
}

/// The last line of a function that tells of a problem.
pub(super) async fn last_problem(account: &Account, stack: &Stack, function: &str) -> Option<String> {
    let since = now_millis().saturating_sub(SKEW_MILLIS);
    let lines = find(account, &group_of(stack, function), None, since).await.ok()?;
    let is_problem = |line: &&Line| {
        line.text.contains("\"level\":\"error\"")
            || line.text.contains("\"level\":\"warn\"")
            || line.text.contains("Error")
    };
    lines.iter().rev().find(is_problem).map(|line| line.text.clone())
}

async fn find(account: &Account, group: &str, words: Option<&str>, since_millis: u64) -> Outcome<Vec<Line>> {
    let mut pages = account
        .logs
        .filter_log_events()
        .log_group_name(group)
        .start_time(i64::try_from(since_millis).unwrap_or(i64::MAX))
        .set_filter_pattern(words.map(|words| format!("\"{words}\"")))
        .into_paginator()
        .send();
    let mut lines = Vec::new();
    while let Some(page) = pages.next().await {
        let page = match page.map_err(Error::aws("logs:FilterLogEvents")) {
            Err(Error::Aws { code, .. }) if code == "ResourceNotFoundException" => break,
            page => page?,
        };
        lines.extend(page.events().iter().filter_map(|event| event.message()).map(read_line));
    }
    Ok(lines)
}

fn read_line(text: &str) -> Line {
    let json: Json = serde_json::from_str(text).unwrap_or(Json::Null);
    let word = |name: &str| json[name].as_str().map(str::to_owned);
    Line {
        at: json["at_ms"].as_u64(),
        message: word("message").unwrap_or_default(),
        reason: word("reason").or_else(|| word("result")).unwrap_or_default(),
        text: text.trim_end().to_owned(),
    }
}
