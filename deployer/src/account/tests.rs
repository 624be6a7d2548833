//! What calls do when an answer does not come.

use super::scripted::{Answer, Scripted};
use crate::error::Error;
use crate::event::Event;
use std::future::poll_fn;
use std::task::Poll;

const IDENTITY: &str = r#"{"Name":"n","VersionIdsToStages":{"a":["AWSCURRENT"]}}"#;

/// The id of the wait for something, and what was reported about it.
fn wait_for(events: &[Event], what: &str) -> (u64, Vec<String>, bool) {
    let id = events.iter().find_map(|event| match event {
        Event::Waits { id, what: told, .. } if told == what => Some(*id),
        _ => None,
    });
    let id = id.unwrap_or_else(|| panic!("waiting for {what} was not reported: {events:?}"));
    let reasons = events.iter().filter_map(|event| match event {
        Event::WaitsBecause { id: of, reason } if *of == id => Some(reason.clone()),
        _ => None,
    });
    (id, reasons.collect(), events.contains(&Event::Waited { id }))
}

#[tokio::test]
async fn a_read_without_an_answer_is_made_again_and_told_of() {
    let mut aws = Scripted::start(vec![
        ("DescribeSecret", Answer::Never),
        ("DescribeSecret", Answer::json_error(400, "ThrottlingException")),
        ("DescribeSecret", Answer::ok(IDENTITY)),
    ])
    .await;
    aws.account.secrets.describe_secret().secret_id("n").send().await.unwrap();
    let (_, reasons, is_over) = wait_for(&aws.told(), "Secrets Manager to answer DescribeSecret");
    assert_eq!(reasons, ["attempt 1 failed: no answer in time", "attempt 2 failed: 400 ThrottlingException"]);
    assert!(is_over);
    assert_eq!(aws.n_left(), 0);
}

#[tokio::test]
async fn a_call_that_is_never_answered_ends_by_itself() {
    let aws = Scripted::start(vec![("DescribeSecret", Answer::Never); 3]).await;
    let answer = aws.account.secrets.describe_secret().secret_id("n").send().await;
    let error = Error::aws("secretsmanager:DescribeSecret")(answer.unwrap_err());
    assert_eq!(error.to_string(), "secretsmanager:DescribeSecret failed: no answer came within 1s");
}

#[tokio::test]
async fn a_wait_that_is_interrupted_is_over() {
    let mut aws = Scripted::start(vec![("DescribeSecret", Answer::Never)]).await;
    let mut call = Box::pin(aws.account.secrets.describe_secret().secret_id("n").send());
    let mut is_pending = async || poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_pending())).await;
    while is_pending().await && aws.asked("DescribeSecret").is_empty() {
        tokio::task::yield_now().await;
    }
    drop(call);
    assert!(wait_for(&aws.told(), "Secrets Manager to answer DescribeSecret").2);
}

#[tokio::test]
async fn a_write_is_repeated_as_the_same_request() {
    let aws = Scripted::start(vec![
        ("PutSecretValue", Answer::Never),
        ("PutSecretValue", Answer::json_error(500, "InternalServiceError")),
        ("PutSecretValue", Answer::ok("{}")),
    ])
    .await;
    aws.account.secrets.put_secret_value().secret_id("n").secret_string("s").send().await.unwrap();
    let tokens: Vec<String> = aws.asked("PutSecretValue").iter().map(|request| token_in(request)).collect();
    assert_eq!(tokens.len(), 3);
    assert!(!tokens[0].is_empty() && tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
}

fn token_in(request: &str) -> String {
    let body = request.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    body["ClientRequestToken"].as_str().unwrap_or_default().to_owned()
}
