//! What is deleted again because it passes by itself, and what is not.

use super::*;
use crate::account::rules::cloudformation::*;
use crate::account::rules::{ByRules, Rule};
use crate::account::scripted::stack_of;
use aws_sdk_cloudformation::types::{ResourceStatus, StackStatus};

const TOO_MANY: &str = "Too Many Requests (Service: ApiGateway, Status Code: 429)";
const IN_USE: &str = "Certificate arn:aws:acm:us-east-1:1:certificate/a is in use.";

/// The stack is deleted, and a resource stays for this reason.
fn held(n: usize, logical_id: &str, reason: &str) -> Vec<Rule> {
    let id = |word: &str| format!("{word}-{n}");
    let told = [
        of_resource(&id("resource"), logical_id, ResourceStatus::DeleteFailed, reason),
        of_stack(&id("end"), ResourceStatus::DeleteFailed),
    ];
    let before = if n == 0 { StackStatus::CreateComplete } else { StackStatus::DeleteFailed };
    vec![stack_is(before), events([]), deletion_is_taken(), stack_is(StackStatus::DeleteFailed), events(told)]
}

/// The stack is deleted, and gone.
fn gone() -> Vec<Rule> {
    let left = events_cannot_be_seen("ValidationError");
    vec![stack_is(StackStatus::DeleteFailed), events([]), deletion_is_taken(), no_stack(), left]
}

async fn check(rules: impl IntoIterator<Item = Rule>) -> (Outcome<()>, Vec<String>) {
    let mut aws = ByRules::new(rules);
    let stack = stack_of("prod", "SLACK_WEBHOOK_URL");
    let deleted = delete_stack(&aws.account, &stack, ID, &aws.account.reporter).await;
    (deleted, aws.told())
}

#[tokio::test]
async fn a_certificate_that_is_still_in_use_is_deleted_when_acm_has_heard_that_it_is_not() {
    let rules = [held(0, "Certificate", IN_USE), held(1, "Certificate", IN_USE), gone()];
    let (deleted, told) = check(rules.into_iter().flatten()).await;
    deleted.unwrap();
    assert!(told.len() == 2 && told.iter().all(|line| line.contains("certificate")), "{told:?}");
}

#[tokio::test]
async fn what_a_service_throttled_is_deleted_again_and_not_for_ever() {
    let (deleted, told) = check([held(0, "Api", TOO_MANY), gone()].into_iter().flatten()).await;
    deleted.unwrap();
    assert!(told[0].contains("AWS throttled the operation"), "{told:?}");
    let (deleted, told) = check((0..6).flat_map(|n| held(n, "Api", TOO_MANY))).await;
    let error = deleted.unwrap_err();
    assert!(error.to_string().contains("is DELETE_FAILED\n  Api: Too Many Requests"), "{error}");
    assert_eq!(told.len(), 5);
}

#[tokio::test]
async fn what_holds_a_stack_for_good_is_told_at_once() {
    let (deleted, told) = check(held(0, "Files", "The bucket you tried to delete is not empty")).await;
    let error = deleted.unwrap_err();
    assert!(error.to_string().contains("Files: The bucket you tried to delete is not empty"), "{error}");
    assert_eq!(told, [""; 0]);
}

#[tokio::test]
async fn the_operation_of_somebody_else_is_waited_for_before_a_stack_is_deleted() {
    let mut rules = vec![stack_is(StackStatus::UpdateInProgress), stack_cannot_be_seen("Throttling", "later")];
    rules.extend(gone());
    check(rules).await.0.unwrap();
}

#[test]
fn only_what_passes_by_itself_is_tried_again() {
    let throttled =
        ("Api", "Resource handler returned message: \"Too Many Requests (Service: ApiGateway, Status Code: 429)\"");
    let held = ("Files", "The bucket you tried to delete is not empty");
    let in_use = (
        "Certificate",
        "Resource handler returned message: \"Certificate arn:aws:acm:us-east-1:1:certificate/a is in use.\"",
    );
    for (causes, expected) in [
        (vec![throttled], Some(NotYet::Throttled)),
        (vec![in_use], Some(NotYet::CertificateInUse)),
        (vec![throttled, held], None),
        (vec![("FunctionThrottlesAlarm", "not authorized to perform: cloudwatch:PutMetricAlarm")], None),
        (vec![("ApiStage", "ThrottlingRateLimit must be a number")], None),
        (vec![("Certificate", "Rate exceeded (Service: Acm, Status Code: 400)")], Some(NotYet::Throttled)),
        (vec![in_use, held], None),
        (vec![held], None),
        (vec![], None),
    ] {
        let causes = causes.into_iter().map(|(id, reason)| FailureCause::of(id, reason, None)).collect();
        let outcome = "is DELETE_FAILED".into();
        let failure = StackFailure { stack: "a".into(), outcome, causes, hint: String::new() };
        assert_eq!(NotYet::of(&failure), expected, "{failure:?}");
    }
}
