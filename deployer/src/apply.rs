//! Applies a proposal and follows it to its end, first cause first if it fails.

#[cfg(test)]
mod tests;
mod validation;

pub(crate) use validation::{Validated, validation_findings};

use crate::account::{Account, StackStatus};
use crate::certificate::CertificateWatch;
use crate::error::{Error, Outcome, StackFailure, and_again};
use crate::event::{Event, Reporter};
use crate::outputs::way_out;
use crate::propose::{ChangeSetId, Plan, Proposal, discard_now, execute, propose};
use aws_sdk_cloudformation::types::StackEvent;
use stacks::Stack;
use std::collections::BTreeSet;
use std::time::{Duration, Instant, SystemTime};

/// How long CloudFormation may take to begin; after that the operation was refused.
const BEGIN_LIMIT: Duration = Duration::from_secs(60);
/// How often a stack is begun again because a service took less at once.
const MOST_PAUSES: u32 = 3;
/// How long is waited before that.
///
/// Source: API Gateway developer guide, "Amazon API Gateway quotas": it lets an account delete one REST
/// API in so long, whatever its size, and makes them faster.
pub(crate) const PAUSE: Duration = Duration::from_secs(30);
/// What is said meanwhile.
pub(crate) const SLOWER: &str = "a service throttled the operation; it is tried again in 30 s";
/// What is said when the answer to the execution is missing.
const BEGUN_OR_NOT: &str =
    "whether CloudFormation began the change is not known; the same command follows it to its end, or begins it";

/// Applies a proposal that was agreed to; returns when the stack has settled.
///
/// If a service took it for too much at once, the same is proposed and applied again after a pause.
pub async fn apply(account: &Account, plan: &Plan<'_>, agreed: &Proposal, reporter: &Reporter) -> Outcome<()> {
    let applied = apply_patiently(account, plan, agreed, reporter).await;
    applied.map_err(|error| error.of_stack(plan.stack.name(), None))
}

async fn apply_patiently(account: &Account, plan: &Plan<'_>, agreed: &Proposal, reporter: &Reporter) -> Outcome<()> {
    let mut proposal = agreed.clone();
    let mut n_pauses = 0;
    loop {
        let failure = match apply_once(account, plan.stack, &proposal, reporter).await {
            Err(Error::Stack(failure)) if failure.is_throttled() && n_pauses < MOST_PAUSES => failure,
            result => return result,
        };
        n_pauses += 1;
        reporter.note(format!("{}: {SLOWER}", plan.stack.name()));
        tokio::time::sleep(PAUSE).await;
        proposal = propose(account, plan, reporter).await?;
        // Nobody agreed to anything else.
        if !proposal.is_empty() && proposal.changes != agreed.changes {
            if let Some(id) = &proposal.change_set {
                discard_now(account, id).await;
            }
            return Err(Error::Stack(failure));
        }
    }
}

async fn apply_once(account: &Account, stack: &Stack, proposal: &Proposal, reporter: &Reporter) -> Outcome<()> {
    let Some(id) = &proposal.change_set else { return Ok(()) };
    let mut seen = Seen::before(account, &id.stack_id).await?;
    execute(account, id).await.map_err(|error| match error.is_transient() {
        true => error.of_stack(stack.name(), Some(BEGUN_OR_NOT)),
        false => error,
    })?;
    let status =
        follow(account, stack.name(), &id.stack_id, &mut seen, reporter).await.map_err(|error| match error {
            error @ Error::Stack(_) => error,
            error => out_of_sight(stack, &error),
        })?;
    match status.as_str() {
        "CREATE_COMPLETE" | "UPDATE_COMPLETE" => return Ok(()),
        "DELETE_COMPLETE" => return Err(Error::Stack(StackFailure::deleted_meanwhile(stack.name()))),
        _ => {}
    }
    Err(Error::Stack(failure(account, stack, id, &status, &seen).await))
}

/// The events of one operation, oldest first.
pub(crate) struct Seen {
    ids: BTreeSet<String>,
    events: Vec<StackEvent>,
    /// When the operation began, by this machine's clock.
    since: SystemTime,
}

impl Seen {
    /// Takes note of what happened before, so that only what is new is told.
    pub(crate) async fn before(account: &Account, stack_id: &str) -> Outcome<Self> {
        let mut seen = Self { ids: BTreeSet::new(), events: Vec::new(), since: SystemTime::now() };
        seen.read_new(account, stack_id).await?;
        seen.events.clear();
        Ok(seen)
    }

    /// Reads the events that came since the last time, oldest first.
    async fn read_new(&mut self, account: &Account, stack_id: &str) -> Outcome<usize> {
        let mut pages = account.cloudformation.describe_stack_events().stack_name(stack_id).into_paginator().send();
        let mut new = Vec::new();
        'pages: while let Some(page) = pages.next().await {
            let page = page.map_err(Error::aws("cloudformation:DescribeStackEvents"))?;
            for event in page.stack_events.unwrap_or_default() {
                // They come newest first: behind a known one all are known.
                if self.ids.contains(event.event_id().unwrap_or_default()) {
                    break 'pages;
                }
                new.push(event);
            }
        }
        new.reverse();
        self.ids.extend(new.iter().map(|event| event.event_id().unwrap_or_default().to_owned()));
        let n_new = new.len();
        self.events.extend(new);
        Ok(n_new)
    }

    /// What the stack itself told last of the operation.
    fn last_status(&self) -> Option<&str> {
        self.events.iter().rfind(|event| event.physical_resource_id() == event.stack_id()).map(status_of)
    }

    /// Resource, reason and definition of each failure, the first one first.
    pub(crate) fn failures(&self, stack: &Stack) -> Vec<String> {
        self.events
            .iter()
            .filter(|event| status_of(event).ends_with("_FAILED"))
            .filter(|event| event.physical_resource_id() != event.stack_id())
            // Later failures only say that the first one cancelled them.
            .filter(|event| !event.resource_status_reason().unwrap_or_default().contains("cancelled"))
            .map(|event| {
                let logical_id = event.logical_resource_id().unwrap_or_default();
                cause(stack, logical_id, event.resource_status_reason().unwrap_or_default())
            })
            .collect()
    }
}

/// Tells events until the stack has settled; returns its status.
pub(crate) async fn follow(
    account: &Account,
    name: &str,
    stack_id: &str,
    seen: &mut Seen,
    reporter: &Reporter,
) -> Outcome<String> {
    let began = Instant::now();
    let mut certificates = CertificateWatch::default();
    loop {
        // The status is read first: what is settled then has all its events afterwards.
        let status = account.look(async || account.find_stack(stack_id).await).await?.map(|stack| stack.status);
        let n_new = match account.look(async || seen.read_new(account, stack_id).await).await {
            // Nothing more is to be told of a stack that is gone.
            Err(_) if status.is_none() => 0,
            n_new => n_new?,
        };
        for event in &seen.events[seen.events.len() - n_new..] {
            let is_of_stack = event.physical_resource_id() == event.stack_id();
            if is_of_stack && !status_of(event).ends_with("_FAILED") {
                continue;
            }
            reporter.tell(Event::Resource {
                stack: name.to_owned(),
                logical_id: event.logical_resource_id().unwrap_or_default().to_owned(),
                status: status_of(event).to_owned(),
                reason: event.resource_status_reason().unwrap_or_default().to_owned(),
            });
        }
        certificates.look(name, &seen.events, began.elapsed(), reporter);
        match status {
            None => return Ok("DELETE_COMPLETE".into()),
            // The status of before stays until CloudFormation has taken the operation up: the end is what
            // the stack has told as well.
            Some(status) if !status.is_moving() && seen.last_status() == Some(status.0.as_str()) => {
                return Ok(status.0);
            }
            Some(status) if seen.last_status().is_none() && began.elapsed() > BEGIN_LIMIT => {
                return Err(Error::Stack(did_not_begin(name, &status)));
            }
            Some(_) => tokio::time::sleep(account.poll_interval(began.elapsed())).await,
        }
    }
}

/// What is said when CloudFormation took an operation and nothing came of it.
fn did_not_begin(name: &str, status: &StackStatus) -> StackFailure {
    StackFailure {
        stack: name.into(),
        outcome: format!("is {} as before: CloudFormation has not begun", status.0),
        causes: vec![],
        hint: "see in the console of CloudFormation what it waits for, then type the same command again".into(),
    }
}

/// What is said when CloudFormation works and cannot be watched any more.
fn out_of_sight(stack: &Stack, error: &Error) -> Error {
    Error::Stack(StackFailure {
        stack: stack.name().into(),
        outcome: "cannot be watched any more; CloudFormation continues what was begun".into(),
        causes: vec![format!("  {error}")],
        hint: and_again(error.hint(), "type the same command again to follow it to its end"),
    })
}

fn status_of(event: &StackEvent) -> &str {
    event.resource_status().map(|status| status.as_str()).unwrap_or_default()
}

/// What the person is told about an operation that failed.
async fn failure(account: &Account, stack: &Stack, id: &ChangeSetId, status: &str, seen: &Seen) -> StackFailure {
    let mut causes = seen.failures(stack);
    let of = Validated::Stack { id: &id.stack_id, since: seen.since };
    for finding in validation_findings(account, of).await {
        causes.insert(0, format!("  {finding}"));
    }
    if causes.is_empty() {
        let mut reasons = seen.events.iter().filter_map(|event| event.resource_status_reason());
        causes.extend(reasons.rfind(|reason| !reason.is_empty()).map(|reason| format!("  {reason}")));
    }
    let outcome = match status {
        "ROLLBACK_COMPLETE" => "was not created; what had been made of it is removed".into(),
        "UPDATE_ROLLBACK_COMPLETE" => "was rolled back; it is as it was before".into(),
        "DELETE_FAILED" => "is DELETE_FAILED: somebody else tried to delete it while it was being deployed".into(),
        status => StackStatus(status.into()).remark().unwrap_or_else(|| format!("is {status}")),
    };
    let mut failure = StackFailure { stack: stack.name().into(), outcome, causes, hint: String::new() };
    let way_out = way_out(stack, account, &StackStatus(status.into()));
    failure.hint = way_out.unwrap_or_else(|| hint_for(&failure).to_owned());
    failure
}

fn cause(stack: &Stack, logical_id: &str, reason: &str) -> String {
    match stack.definition_of(logical_id) {
        Some(definition) => format!("  {logical_id}: {reason}\n  defined in {definition}"),
        None => format!("  {logical_id}: {reason}"),
    }
}

/// The next step for the most common reasons.
fn hint_for(failure: &StackFailure) -> &'static str {
    let reasons = failure.reasons().collect::<Vec<_>>().join(" ").to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| reasons.contains(word));
    if has(&["already exists"]) {
        "something of that name is there already; remove it, or give the stage another name, then deploy again"
    } else if has(&["kms"]) && has(&["disabled", "pending deletion", "pendingdeletion", "invalid state"]) {
        "enable the KMS key that is named above, or cancel its deletion, then deploy again"
    } else if has(&["not authorized", "accessdenied", "access denied"]) {
        "ask whoever runs the account to allow the action that is named above, then deploy again"
    } else if failure.is_throttled() {
        "the service throttles the account's calls; type the same command again in a minute"
    } else if has(&["unzip", "nosuchkey", "s3 key"]) {
        "the archive in the artifact bucket is not usable; delete it there, then deploy again"
    } else if has(&["limit", "quota", "exceeded"]) {
        "a quota of the account is reached; raise it in Service Quotas, then deploy again"
    } else if failure.causes.iter().any(|cause| cause.contains("defined in")) {
        "correct the definition at the line above, then deploy again"
    } else {
        "see in the stack's events in the console of CloudFormation what happened, then deploy again"
    }
}
