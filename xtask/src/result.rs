//! Results on stdout, for people or as one JSON document.

use crate::cli::Output;
use crate::failure::Failure;
use deployer::{Deployed, Leftovers, Proposal, RegisteredUrl, TestReport};
use serde_json::{Value as Json, json};
use stacks::{KnownStack, Stage};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::sync::OnceLock;

/// The first error of writing to stdout.
static UNWRITTEN: OnceLock<String> = OnceLock::new();

/// Prints stacks with what to register where.
pub fn print_stacks(output: Output, stage: &Stage, stacks: &[Deployed]) {
    match output {
        Output::Json => print(&format!("{:#}\n", stacks_json(stage, stacks))),
        Output::Text => print(&stacks_text(stacks)),
    }
}

/// Prints what a deployment would change, for scripts; the display has shown it to people.
pub fn print_proposed(output: Output, stage: &Stage, proposals: &[Proposal]) {
    let stacks = proposals.iter().map(|proposal| {
        let changes = proposal.changes.iter().map(|change| {
            json!({
                "change": change.kind.word().to_lowercase(),
                "logical_id": change.logical_id,
                "type": change.resource_type,
                "properties": change.properties,
                "old": change.fate.map(deployer::Fate::word),
            })
        });
        json!({
            "name": proposal.stack,
            "new": proposal.is_new,
            "changes": changes.collect::<Json>(),
            "gained": proposal.gained,
            "lost": proposal.lost,
        })
    });
    print_plan(output, stage, stacks.collect());
}

/// Prints what `destroy` would delete, for scripts; the display has shown it to people.
pub fn print_doomed<'a>(
    output: Output,
    stage: &Stage,
    found: impl Iterator<Item = (&'a dyn KnownStack, &'a Leftovers)>,
) {
    let stacks = found.map(|(stack, found)| {
        let buckets = found
            .buckets
            .iter()
            .map(|bucket| json!({"name": bucket.name, "objects": bucket.n_objects, "bytes": bucket.n_bytes}));
        let tables = found.tables.iter().map(|table| json!({"name": table.name, "items": table.n_items}));
        json!({
            "name": stack.name(),
            "in_stage_file": stack.is_in_stage_file(),
            "resources": found.n_resources,
            "buckets": buckets.collect::<Json>(),
            "tables": tables.collect::<Json>(),
            "log_groups": found.log_groups.iter().map(|group| &group.name).collect::<Vec<_>>(),
        })
    });
    print_plan(output, stage, stacks.collect());
}

fn print_plan(output: Output, stage: &Stage, stacks: Vec<Json>) {
    if output == Output::Json {
        print(&format!("{:#}\n", json!({"stage": stage.name.as_str(), "dry_run": true, "stacks": stacks})));
    }
}

/// Prints stacks with what to register where, and where the values of their secrets are found.
pub fn print_endpoints(output: Output, stage: &Stage, stacks: &[Deployed]) {
    print_stacks(output, stage, stacks);
    if output == Output::Text {
        print(&secrets_text(stacks));
    }
}

/// Prints stacks that were deleted or did not exist. Their status is null, because CloudFormation has none.
pub fn print_destroyed(output: Output, stage: &Stage, stacks: &[Destroyed]) {
    if output == Output::Text {
        return;
    }
    let stacks = stacks.iter().map(|stack| {
        json!({
            "name": stack.name, "status": Json::Null, "changed": stack.was_there,
            "outputs": {}, "registrations": [], "secrets": [],
        })
    });
    print(&format!("{:#}\n", json!({"stage": stage.name.as_str(), "stacks": stacks.collect::<Json>()})));
}

/// A stack that no longer exists.
pub struct Destroyed {
    pub name: &'static str,
    /// Whether anything of it existed before.
    pub was_there: bool,
}

fn secrets_text(stacks: &[Deployed]) -> String {
    let secrets = stacks.iter().flat_map(|stack| stack.secrets.iter().map(|secret| (stack.name, secret)));
    secrets.map(|(stack, (name, origin))| format!("{stack}: secret {name}\n  from   {origin}\n")).collect()
}

fn stacks_json(stage: &Stage, stacks: &[Deployed]) -> Json {
    let stacks: Vec<Json> = stacks
        .iter()
        .map(|stack| {
            let registrations: Vec<Json> = stack
                .registrations
                .iter()
                .map(|registration| {
                    let mut shown = json!({
                        "saas": registration.saas, "where": registration.place, "url": registration.url,
                    });
                    if let Some((key, field)) = pasted(registration) {
                        shown["secret"] = json!({"value": key, "where": field});
                    }
                    shown
                })
                .collect();
            let secrets: Vec<Json> =
                stack.secrets.iter().map(|(name, origin)| json!({"name": name, "from": origin})).collect();
            json!({
                "name": stack.name,
                "status": stack.status.as_str(),
                "changed": stack.changed,
                "outputs": stack.outputs,
                "registrations": registrations,
                "secrets": secrets,
            })
        })
        .collect();
    json!({"stage": stage.name.as_str(), "stacks": stacks})
}

/// The key that a person pastes into the SaaS, and its field there.
fn pasted(registration: &RegisteredUrl) -> Option<(&str, &'static str)> {
    let signed = registration.key.as_ref()?;
    Some((signed.key.as_str(), signed.pasted_into?))
}

fn stacks_text(stacks: &[Deployed]) -> String {
    let mut text = String::new();
    for stack in stacks {
        for registration in &stack.registrations {
            let kind = if registration.url.starts_with("arn:") { "ARN" } else { "URL" };
            text.push_str(&format!(
                "{}: register in {}\n  where  {}\n  {kind}    {}\n",
                stack.name, registration.saas, registration.place, registration.url
            ));
            if let Some((key, field)) = pasted(registration) {
                text.push_str(&format!("  secret {key}, into {field}\n"));
            }
        }
    }
    text
}

/// Prints the way of a test event.
pub fn print_test(output: Output, stage: &Stage, stack: &str, report: &TestReport) {
    match output {
        Output::Json => print(&format!("{:#}\n", test_json(stage, stack, report))),
        Output::Text => print(&test_text(report)),
    }
}

fn test_json(stage: &Stage, stack: &str, report: &TestReport) -> Json {
    let hops: Vec<Json> = report
        .hops
        .iter()
        .map(|hop| {
            json!({
                "name": hop.name,
                "passed": hop.outcome == deployer::HopOutcome::Passed,
                "milliseconds": hop.took.map(|took| took.as_millis() as u64),
                "detail": hop.detail,
            })
        })
        .collect();
    let failure = report.failure.as_ref().map(|failure| {
        json!({
            "hop": failure.hop, "log_line": failure.log_line, "cause": failure.cause,
        })
    });
    json!({"stage": stage.name.as_str(), "stack": stack, "arrived": report.failure.is_none(), "hops": hops, "failure": failure})
}

fn test_text(report: &TestReport) -> String {
    let width = report.hops.iter().map(|hop| hop.name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for hop in &report.hops {
        let mark = if hop.outcome == deployer::HopOutcome::Passed { "ok  " } else { "FAIL" };
        let took = hop.took.map_or_else(|| "       -".to_owned(), |took| format!("{:5} ms", took.as_millis()));
        text.push_str(&format!("{mark}  {:width$}  {took}  {}\n", hop.name, hop.detail));
    }
    text
}

/// Writes to stdout. Ignores that nothing reads it any more; remembers any other error.
pub fn print(text: &str) {
    let mut stdout = std::io::stdout();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    match written {
        // The reader has seen enough, as `head` has.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {}
        Err(error) => {
            let _ = UNWRITTEN.set(error.to_string());
        }
        Ok(()) => {}
    }
}

/// Writes a result to a file, making its folder, and prints its path.
pub fn write_result(path: &Path, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| Failure::of(&deployer::Error::file("write", path)(error), false))?;
    print(&format!("{}\n", path.display()));
    Ok(())
}

/// Why a result could not be written; `None` if all were.
pub fn unwritten() -> Option<&'static str> {
    UNWRITTEN.get().map(String::as_str)
}
