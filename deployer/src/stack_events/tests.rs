//! Which statuses of a stack count while an operation is in progress.

use super::*;
use crate::account::rules::cloudformation::*;
use crate::account::rules::{ByRules, Rule};
use crate::pace::Pace;

async fn check_follow(rules: Vec<Rule>, pace: Pace) -> Outcome<Option<StackStatus>> {
    let mut aws = ByRules::with_pace(pace, rules);
    let mut seen = StackEvents::before(&aws.account, ID).await.unwrap();
    let followed = follow_operation(&aws.account, "n", ID, &mut seen, &aws.account.reporter).await;
    aws.told();
    followed
}

#[tokio::test]
async fn a_status_of_before_is_not_taken_for_the_end() {
    let before = || of_stack("1", ResourceStatus::CreateComplete);
    let began = || of_stack("2", ResourceStatus::UpdateInProgress);
    let rules = vec![
        events([before()]),
        // CloudFormation has accepted the update, and still returns the old status.
        stack_is(StackStatus::CreateComplete),
        events([before()]),
        stack_is(StackStatus::UpdateInProgress),
        // A failure to look is no end either.
        events_cannot_be_seen("Throttling"),
        events_cannot_be_seen("ServiceUnavailable"),
        events([before(), began()]),
        // Nor is a status that the stack itself has not told yet.
        stack_is(StackStatus::UpdateComplete),
        events([before(), began()]),
        stack_is(StackStatus::UpdateComplete),
        events([before(), began(), of_stack("3", ResourceStatus::UpdateComplete)]),
    ];
    let pace = Pace { begin: Duration::from_secs(60), ..Pace::of_test() };
    assert_eq!(check_follow(rules, pace).await.unwrap(), Some(StackStatus::UpdateComplete));
}

#[tokio::test]
async fn an_operation_that_never_begins_ends_with_what_is_known() {
    let before = || of_stack("1", ResourceStatus::CreateComplete);
    let rules = vec![events([before()]), stack_is(StackStatus::CreateComplete), events([before()])];
    let error = check_follow(rules, Pace::of_test()).await.unwrap_err();
    let words = "stack `n` is still CREATE_COMPLETE: CloudFormation has not started the operation";
    assert_eq!(error.to_string(), words);
    assert!(error.hint().unwrap().contains("what it waits for"));
}

#[tokio::test]
async fn a_poll_bears_answers_that_pass_and_no_others() {
    let transient = |code| stack_cannot_be_seen(code, "later");
    let gone = vec![events([]), transient("Throttling"), transient("InternalFailure"), no_stack(), events([])];
    assert_eq!(check_follow(gone, Pace::of_test()).await.unwrap(), None);
    let denied = vec![events([]), stack_cannot_be_seen("AccessDenied", "no")];
    assert_eq!(check_follow(denied, Pace::of_test()).await.unwrap_err().code(), Some("AccessDenied"));
    // The patience of a moment is over at the first answer.
    let pace = Pace { patience: Duration::ZERO, ..Pace::of_test() };
    let silent = vec![events([]), transient("Throttling")];
    assert_eq!(check_follow(silent, pace).await.unwrap_err().code(), Some("Throttling"));
}
