//! Events of CloudFormation.

use super::*;

const STACK: &str = "arn:aws:cloudformation:us-east-1:444455556666:stack/shop/a80dacc0-7263-11ec-8a77-026f030e7a17";

fn event(resource: &str, kind: &str, physical_id: &str, status: &str, reason: &str) -> String {
    format!(
        "StackId='{STACK}'\nTimestamp='2026-08-04T02:01:50.278Z'\nEventId='f700b430'\nLogicalResourceId='{resource}'\n\
         Namespace='444455556666'\nPhysicalResourceId='{physical_id}'\nPrincipalId='AIDAEXAMPLE'\n\
         ResourceProperties='{{\"a\":\n \"x='y'\"}}'\nResourceStatus='{status}'\nResourceStatusReason='{reason}'\n\
         ResourceType='{kind}'\nStackName='shop'\nClientRequestToken='null'\n"
    )
}

#[test]
fn a_failed_resource_says_why_over_several_lines() {
    let reason = "Resource handler returned message:\n\"name is <taken>\"";
    let text = "Resource handler returned message:\n\"name is &lt;taken&gt;\"";
    let expected = message(
        "CREATE_FAILED: shop / Bucket: Resource handler returned message: \"name is &lt;taken&gt;\"",
        "CREATE_FAILED: shop / Bucket",
        "#d13212",
        json!([
            section(text),
            fields(&["Resource\nBucket (AWS::S3::Bucket)", "Physical id\nshop-files"]),
            marked_section(
                "<https://us-east-1.console.aws.amazon.com/cloudformation/home?region=us-east-1#/stacks/stackinfo\
                 ?stackId=arn%3Aaws%3Acloudformation%3Aus-east-1%3A444455556666%3Astack%2Fshop%2F\
                 a80dacc0-7263-11ec-8a77-026f030e7a17|Open the stack in CloudFormation>"
            ),
            footer("alarms · us-east-1 · 444455556666 · 2026-08-04 11:01:50 +09:00"),
        ]),
    );
    let event = event("Bucket", "AWS::S3::Bucket", "shop-files", "CREATE_FAILED", reason);
    assert_eq!(payload(Some("AWS CloudFormation Notification"), &event), expected);
}

#[test]
fn a_status_of_the_whole_stack_has_its_color() {
    for (status, severity) in [
        ("CREATE_COMPLETE", Severity::Good),
        ("UPDATE_IN_PROGRESS", Severity::Ongoing),
        ("UPDATE_ROLLBACK_COMPLETE", Severity::Bad),
        ("ROLLBACK_IN_PROGRESS", Severity::Bad),
        ("DELETE_FAILED", Severity::Bad),
        ("SOMETHING_NEW", Severity::Neutral),
    ] {
        let notice = notice(None, &event("shop", "AWS::CloudFormation::Stack", STACK, status, ""));
        assert_eq!((notice.severity, notice.title), (severity, format!("{status}: shop")));
        assert_eq!((notice.text, notice.fields), (None, vec![]));
    }
}

#[test]
fn a_stack_within_a_stack_is_a_resource() {
    let nested = event("Network", "AWS::CloudFormation::Stack", "arn:other", "CREATE_COMPLETE", "");
    assert_eq!(notice(None, &nested).title, "CREATE_COMPLETE: shop / Network");
}

#[test]
fn lines_that_only_resemble_an_event_are_shown_as_text() {
    assert_eq!(notice(None, "StackName='shop'\nResourceStatus='x'").kind, "text");
}
