//! Alerts of AWS Budgets, which are letters in plain text.
//!
//! No schema is published; the labels are those of letters as they came since 2020.

use super::{Context, Notice, Severity};
use crate::console;

const SUBJECT: &str = "AWS Budgets:";
const OPENING: &str = "AWS Budget Notification";
/// Lines that are shown, and under which label.
const LINES: [(&str, &str); 4] = [
    ("Budget Type", "Type"),
    ("Budgeted Amount", "Budgeted"),
    ("Alert Threshold", "Alert threshold"),
    ("ACTUAL Amount", "Actual"),
];

pub(super) fn read(text: &str, context: &Context) -> Option<Notice> {
    let is_budget = text.trim_start().starts_with(OPENING)
        || context.subject.is_some_and(|subject| subject.trim_start().starts_with(SUBJECT));
    let name = line(text, "Budget Name").filter(|_| is_budget)?;
    let (severity, what) = match line(text, "Alert Type") {
        Some("FORECASTED") => (Severity::Warning, "Budget forecast"),
        _ => (Severity::Bad, "Budget alert"),
    };
    let mut notice = Notice::new("budget", severity, format!("{what}: {name}"));
    let why = text.lines().map(str::trim).find(|line| line.starts_with("You requested that"));
    notice.text = why.map(|why| first_sentence(why, name));
    for (label, shown) in LINES {
        notice.add(shown, line(text, label));
    }
    notice.add("Forecast", line(text, "FORECASTED Amount"));
    notice.link = console::budgets(context.topic_arn.map_or("aws", |arn| arn.partition));
    let account = text.lines().find_map(|line| line.trim().strip_prefix("AWS Account "));
    notice.footer = context.footer(None, account.map(str::trim), None);
    Some(notice)
}

/// The value after a label and a colon, on a line of its own.
fn line<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let mut values = text.lines().filter_map(|line| line.trim().strip_prefix(label)?.strip_prefix(':'));
    values.next().map(str::trim).filter(|value| !value.is_empty())
}

/// Up to the first full stop that ends a sentence: amounts have one as well, and the budget's name may.
fn first_sentence(text: &str, name: &str) -> String {
    let begin = text.find(name).map_or(0, |at| at + name.len());
    let end = text.get(begin..).and_then(|rest| rest.find(". ")).map_or(text.len(), |at| begin + at + 1);
    text.get(..end).unwrap_or(text).to_owned()
}
