//! What is believed of a stack while an operation goes on.

use super::*;
use crate::account::scripted::{Answer, Scripted};

const ID: &str = "arn:aws:cloudformation:r:1:stack/n/i";

fn stack_is(status: &str) -> (&'static str, Answer) {
    let there = format!("<StackId>{ID}</StackId><StackName>n</StackName><StackStatus>{status}</StackStatus>");
    ("DescribeStacks", Answer::xml("DescribeStacks", &format!("<Stacks><member>{there}</member></Stacks>")))
}

/// Events of the stack itself, newest first.
fn events(statuses: &[&str]) -> (&'static str, Answer) {
    let members = statuses.iter().map(|status| {
        format!("<member><StackId>{ID}</StackId><EventId>{status}</EventId><PhysicalResourceId>{ID}</PhysicalResourceId><LogicalResourceId>n</LogicalResourceId><ResourceStatus>{status}</ResourceStatus></member>")
    });
    let result = format!("<StackEvents>{}</StackEvents>", members.collect::<String>());
    ("DescribeStackEvents", Answer::xml("DescribeStackEvents", &result))
}

#[tokio::test]
async fn a_status_of_before_is_not_taken_for_the_end() {
    let aws = Scripted::start(vec![
        events(&["CREATE_COMPLETE"]),
        // CloudFormation has taken the update, and still tells of before.
        stack_is("UPDATE_COMPLETE"),
        events(&["CREATE_COMPLETE"]),
        stack_is("UPDATE_IN_PROGRESS"),
        // A failure to look is no end either.
        ("DescribeStackEvents", Answer::xml_error(400, "Throttling")),
        ("DescribeStackEvents", Answer::xml_error(503, "ServiceUnavailable")),
        events(&["UPDATE_IN_PROGRESS", "CREATE_COMPLETE"]),
        stack_is("UPDATE_COMPLETE"),
        events(&["UPDATE_COMPLETE", "UPDATE_IN_PROGRESS", "CREATE_COMPLETE"]),
    ])
    .await;
    let mut seen = Seen::before(&aws.account, ID).await.unwrap();
    let status = follow(&aws.account, "n", ID, &mut seen, &aws.account.reporter).await.unwrap();
    assert_eq!(status, "UPDATE_COMPLETE");
    assert_eq!(aws.n_left(), 0);
}

#[test]
fn a_failure_without_a_line_of_ours_does_not_speak_of_one() {
    let failure = |cause: &str| StackFailure {
        stack: "a".into(),
        outcome: "is ROLLBACK_COMPLETE".into(),
        causes: vec![cause.into()],
        hint: String::new(),
    };
    for (cause, words) in [
        ("  Queue: Property X is wrong\n  defined in stacks/src/a.rs:7", "correct the definition at the line above"),
        ("  User Initiated", "in the stack's events"),
        ("  Key: The KMS key arn:1 is disabled\n  defined in stacks/src/a.rs:7", "enable the KMS key"),
        ("  Api: Rate exceeded", "throttles"),
    ] {
        assert!(hint_for(&failure(cause)).contains(words), "{cause}: {}", hint_for(&failure(cause)));
    }
}
