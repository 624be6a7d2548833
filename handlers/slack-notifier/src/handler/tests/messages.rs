//! What arrives in Slack.

use super::*;
use serde_json::json;

#[tokio::test]
async fn the_test_event_is_shown_with_the_name_of_its_alarm() {
    let stage = Stage::new().await;
    let text = stage.check(Outcome::Worked).await;
    assert_eq!(text, "shown as alarm");
    assert_eq!(stage.answers(), [200]);
    let posted = &stage.posted()[0];
    assert_eq!(posted["blocks"][0]["text"]["text"], "ALARM: checkout-errors");
    assert_eq!(posted["attachments"][0]["color"], "#d13212");
    let expected = Published::from_body(&alarm("id-1")).unwrap();
    assert_eq!(*posted, blocks::payload(&Notice::of(&expected, &stage.links.time_zone)));
}

#[tokio::test]
async fn slack_takes_a_message_of_every_kind() {
    let messages = [
        ("alarm", PlainText::TEST_EVENT.to_owned()),
        ("approval", json!({"region": "us-east-1", "approval": {"pipelineName": "p"}}).to_string()),
        ("budget", "AWS Budget Notification\n\nBudget Name: b".into()),
        ("event", json!({"detail-type": "x", "source": "y", "detail": {}}).to_string()),
        (
            "pipeline",
            json!({"detail-type": "x", "source": "aws.codepipeline", "detail": {"pipeline": "p", "state": "FAILED"}})
                .to_string(),
        ),
        ("stack", "StackName='s'\nLogicalResourceId='s'\nResourceStatus='DELETE_COMPLETE'\nResourceType='x'\n".into()),
        ("S3 event", json!({"Records": [{"eventName": "x", "s3": {"bucket": {"name": "b"}}}]}).to_string()),
        ("S3 test event", json!({"Event": "s3:TestEvent"}).to_string()),
        ("JSON", "[[]]".into()),
        ("JSON", "{}".into()),
        ("text", "```".into()),
        ("text", String::new()),
        ("text", " \0\n".into()),
        ("text", "&".repeat(256 * 1024)),
        ("text", "[".repeat(256 * 1024)),
        ("text", r#""\ud800""#.into()),
        ("JSON", json!({"あ": "🦀".repeat(60_000)}).to_string()),
    ];
    let stage = Stage::new().await;
    let surroundings = [(TOPIC, None), ("", None), ("no-arn", Some("A <subject> & more")), (":::::", Some(" "))];
    for (n, (kind, message)) in messages.iter().enumerate() {
        let (topic, subject) = surroundings[n % surroundings.len()];
        let body = Published::<PlainText>::envelope(&format!("id-{n}"), topic, subject, message);
        assert_eq!(stage.handle(&body).await, Ok(Done::Worked(format!("shown as {kind}"))));
    }
    assert_eq!(stage.answers(), vec![200; messages.len()]);
}

#[tokio::test]
async fn a_message_without_an_envelope_is_shown() {
    let stage = Stage::new().await;
    let outcome = stage.handle("disk full").await;
    assert_eq!(outcome, Ok(Done::Worked("shown as text".into())));
    assert_eq!(stage.posted()[0]["text"], "Notification: disk full");
}

#[tokio::test]
async fn a_message_is_json_as_slack_wants_it() {
    let stage = Stage::new().await;
    stage.check(Outcome::Worked).await;
    let call = &stage.standins.received()[0];
    assert_eq!(
        (call.method.as_str(), call.headers["content-type"].as_str()),
        ("POST", "application/json; charset=utf-8")
    );
    assert_eq!(call.headers.get("authorization"), None);
    // Webhooks of apps ignore these; the app's own settings decide.
    for ignored in ["channel", "username", "icon_emoji", "icon_url"] {
        assert_eq!(stage.posted()[0].get(ignored), None);
    }
}
