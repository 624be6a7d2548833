//! A test event on an account that does not answer at once, or answers page by page.

use super::diagnose;
use super::execution::Execution;
use crate::account::scripted::{Answer, Scripted, stack_of};
use crate::test_event::TestReport;

const MACHINE: &str = "arn:aws:states:ap-northeast-1:111122223333:stateMachine:Workflow";

#[tokio::test]
async fn an_execution_is_started_once_and_looked_at_with_patience() {
    let mut aws = Scripted::start(vec![
        ("StartExecution", Answer::Never),
        // The first request had arrived, and its execution has ended meanwhile.
        ("StartExecution", Answer::json_error(400, "ExecutionAlreadyExists")),
        ("DescribeExecution", Answer::Never),
        ("DescribeExecution", Answer::json_error(503, "ServiceUnavailable")),
        ("DescribeExecution", Answer::Never),
        ("DescribeExecution", Answer::ok(EXECUTION)),
        ("GetExecutionHistory", Answer::json_error(400, "ThrottlingException")),
        ("GetExecutionHistory", Answer::ok(r#"{"events": []}"#)),
    ])
    .await;
    let execution = Execution::start(&aws.account, MACHINE, "{}").await.unwrap();
    let mut report = TestReport { hops: Vec::new(), failure: None };
    execution.follow("projects", "title", &mut report).await.unwrap();
    assert_eq!(report.failure, None);
    assert_eq!(report.hops.last().unwrap().detail, "1: one");
    let names: Vec<String> = aws.asked("StartExecution").iter().map(|request| name_in(request)).collect();
    assert!(names.len() == 2 && names[0] == names[1] && names[0].starts_with("test-event-"), "{names:?}");
    let arn = format!("arn:aws:states:ap-northeast-1:111122223333:execution:Workflow:{}", names[0]);
    assert!(aws.asked("DescribeExecution")[0].contains(&arn));
    assert_eq!(aws.n_left(), 0);
    let _ = aws.told();
}

const EXECUTION: &str = r#"{
    "executionArn": "a", "stateMachineArn": "m", "status": "SUCCEEDED", "startDate": 1.0,
    "output": "{\"projects\": [{\"title\": \"one\"}]}"
}"#;

fn name_in(request: &str) -> String {
    let body = request.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    body["name"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn the_policies_of_a_role_are_read_to_the_last_page() {
    let policies = |name: &str, more: &str| {
        Answer::xml("ListRolePolicies", &format!("<PolicyNames><member>{name}</member></PolicyNames>{more}"))
    };
    let policy = |action: &str| {
        let document = format!(r#"{{"Statement":{{"Effect":"Allow","Action":"{action}","Resource":"*"}}}}"#);
        let document: String = form_urlencoded::byte_serialize(document.as_bytes()).collect();
        Answer::xml(
            "GetRolePolicy",
            &format!("<RoleName>r</RoleName><PolicyName>p</PolicyName><PolicyDocument>{document}</PolicyDocument>"),
        )
    };
    let stack = stack_of("local", "SLACK_WEBHOOK_URL");
    let function = stack.functions()[0].logical_id;
    let resource = format!(
        "<StackResourceSummaries><member><LogicalResourceId>{function}Role</LogicalResourceId><PhysicalResourceId>r</PhysicalResourceId><ResourceStatus>CREATE_COMPLETE</ResourceStatus></member></StackResourceSummaries>"
    );
    let aws = Scripted::start(vec![
        ("ListStackResources", Answer::xml("ListStackResources", &resource)),
        ("ListRolePolicies", policies("one", "<IsTruncated>true</IsTruncated><Marker>m</Marker>")),
        ("ListRolePolicies", policies("two", "<IsTruncated>false</IsTruncated>")),
        ("GetRolePolicy", policy("sqs:ReceiveMessage")),
        ("GetRolePolicy", policy("dynamodb:PutItem")),
    ])
    .await;
    let reason = "dynamodb:PutItem failed: AccessDeniedException";
    let cause = diagnose::of_failure(&aws.account, &stack, function, reason).await;
    assert!(cause.contains("the role allows `dynamodb:PutItem`"), "{cause}");
    assert_eq!(aws.n_left(), 0);
}

#[tokio::test]
async fn an_event_source_mapping_that_is_off_is_found_on_the_last_page() {
    const CONFIGURATION: &str = r#"{"State": "Active"}"#;
    let page =
        |state: &str, more: &str| Answer::ok(&format!(r#"{{"EventSourceMappings": [{{"State": "{state}"}}]{more}}}"#));
    let path = "/2015-03-31/event-source-mappings";
    let stack = stack_of("local", "SLACK_WEBHOOK_URL");
    let function = stack.functions()[0].logical_id;
    let name = format!("{}-{function}", stack.full_stack_name());
    // The script names operations by paths, which are known here only.
    let configuration: &'static str = format!("/2015-03-31/functions/{name}/configuration").leak();
    let aws = Scripted::start(vec![
        (configuration, Answer::ok(CONFIGURATION)),
        (path, page("Enabled", r#", "NextMarker": "m""#)),
        (path, page("Disabled", "")),
    ])
    .await;
    let cause = diagnose::of_silence(&aws.account, &stack, function).await;
    assert!(cause.contains(&format!("event source mapping of `{function}` is Disabled")), "{cause}");
    assert_eq!(aws.n_left(), 0);
}
