//! The text of a failed change: its causes, and what to do about them.

use crate::account::{Account, describe_status};
use crate::error::{Error, FailureCause, StackFailure, and_again};
use crate::outputs::recovery_hint;
use crate::stack_events::StackEvents;
use crate::validation::{Validated, validation_findings};
use aws_sdk_cloudformation::types::StackStatus;
use stacks::Stack;

/// The failure for an operation that continues in CloudFormation but can no longer be watched.
pub(super) fn lost_sight_of(stack: &Stack, error: &Error) -> StackFailure {
    StackFailure {
        stack: stack.name().into(),
        outcome: "can no longer be watched; CloudFormation continues the operation".into(),
        causes: vec![FailureCause::of_stack(error.to_string())],
        hint: and_again(error.hint(), "run the command again to follow it until it finishes"),
    }
}

/// The failure for a proposal that is only a preview, because a stack whose creation failed still has the name.
pub(super) fn creation_failed_meanwhile(stack: &Stack) -> StackFailure {
    StackFailure {
        stack: stack.name().into(),
        outcome: "was not changed: its creation failed, and it has to be deleted first".into(),
        causes: vec![],
        hint: "run the command again, which deletes it first".into(),
    }
}

/// The failure of an operation on the stack with this id that ended with this status.
pub(super) async fn failure(
    account: &Account,
    stack: &Stack,
    id: &str,
    status: &StackStatus,
    seen: &StackEvents,
) -> StackFailure {
    let mut causes = seen.failures(stack);
    for finding in validation_findings(account, Validated::Stack { id, since: seen.since }).await {
        causes.insert(0, finding);
    }
    if causes.is_empty() {
        causes.extend(seen.last_reason());
    }
    let outcome = match status {
        StackStatus::RollbackComplete => "was not created; its resources were deleted again".into(),
        StackStatus::UpdateRollbackComplete => "was rolled back to its previous state".into(),
        StackStatus::DeleteFailed => {
            format!("is {status}: someone else tried to delete it during the deployment")
        }
        status => describe_status(status).unwrap_or_else(|| format!("is {status}")),
    };
    let mut failure = StackFailure { stack: stack.name().into(), outcome, causes, hint: String::new() };
    let way_out = recovery_hint(stack, account, status);
    failure.hint = way_out.unwrap_or_else(|| hint_for(&failure).to_owned());
    failure
}

/// The next step for the most common reasons, by the services' own words for them.
fn hint_for(failure: &StackFailure) -> &'static str {
    let reasons: Vec<String> = failure.causes.iter().map(|cause| cause.reason.to_lowercase()).collect();
    let has = |words: &[&str]| words.iter().any(|word| reasons.iter().any(|reason| reason.contains(word)));
    if has(&["already exists"]) {
        "something with that name already exists; delete it, or give the stage another name, then deploy again"
    } else if has(&["kms"]) && has(&["disabled", "pending deletion", "pendingdeletion", "invalid state"]) {
        "enable the KMS key named above, or cancel its deletion, then deploy again"
    } else if has(&["not authorized", "accessdenied", "access denied"]) {
        "ask an administrator of the account to allow the action named above, then deploy again"
    } else if failure.is_throttled() {
        "AWS throttles the account's calls; run the command again in a minute"
    } else if has(&["unzip", "nosuchkey", "s3 key"]) {
        "the archive in the artifact bucket is broken; delete it there, then deploy again"
    } else if has(&["limit", "quota", "exceeded"]) {
        "the account reached a quota; raise it in Service Quotas, then deploy again"
    } else if failure.causes.iter().any(|cause| cause.defined_in.is_some()) {
        "fix the definition at the line above, then deploy again"
    } else {
        "check the stack's events in the CloudFormation console, then deploy again"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stacks::SourceLine;

    #[test]
    fn a_failure_without_a_line_of_a_definition_does_not_speak_of_one() {
        let line = Some(SourceLine { file: "stacks/src/a.rs", line: 7 });
        for (cause, words) in [
            (FailureCause::of("Queue", "Property X is wrong", line), "fix the definition at the line above"),
            // What a reason says of a line is none.
            (FailureCause::of("Queue", "it is defined in another stack", None), "check the stack's events"),
            (FailureCause::of_stack("User Initiated"), "check the stack's events"),
            (FailureCause::of("Key", "The KMS key arn:1 is disabled", line), "enable the KMS key"),
            (FailureCause::of("Api", "Rate exceeded", None), "throttles"),
            // A name is no reason.
            (FailureCause::of("RequestLimit", "no", None), "check the stack's events"),
        ] {
            let causes = vec![cause.clone()];
            let outcome = "is ROLLBACK_COMPLETE".into();
            let failure = StackFailure { stack: "a".into(), outcome, causes, hint: String::new() };
            assert!(hint_for(&failure).contains(words), "{cause}: {}", hint_for(&failure));
        }
    }
}
