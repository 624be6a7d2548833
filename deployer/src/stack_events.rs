//! The events of one stack operation, and how it is followed until the stack has settled.

#[cfg(test)]
mod tests;

use crate::account::{Account, ResourceStanding, Standing};
use crate::certificate::CertificateWatch;
use crate::error::{Error, FailureCause, Outcome, StackFailure};
use crate::event::{Event, Reporter};
use aws_sdk_cloudformation::types::{ResourceStatus, StackEvent, StackStatus};
use stacks::KnownStack;
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

/// The note before a throttled operation is retried.
pub(crate) const THROTTLED: &str = "AWS throttled the operation; retrying in 30 s";

/// The events of one operation, oldest first.
pub(crate) struct StackEvents {
    ids: BTreeSet<String>,
    events: Vec<StackEvent>,
    /// When the operation began, by this machine's clock.
    pub(crate) since: SystemTime,
}

impl StackEvents {
    /// Reads the events of before, so that only new ones are reported.
    pub(crate) async fn before(account: &Account, stack_id: &str) -> Outcome<Self> {
        let mut seen = Self { ids: BTreeSet::new(), events: Vec::new(), since: SystemTime::now() };
        seen.read_new(account, stack_id).await?;
        seen.events.clear();
        Ok(seen)
    }

    /// Reads the events that came since the last time, oldest first; returns how many.
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

    /// The stack's own last status in the events of the operation.
    fn last_status(&self) -> Option<StackStatus> {
        let last = self.events.iter().rfind(|event| is_of_stack(event))?;
        // The SDK has another type for it, which does not know all that a stack may be.
        Some(StackStatus::from(last.resource_status()?.as_str()))
    }

    /// Resource, reason and definition of each failure, the first one first.
    pub(crate) fn failures(&self, stack: &dyn KnownStack) -> Vec<FailureCause> {
        self.events
            .iter()
            .filter(|event| has_failed(event) && !is_of_stack(event))
            .map(|event| (event, event.resource_status_reason().unwrap_or_default()))
            // Later failures only say that the first one cancelled them.
            .filter(|(_, reason)| !reason.contains("cancelled"))
            .map(|(event, reason)| {
                let logical_id = event.logical_resource_id().unwrap_or_default();
                FailureCause::of(logical_id, reason, stack.source_line_of(logical_id))
            })
            .collect()
    }

    /// The last reason that anything gave.
    pub(crate) fn last_reason(&self) -> Option<FailureCause> {
        let mut reasons = self.events.iter().filter_map(|event| event.resource_status_reason());
        reasons.rfind(|reason| !reason.is_empty()).map(FailureCause::of_stack)
    }

    /// Reports the last events; of the stack itself only failures.
    fn tell(&self, stack: &str, n_new: usize, reporter: &Reporter) {
        for event in &self.events[self.events.len() - n_new..] {
            if is_of_stack(event) && !has_failed(event) {
                continue;
            }
            reporter.tell(Event::Resource {
                stack: stack.to_owned(),
                logical_id: event.logical_resource_id().unwrap_or_default().to_owned(),
                status: event.resource_status().cloned().unwrap_or_else(|| ResourceStatus::from("")),
                reason: event.resource_status_reason().unwrap_or_default().to_owned(),
            });
        }
    }
}

fn is_of_stack(event: &StackEvent) -> bool {
    event.physical_resource_id() == event.stack_id()
}

fn has_failed(event: &StackEvent) -> bool {
    event.resource_status().is_some_and(|status| ResourceStanding::of(status) == ResourceStanding::Failed)
}

/// Reports events until the stack has settled; returns its status, `None` if it was deleted.
pub(crate) async fn follow_operation(
    account: &Account,
    name: &str,
    stack_id: &str,
    seen: &mut StackEvents,
    reporter: &Reporter,
) -> Outcome<Option<StackStatus>> {
    let mut certificates = CertificateWatch::default();
    let look = async |elapsed: Duration| {
        // The status is read first: what is settled then has all its events afterwards.
        let status =
            account.retry_transient(async || account.find_stack(stack_id).await).await?.map(|stack| stack.status);
        let n_new = match account.retry_transient(async || seen.read_new(account, stack_id).await).await {
            // A deleted stack has no more events to report.
            Err(_) if status.is_none() => 0,
            n_new => n_new?,
        };
        seen.tell(name, n_new, reporter);
        certificates.report(name, &seen.events, elapsed, reporter);
        let Some(status) = status else { return Ok(Some(None)) };
        let told = seen.last_status();
        // The old status stays until CloudFormation starts the operation: a final status counts only once a stack event
        // confirms it.
        if !Standing::of(&status).is_moving() && told.as_ref() == Some(&status) {
            return Ok(Some(Some(status)));
        }
        match told.is_none() && elapsed > account.pace.begin {
            true => Err(Error::Stack(never_started(name, &status))),
            false => Ok(None),
        }
    };
    account.pace.until(look).await
}

/// The failure for an operation that CloudFormation accepted and did not start.
fn never_started(name: &str, status: &StackStatus) -> StackFailure {
    StackFailure {
        stack: name.into(),
        outcome: format!("is still {status}: CloudFormation has not started the operation"),
        causes: vec![],
        hint: "check in the CloudFormation console what it waits for, then run the command again".into(),
    }
}
