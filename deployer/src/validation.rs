//! What CloudFormation's early validation finds in a template before it changes anything.

use crate::account::Account;
use crate::error::FailureCause;
use aws_sdk_cloudformation::types::{EventType, HookFailureMode, ValidationStatus};
use aws_smithy_types::DateTime;
use std::time::{Duration, SystemTime};

/// How much the clock of this machine may be ahead of CloudFormation's.
const CLOCK_DIFFERENCE: Duration = Duration::from_secs(30);

/// What CloudFormation has validated.
pub(crate) enum Validated<'a> {
    /// A change set, by its id.
    ChangeSet(&'a str),
    /// A stack, by its id, since an operation began: it has the findings of those before as well.
    Stack { id: &'a str, since: SystemTime },
}

/// The findings of CloudFormation's early validation, which are in no stack event.
///
/// Warnings are reported as such and are no cause of a failure.
///
/// Source: CloudFormation API reference, DescribeEvents and OperationEvent (`ValidationFailureMode`).
pub(crate) async fn validation_findings(account: &Account, of: Validated<'_>) -> Vec<FailureCause> {
    let call = account.cloudformation.describe_events();
    let (call, since) = match of {
        Validated::ChangeSet(id) => (call.change_set_name(id), None),
        Validated::Stack { id, since } => (call.stack_name(id), Some(DateTime::from(since - CLOCK_DIFFERENCE))),
    };
    let mut refused = Vec::new();
    let mut events = call.into_paginator().items().send();
    // An older partition or a missing permission must not hide the failure itself.
    while let Some(Ok(event)) = events.next().await {
        let is_of_before = event.timestamp().zip(since.as_ref()).is_some_and(|(at, since)| at < since);
        let is_finding = event.event_type() == Some(&EventType::ValidationError);
        if is_of_before || !is_finding || event.validation_status() == Some(&ValidationStatus::Skipped) {
            continue;
        }
        let resource = event.logical_resource_id().unwrap_or("template");
        let finding = FailureCause::of(resource, event.validation_status_reason().unwrap_or("no reason given"), None);
        match event.validation_failure_mode() {
            Some(HookFailureMode::Warn) => account.reporter.warn(format!("CloudFormation warns of {finding}")),
            _ => refused.push(finding),
        }
    }
    refused
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::scripted::{Answer, Scripted};
    use crate::event::Event;

    fn page(events: &[(&str, &str, &str)], more: &str) -> Answer {
        let members: String = events
            .iter()
            .map(|(kind, mode, id)| {
                format!(
                    "<member><EventType>{kind}</EventType><LogicalResourceId>{id}</LogicalResourceId><ValidationFailureMode>{mode}</ValidationFailureMode><ValidationStatus>FAILED</ValidationStatus><ValidationStatusReason>why</ValidationStatusReason></member>"
                )
            })
            .collect();
        Answer::xml("DescribeEvents", &format!("<OperationEvents>{members}</OperationEvents>{more}"))
    }

    #[tokio::test]
    async fn every_page_is_read_and_what_is_only_warned_of_is_no_cause() {
        let mut aws = Scripted::start(vec![
            (
                "DescribeEvents",
                page(
                    &[("VALIDATION_ERROR", "WARN", "Files"), ("STACK_EVENT", "FAIL", "Api")],
                    "<NextToken>more</NextToken>",
                ),
            ),
            ("DescribeEvents", page(&[("VALIDATION_ERROR", "FAIL", "Queue")], "")),
        ])
        .await;
        let found = validation_findings(&aws.account, Validated::ChangeSet("c")).await;
        assert_eq!(found, [FailureCause::of("Queue", "why", None)]);
        assert_eq!(aws.n_left(), 0);
        let warned = Event::Warning("CloudFormation warns of Files: why".into());
        assert!(aws.told().contains(&warned));
    }
}
