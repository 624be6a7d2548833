//! Events of CloudFormation, which are lines of the form `Name='value'`.
//!
//! Source: AWS CloudFormation user guide, notification options of a stack, and events as they came.

use super::{Context, Notice, Severity};
use crate::console;
use contracts::text::is_blank;

pub(super) fn read(text: &str, context: &Context) -> Option<Notice> {
    let lines = properties(text);
    let value = |name: &str| {
        let value = lines.iter().find(|(found, _)| *found == name).map(|(_, value)| *value);
        value.filter(|value| !is_blank(value) && !matches!(*value, "null" | "None"))
    };
    let (stack, status) = (value("StackName")?, value("ResourceStatus")?);
    let (resource, kind) = (value("LogicalResourceId")?, value("ResourceType")?);

    let is_whole = kind == "AWS::CloudFormation::Stack" && value("PhysicalResourceId") == value("StackId");
    let place = if is_whole { stack.to_owned() } else { format!("{stack} / {resource}") };
    let mut notice = Notice::new("stack", severity_of(status), format!("{status}: {place}"));
    notice.text = value("ResourceStatusReason").map(str::to_owned);
    notice.add("Resource", (!is_whole).then(|| format!("{resource} ({kind})")));
    notice.add("Physical id", value("PhysicalResourceId").filter(|_| !is_whole));
    let id = value("StackId");
    notice.link = id.and_then(console::stack);
    let arn = id.and_then(|id| crate::arn::Arn::regional(id, "cloudformation"));
    notice.footer = context.footer(arn.map(|arn| arn.region), arn.map(|arn| arn.account), value("Timestamp"));
    Some(notice)
}

fn severity_of(status: &str) -> Severity {
    match status {
        _ if status.contains("FAILED") || status.contains("ROLLBACK") => Severity::Bad,
        _ if status.ends_with("_IN_PROGRESS") => Severity::Ongoing,
        _ if status.ends_with("_COMPLETE") => Severity::Good,
        _ => Severity::Neutral,
    }
}

/// Names with values; a value may have lines of its own, and ends where the next name begins.
fn properties(text: &str) -> Vec<(&str, &str)> {
    let mut starts = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if let Some((name, _)) = line.split_once("='")
            && !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            starts.push((at, name));
        }
        at += line.len();
    }
    let ends = starts.iter().skip(1).map(|(at, _)| *at).chain([text.len()]);
    let value = |((start, name), end): (&(usize, &'_ str), usize)| -> Option<&str> {
        let value = text.get(start + name.len() + 2..end)?.trim_end();
        Some(value.strip_suffix('\'').unwrap_or(value))
    };
    starts.iter().zip(ends).filter_map(|pair| Some((pair.0.1, value(pair)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_have_lines_and_quotes_of_its_own() {
        let text = "A='1'\nB='it's\n{\n x='y'\n}'\nC=''\r\nD='open\n";
        assert_eq!(properties(text), [("A", "1"), ("B", "it's\n{\n x='y'\n}"), ("C", ""), ("D", "open")]);
        assert_eq!(properties("no names\n='x'\na b='c'"), []);
    }
}
