//! A test event on an account that does not answer at once, or answers page by page; and what functions log.

use super::execution::Execution;
use super::{Run, TestReport, diagnose, effect};
use crate::account::scripted::{Answer, Scripted, stack_of};
use crate::outputs::Deployed;
use aws_sdk_cloudformation::types::StackStatus;
use contracts::trace::{Cause, EventId, Line, Made, Trace};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;

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
    let body: Value = serde_json::from_str(body).unwrap();
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
    let denied = Cause::AccessDenied { action: "dynamodb:PutItem".into() };
    let cause = diagnose::of_failure(&aws.account, &stack, function, &denied).await;
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

const MESSAGE: &str = "5d0c3f7e-6b0a-5b52-9c6e-0e6f7d1a2b3c";

/// What is found in a function's log.
fn logged(lines: &[Value]) -> Answer {
    let events: Vec<Value> = lines.iter().map(|line| json!({"message": line.to_string()})).collect();
    Answer::ok(&json!({"events": events}).to_string())
}

fn line(trace: Trace) -> Value {
    let (level, message) = (trace.level(), trace.message().into());
    let event = EventId { message_id: Some("m".into()), published_id: Some(MESSAGE.into()) };
    let line = Line { at_ms: 7, level, message, request_id: Some("r".into()), event, trace: Some(trace) };
    serde_json::to_value(line).unwrap()
}

/// Publishes a text to a topic on AWS, whose function logs so, look by look.
async fn publish(looks: &[&[Value]]) -> TestReport {
    publish_and_wait(Duration::from_secs(60), looks).await
}

/// The same, with so long to wait for an effect.
async fn publish_and_wait(arrival: Duration, looks: &[&[Value]]) -> TestReport {
    let published = Answer::xml("Publish", &format!("<MessageId>{MESSAGE}</MessageId>"));
    let mut answers = vec![("Publish", published)];
    answers.extend(looks.iter().map(|lines| ("FilterLogEvents", logged(lines))));
    let mut aws = Scripted::start(answers).await;
    aws.account.pace.arrival = arrival;
    let stack = stack_of("prod", "SLACK_WEBHOOK_URL");
    let topic = "arn:aws:sns:ap-northeast-1:111122223333:t";
    let there = Deployed {
        name: stack.name(),
        status: StackStatus::CreateComplete,
        changed: false,
        is_new: false,
        outputs: BTreeMap::from([("TopicArn".to_owned(), topic.to_owned())]),
        registrations: vec![],
        secrets: vec![],
    };
    let plan = stack.plan_test("disk full", None).unwrap();
    let run = Run { account: &aws.account, stack: &stack, plan: &plan, there: &there };
    let arranged = effect::arrange(&aws.account, &plan, &there).await.unwrap();
    let report = run.follow(&arranged).await.unwrap();
    assert_eq!(aws.n_left(), 0, "{report:?}");
    report
}

fn received() -> Value {
    line(Trace::Received { delivery: 1 })
}

#[tokio::test]
async fn a_message_that_was_taken_arrived() {
    let done = line(Trace::Done { result: "shown as text".into(), made: Some(Made::Message) });
    let report = publish(&[&[], &[received()], &[received(), done]]).await;
    assert_eq!(report.failure, None);
    let details: Vec<&str> = report.hops[1..].iter().map(|hop| hop.detail.as_str()).collect();
    assert_eq!(details, ["delivered", "shown as text", "Slack took it; look for a message with `disk` in the channel"]);
}

#[tokio::test]
async fn an_event_of_which_nothing_comes_is_waited_for_no_longer() {
    let (reason, result) = (|| "SUB-1: done, failed, 404".to_owned(), "SUB-1: done, failed, 404".to_owned());
    for (trace, word, words) in [
        (Trace::Ignored { status: None, reason: reason() }, "ignored", "ignores this event"),
        (Trace::Repeated { result, made: None }, "repeated", "handled before"),
        (Trace::NothingDone { reason: reason(), cause: Cause::not_allowed("do this") }, "nothing done", "do this"),
    ] {
        // A second look would find no answer.
        let report = publish(&[&[received(), line(trace)]]).await;
        let failure = report.failure.unwrap();
        assert!(failure.cause.contains(words), "{failure:?}");
        assert_eq!(report.hops.last().unwrap().detail, format!("{word}: {}", reason()));
        assert!(failure.log_line.unwrap().contains(r#""trace":""#));
    }
}

#[tokio::test]
async fn a_function_that_begins_and_does_not_end_is_what_broke() {
    let ended = json!("2026-11-28T00:00:00.000Z r Task timed out after 25.00 seconds");
    for (problem, words) in [(vec![], "is still running"), (vec![ended], "Task timed out after 25.00 seconds")] {
        let report = publish_and_wait(Duration::ZERO, &[&[received()], &problem]).await;
        let details: Vec<&str> = report.hops[1..].iter().map(|hop| hop.detail.as_str()).collect();
        assert_eq!(details, ["delivered", "started, and not ended"]);
        let cause = report.failure.unwrap().cause;
        assert!(cause.contains(words), "{cause}");
    }
}

#[tokio::test]
async fn a_function_that_writes_words_alone_is_of_another_version() {
    let old = json!({"at_ms": 7, "level": "info", "message": "done", "message_id": "m", "result": "shown"});
    let report = publish_and_wait(Duration::ZERO, &[&[old]]).await;
    let cause = report.failure.unwrap().cause;
    assert!(cause.contains("another version of Tsugite: deploy again"), "{cause}");
}

#[tokio::test]
async fn a_failure_is_explained_by_its_cause_whatever_its_words() {
    let cause = Cause::rate_limited("Slack");
    let (delivery, reason) = (1, "ignored (404): the secret is no longer in Backlog".to_owned());
    for trace in [
        Trace::Retrying { delivery, reason: reason.clone(), cause: cause.clone(), after_seconds: 9 },
        Trace::GivenUp { delivery, reason, cause },
    ] {
        let report = publish(&[&[received(), line(trace)]]).await;
        assert_eq!(report.failure.unwrap().cause.split(';').next(), Some("Slack wants fewer calls"));
    }
}
