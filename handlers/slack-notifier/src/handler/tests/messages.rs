//! What arrives in Slack.

use super::*;
use serde_json::json;

#[tokio::test]
async fn the_test_event_is_shown_with_the_name_of_its_alarm() {
    let stage = Stage::new().await;
    let text = stage.check(Outcome::Worked).await;
    assert_eq!(text, "shown as alarm");
    assert_eq!(stage.statuses(), [200]);
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
        ("custom", json!({"source": "custom", "content": {"description": "x"}}).to_string()),
        (
            "CodeBuild",
            json!({"detail-type": "CodeBuild Build State Change", "source": "aws.codebuild",
                   "detail": {"build-status": "FAILED", "project-name": "_x_"}})
            .to_string(),
        ),
        ("JSON", "[[]]".into()),
        ("JSON", "{}".into()),
        ("text", "```".into()),
        ("text", String::new()),
        ("text", " \0\n".into()),
        ("text", "&".repeat(256 * 1024)),
        ("text", "[".repeat(256 * 1024)),
        ("text", r#""\ud800""#.into()),
        ("text", "\"quoted\"\n\"lines\"".into()),
        ("JSON", format!("[{}]", vec![r#"{"name":"x","size":1.10}"#; 9000].join(","))),
        ("JSON", json!({"あ": "🦀".repeat(60_000)}).to_string()),
    ];
    let stage = Stage::new().await;
    let surroundings = [(TOPIC, None), ("", None), ("no-arn", Some("A <subject> & more")), (":::::", Some(" "))];
    for (n, (kind, message)) in messages.iter().enumerate() {
        let (topic, subject) = surroundings[n % surroundings.len()];
        let body = Published::<PlainText>::envelope(&format!("id-{n}"), topic, subject, message);
        assert_eq!(stage.handle(&body).await, Ok(Done::worked(Made::Message, format!("shown as {kind}"))));
    }
    assert_eq!(stage.statuses(), vec![200; messages.len()]);
}

#[tokio::test]
async fn a_new_alarm_that_is_well_is_not_shown_and_a_recovery_is() {
    let stage = Stage::new().await;
    let handle = async |id: &str, change: Value| {
        let mut event: Value = serde_json::from_str(PlainText::TEST_EVENT).unwrap();
        event.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        stage.handle(&Published::<PlainText>::envelope(id, TOPIC, None, &event.to_string())).await
    };
    let new = |old: &str, made: &str| json!({"OldStateValue": old, "NewStateValue": "OK", "AlarmConfigurationUpdatedTimestamp": made});
    let (now, long_ago) = ("2026-08-04T01:58:00.000+0000", "2026-08-01T00:00:00.000+0000");
    let outcome = handle("id-1", new("INSUFFICIENT_DATA", now)).await;
    assert_eq!(outcome, Ok(Done::Ignored("an alarm that was just made is well".into())));
    let outcome = handle("id-0", new("INSUFFICIENT_DATA", "2026-08-04T01:53:00.000+0000")).await;
    assert!(matches!(outcome, Ok(Done::Ignored(_))), "{outcome:?}");
    assert_eq!(stage.statuses(), [0; 0]);
    // Data came back, an alarm ended, a new one went off at once, and one that does not say when it was made.
    let mut bad = new("INSUFFICIENT_DATA", now);
    bad["NewStateValue"] = "ALARM".into();
    for (id, change) in [
        ("id-2", new("INSUFFICIENT_DATA", long_ago)),
        ("id-3", new("ALARM", now)),
        ("id-4", bad),
        ("id-5", new("INSUFFICIENT_DATA", "")),
        // Nine minutes are its period of five and a little; ten are enough to have gone off before.
        ("id-6", new("INSUFFICIENT_DATA", "2026-08-04T01:51:52.000+0000")),
    ] {
        assert_eq!(handle(id, change).await, Ok(Done::worked(Made::Message, "shown as alarm")));
    }
}

#[tokio::test]
async fn a_message_without_an_envelope_is_shown() {
    let stage = Stage::new().await;
    let outcome = stage.handle("disk full").await;
    assert_eq!(outcome, Ok(Done::worked(Made::Message, "shown as text")));
    assert_eq!(stage.posted()[0]["text"], "Notification: disk full");
}

#[tokio::test]
async fn a_message_is_json_as_slack_wants_it() {
    let stage = Stage::new().await;
    stage.check(Outcome::Worked).await;
    let call = &stage.calls()[0];
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
