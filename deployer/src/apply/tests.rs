//! What is applied again after throttling, and what a failure says.

mod swapped;

use super::*;
use crate::account::rules::cloudformation::*;
use crate::account::rules::{ByRules, Rule};
use crate::account::scripted::stack_of;
use crate::change::{Change, ChangeKind};
use crate::propose::{ChangeSetId, Outputs};
use aws_sdk_cloudformation::types::ResourceStatus;
use stacks::lookup::LookedUp;
use std::collections::BTreeMap;

const TOO_MANY: &str =
    "Resource handler returned message: \"Too Many Requests (Service: ApiGateway, Status Code: 429)\"";

/// A stack with one function.
fn stack() -> Stack {
    stack_of("prod", "SLACK_WEBHOOK_URL")
}

/// A confirmed proposal for an existing stack.
fn agreed(stack: &Stack) -> Proposal {
    let change = Change {
        kind: ChangeKind::Added,
        logical_id: "Api".into(),
        resource_type: "AWS::SQS::Queue".into(),
        properties: vec![],
        fate: None,
    };
    Proposal {
        stack: stack.name(),
        is_new: false,
        changes: vec![change],
        gained: vec![],
        lost: vec![],
        change_set: Some(ChangeSetId { stack_id: ID.into(), name: "c".into() }),
    }
}

/// Applies that proposal; returns its result and what was reported.
async fn check_apply(rules: impl IntoIterator<Item = Rule>) -> (Outcome<()>, Vec<String>) {
    let mut aws = ByRules::new(rules);
    let stack = stack();
    let (keys, outputs, ids) = (BTreeMap::new(), Outputs::new(), LookedUp::default());
    let plan = Plan { stack: &stack, code_keys: &keys, outputs: &outputs, looked_up: &ids, express: false };
    let agreed = agreed(&stack);
    let applied = Box::pin(apply(&aws.account, &plan, &agreed, &aws.account.reporter)).await;
    assert!(aws.account.open_change_sets().proposed().is_empty(), "a change set is left");
    (applied, aws.told())
}

/// CloudFormation executes the change set, and the stack ends like this.
fn executed(n: u32, status: StackStatus, of_api: ResourceStatus, reason: &str) -> Vec<Rule> {
    let ended = ResourceStatus::from(status.as_str());
    let id = |word: &str| format!("{word}-{n}");
    let before = || of_stack(&id("before"), ResourceStatus::CreateComplete);
    let told = [before(), of_resource(&id("api"), "Api", of_api, reason), of_stack(&id("end"), ended)];
    vec![events([before()]), execution_is_taken(), stack_is(status), events(told)]
}

fn throttled(n: u32) -> Vec<Rule> {
    let mut rules = executed(n, StackStatus::UpdateRollbackComplete, ResourceStatus::CreateFailed, TOO_MANY);
    rules.push(no_findings());
    rules
}

/// The same is proposed again, and CloudFormation says that it would do this.
fn proposed(logical_ids: &[&str]) -> Vec<Rule> {
    vec![
        // Asked before a failed creation would be cleared, and before the proposal.
        stack_is(StackStatus::UpdateRollbackComplete),
        stack_is(StackStatus::UpdateRollbackComplete),
        change_set_is_taken(),
        change_set_adds(logical_ids),
        no_findings(),
        template_is("Resources: {}"),
    ]
}

fn well(n: u32) -> Vec<Rule> {
    executed(n, StackStatus::UpdateComplete, ResourceStatus::CreateComplete, "")
}

#[tokio::test]
async fn what_a_service_throttled_is_proposed_and_applied_again() {
    let rules = [throttled(1), proposed(&["Api"]), throttled(2), proposed(&["Api"]), well(3)];
    let (applied, told) = check_apply(rules.into_iter().flatten()).await;
    applied.unwrap();
    assert_eq!(told.iter().filter(|line| line.contains("AWS throttled the operation")).count(), 2, "{told:?}");
}

#[tokio::test]
async fn throttling_without_end_is_a_failure_at_last() {
    let mut rules = throttled(0);
    for n in 1..=MAX_RETRIES {
        rules.extend(proposed(&["Api"]));
        rules.extend(throttled(n));
    }
    let (applied, told) = check_apply(rules).await;
    let error = applied.unwrap_err();
    assert!(error.to_string().contains("was rolled back") && error.to_string().contains("Status Code: 429"), "{error}");
    assert!(error.hint().unwrap().contains("throttles the account's calls"));
    assert_eq!(told.len(), usize::try_from(MAX_RETRIES).unwrap(), "{told:?}");
}

#[tokio::test]
async fn nothing_is_applied_after_a_pause_that_nobody_agreed_to() {
    let mut rules = [throttled(1), proposed(&["Api", "SomebodyElses"])].into_iter().flatten().collect::<Vec<_>>();
    // The proposal that is not applied goes, and others that are left are looked for.
    rules.extend([change_set_is_deleted(), change_sets_are(&[])]);
    let (applied, _) = check_apply(rules).await;
    assert!(applied.unwrap_err().to_string().contains("Too Many Requests"));
}

#[tokio::test]
async fn a_failure_names_its_resources_and_leaves_out_what_was_only_cancelled() {
    let before = || of_stack("1", ResourceStatus::CreateComplete);
    let failed = |id, logical_id, reason| of_resource(id, logical_id, ResourceStatus::CreateFailed, reason);
    let told = [
        before(),
        failed("2", "Notices", "not authorized to perform: sqs:CreateQueue"),
        failed("3", "Claims", "Resource creation cancelled"),
        failed("4", "Unheard", "because of the first"),
        of_stack("5", ResourceStatus::UpdateRollbackComplete),
    ];
    let rules = vec![
        events([before()]),
        execution_is_taken(),
        stack_is(StackStatus::UpdateRollbackComplete),
        events(told),
        no_findings(),
    ];
    let Err(Error::Stack(failure)) = check_apply(rules).await.0 else { panic!("it did not fail") };
    let causes: Vec<_> = failure.causes.iter().map(|cause| cause.logical_id.as_deref().unwrap()).collect();
    assert_eq!(causes, ["Notices", "Unheard"]);
    // What is of this definition has a line; nothing else has.
    let lines: Vec<_> = failure.causes.iter().map(|cause| cause.defined_in.is_some()).collect();
    assert_eq!(lines, [true, false]);
    assert!(failure.hint.contains("allow the action"), "{}", failure.hint);
}

#[tokio::test]
async fn what_continues_out_of_sight_is_no_failure_of_the_stack() {
    let rules = vec![events([]), execution_is_taken(), stack_cannot_be_seen("ExpiredToken", "the session is over")];
    let error = check_apply(rules).await.0.unwrap_err();
    assert!(error.to_string().contains("can no longer be watched; CloudFormation continues"), "{error}");
    assert!(error.to_string().contains("the session is over"), "{error}");
    assert!(error.hint().unwrap().ends_with("run the command again to follow it until it finishes"));
}

#[tokio::test]
async fn a_stack_that_somebody_deleted_meanwhile_is_no_success() {
    let rules = vec![events([]), execution_is_taken(), no_stack(), events_cannot_be_seen("ValidationError")];
    let error = check_apply(rules).await.0.unwrap_err();
    assert!(error.to_string().contains("was deleted by someone else during the deployment"), "{error}");
}
