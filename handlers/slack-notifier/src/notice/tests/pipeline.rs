//! CodePipeline: through EventBridge, through notification rules, and its requests for approval.

use super::*;

const ID: &str = "01234567-0123-0123-0123-012345678901";

fn event(kind: &str, detail: &Value) -> Value {
    json!({
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": format!("CodePipeline {kind} Execution State Change"),
        "source": "aws.codepipeline",
        "account": "444455556666",
        "time": "2026-08-04T02:01:52Z",
        "region": "us-east-1",
        "resources": ["arn:aws:codepipeline:us-east-1:444455556666:shop"],
        "detail": detail,
    })
}

fn link() -> Value {
    marked_section(&format!(
        "<https://us-east-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/shop/executions/{ID}/timeline\
         ?region=us-east-1|Open the pipeline in CodePipeline>"
    ))
}

#[test]
fn a_finished_execution_is_green() {
    let detail = json!({
        "pipeline": "shop", "version": 3, "state": "SUCCEEDED", "execution-id": ID,
        "execution-trigger": {"trigger-type": "Webhook", "trigger-detail": "main"},
    });
    let expected = message(
        "SUCCEEDED: shop",
        "SUCCEEDED: shop",
        "#1d8102",
        json!([
            fields(&["Trigger\nWebhook: main", &format!("Execution\n{ID}")]),
            link(),
            footer("alarms · us-east-1 · 444455556666 · 2026-08-04 11:01:52 +09:00"),
        ]),
    );
    assert_eq!(payload(None, &event("Pipeline", &detail).to_string()), expected);
}

#[test]
fn a_failed_action_of_a_notification_rule_says_why() {
    let detail = json!({
        "pipeline": "shop", "execution-id": ID, "stage": "Build", "action": "Compile", "state": "FAILED",
        "region": "us-east-1",
        "execution-result": {
            "external-execution-url": "https://evil.example/",
            "external-execution-summary": "Build terminated with state: FAILED",
            "error-code": "JobFailed",
        },
        "type": {"owner": "AWS", "provider": "CodeBuild", "category": "Build", "version": "1"},
        "version": 11.0,
    });
    let mut event = event("Action", &detail);
    event["detailType"] = event["detail-type"].take();
    event["additionalAttributes"] = json!({"additionalInformation": "Build terminated with state: FAILED"});
    event.as_object_mut().unwrap().retain(|name, _| !matches!(name.as_str(), "version" | "id" | "detail-type"));
    let expected = message(
        "FAILED: shop / Build / Compile: Build terminated with state: FAILED",
        "FAILED: shop / Build / Compile",
        "#d13212",
        json!([
            section("Build terminated with state: FAILED"),
            fields(&["Action\nBuild by CodeBuild", "Error\nJobFailed", &format!("Execution\n{ID}")]),
            link(),
            footer("alarms · us-east-1 · 444455556666 · 2026-08-04 11:01:52 +09:00"),
        ]),
    );
    assert_eq!(payload(None, &event.to_string()), expected);
}

#[test]
fn a_failed_execution_names_the_actions_that_failed() {
    let mut event = event("Pipeline", &json!({"pipeline": "shop", "state": "FAILED"}));
    event["additionalAttributes"] = json!({
        "failedActionCount": 2,
        "failedActions": [
            {"action": "Compile", "additionalInformation": "exit code 101"},
            {"action": "Lint"},
            {"additionalInformation": "unknown"},
            7,
        ],
        "failedStage": "Build",
    });
    assert_eq!(notice(None, &event.to_string()).text.as_deref(), Some("Compile: exit code 101\nLint\nunknown"));
}

#[test]
fn a_state_has_its_color() {
    for (state, severity) in [
        ("STARTED", Severity::Ongoing),
        ("RESUMED", Severity::Ongoing),
        ("SUCCEEDED", Severity::Good),
        ("FAILED", Severity::Bad),
        ("STOPPED", Severity::Warning),
        ("CANCELED", Severity::Warning),
        ("SUPERSEDED", Severity::Neutral),
        ("SOMETHING_NEW", Severity::Neutral),
    ] {
        let event = event("Stage", &json!({"pipeline": "shop", "stage": "Prod", "state": state}));
        let notice = notice(None, &event.to_string());
        assert_eq!((notice.severity, notice.title), (severity, format!("{state}: shop / Prod")));
    }
}

#[test]
fn an_action_that_waits_for_approval_says_so() {
    let detail = json!({"pipeline": "shop", "stage": "Prod", "action": "Ask", "state": "STARTED",
                        "type": {"category": "Approval", "provider": "Manual"}});
    let notice = notice(None, &event("Action", &detail).to_string());
    assert_eq!((notice.title.as_str(), notice.severity), ("Approval needed: shop / Prod / Ask", Severity::Warning));
}

#[test]
fn without_a_resource_the_region_of_the_event_leads_to_the_pipeline() {
    let mut event = event("Pipeline", &json!({"pipeline": "sh|op>", "state": "STARTED"}));
    event["region"] = "cn-north-1".into();
    event["resources"] = json!([]);
    assert_eq!(
        notice(None, &event.to_string()).link.unwrap().url,
        "https://cn-north-1.console.amazonaws.cn/codesuite/codepipeline/pipelines/sh%7Cop%3E/view?region=cn-north-1"
    );
    event["region"] = "evil.example/".into();
    assert_eq!(notice(None, &event.to_string()).link, None);
}

#[test]
fn a_request_for_approval_is_shown_without_the_links_that_anybody_could_write() {
    let request = json!({
        "region": "us-east-1",
        "consoleLink": "https://evil.example/consoleLink",
        "approval": {
            "pipelineName": "shop",
            "stageName": "Prod",
            "actionName": "Ask",
            "token": "1a2b3c4d-573f-4ea7-a67E-XAMPLETOKEN",
            "expires": "2026-08-11T02:01Z",
            "externalEntityLink": "https://example.com/changes",
            "approvalReviewLink": "https://evil.example/approvalReviewLink",
            "customData": "Please look at <b>staging</b> first.",
        },
    });
    let expected = message(
        "Approval needed: shop: Please look at &lt;b&gt;staging&lt;/b&gt; first.",
        "Approval needed: shop",
        "#ff9900",
        json!([
            section("Please look at &lt;b&gt;staging&lt;/b&gt; first."),
            fields(&[
                "Stage\nProd",
                "Action\nAsk",
                "Expires\n2026-08-11 11:01:00 +09:00",
                "To review\nhttps://example.com/changes",
            ]),
            marked_section(
                "<https://us-east-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/shop/view\
                 ?region=us-east-1|Open the pipeline in CodePipeline>"
            ),
            footer("alarms · us-east-1 · 111122223333 · 2026-08-04 11:01:52 +09:00"),
        ]),
    );
    assert_eq!(payload(Some("APPROVAL NEEDED: AWS CodePipeline shop"), &request.to_string()), expected);
}
