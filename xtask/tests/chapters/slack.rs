//! Chapters of `sns-slack`: notifications of AWS in Slack.

use super::world::{envelope, texts};
use crate::local::stage::Stage;
use crate::local::story::{Chapter, chapter};
use serde_json::{Value as Json, json};

const STACK: &str = "sns-slack";

pub const CHAPTERS: &[Chapter<Stage>] = &[
    chapter("slack: each kind of notification has its form", notifications),
    chapter("slack: a second delivery shows nothing", duplicate),
    chapter("slack: a rate limit delays the message", rate_limit),
    chapter("slack: blocks that are refused are shown as text", refused_blocks),
    chapter("slack: a deleted webhook is reported", gone),
    chapter("slack: an alarm of another integration arrives", alarm),
];

fn topic(stage: &Stage) -> String {
    stage.registered(STACK)
}

/// Publishes with the AWS command line, as any program of the account might.
fn publish(stage: &Stage, message: &str, more: &[&str]) {
    let topic = topic(stage);
    let published = ["sns", "publish", "--topic-arn", &topic, "--message", message];
    let answer = stage.aws(&[&published[..], more].concat());
    assert!(answer["MessageId"].is_string(), "{answer}");
    stage.settles(STACK, "Notices");
}

/// The one message of Slack with this text.
fn message(stage: &Stage, text: &str) -> Json {
    let messages = stage.shown_with("slack/messages", text);
    assert_eq!(messages.len(), 1, "{text}: {messages:#?}");
    messages[0].clone()
}

fn headline(message: &Json) -> &str {
    message["blocks"][0]["text"]["text"].as_str().unwrap()
}

fn notifications(stage: &Stage) {
    // A message cannot mention people of the channel, and no link hides its target.
    publish(stage, "plain 本文 <!channel> & more\n二行目", &[]);
    let plain = message(stage, "plain 本文");
    assert_eq!(headline(&plain), "tsugite-local-sns-slack-Notifications");
    assert!(texts(&plain).contains("```\nplain 本文 &lt;!channel&gt; &amp; more\n二行目\n```"), "{plain:#}");
    assert!(texts(&plain).contains("ap-northeast-1 · 000000000000"), "{plain:#}");

    publish(stage, "with a subject", &["--subject", "Nightly report"]);
    assert_eq!(headline(&message(stage, "with a subject")), "Nightly report");

    publish(stage, r#"{"job":"rotate","n_keys":3}"#, &[]);
    let json = message(stage, "rotate");
    assert!(texts(&json).contains("```\n{\n  \"job\": \"rotate\",\n  \"n_keys\": 3\n}\n```"), "{json:#}");

    // Letter by letter: digits, order, and a member that stands there twice.
    publish(stage, r#"{"wei":1234567890123456789012,"price":10.50,"a":1,"price":1E+2}"#, &[]);
    let exact = message(stage, "1234567890123456789012");
    let lines = "{\n  \"wei\": 1234567890123456789012,\n  \"price\": 10.50,\n  \"a\": 1,\n  \"price\": 1E+2\n}";
    assert!(texts(&exact).contains(lines), "{exact:#}");

    publish(stage, "\"The job \\\"export\\\"\"\n\"is late.\"", &[]);
    assert!(texts(&message(stage, "is late.")).contains("```\nThe job \"export\"\nis late.\n```"));

    let build = json!({
        "version": "0", "source": "aws.codebuild", "detail-type": "CodeBuild Build State Change",
        "account": "000000000000", "region": "ap-northeast-1", "time": "2026-08-04T02:01:52Z", "resources": [],
        "detail": {
            "build-status": "FAILED", "project-name": "_nightly_",
            "build-id": "arn:aws:codebuild:ap-northeast-1:000000000000:build/_nightly_:8745a7a9",
        },
    });
    publish(stage, &build.to_string(), &[]);
    let failed = message(stage, "8745a7a9");
    assert_eq!(headline(&failed), "CodeBuild FAILED: _nightly_");
    assert_eq!(failed["attachments"][0]["color"], "#d13212", "{failed:#}");
    assert!(texts(&failed).contains("/codesuite/codebuild/projects/_nightly_/build/"), "{failed:#}");

    let event = json!({"Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "ap-northeast-1",
        "eventTime": "2026-08-04T02:01:52.123Z", "eventName": "ObjectCreated:Put",
        "s3": {
            "bucket": {"name": "reports", "arn": "arn:aws:s3:::reports"},
            "object": {"key": "2026/%E8%A6%8B%E7%A9%8D+v1.pdf", "size": 2718},
        },
    }]});
    publish(stage, &event.to_string(), &[]);
    let upload = message(stage, "2026/見積 v1.pdf");
    assert_eq!(headline(&upload), "S3: ObjectCreated:Put in reports");
    assert!(texts(&upload).contains("2.65 KiB"), "{upload:#}");
    assert!(texts(&upload).contains("2026-08-04 11:01:52 +09:00"), "{upload:#}");
    assert_eq!(stage.depth(STACK, "NoticesDeadLetters"), 0);
}

fn duplicate(stage: &Stage) {
    let notice = envelope("11111111-2222-4333-8444-555555555555", &topic(stage), "delivered twice");
    // Perhaps at the same time; then the second waits as long as the first may take.
    stage.send(STACK, "Notices", &[&notice, &notice]);
    stage.settles(STACK, "Notices");
    message(stage, "delivered twice");
    // Much later, too: the first is done, not only in progress.
    stage.send(STACK, "Notices", &[&notice]);
    stage.settles(STACK, "Notices");
    message(stage, "delivered twice");
    // Another notification may say the same.
    stage.send(STACK, "Notices", &[&envelope("another-id", &topic(stage), "delivered twice")]);
    stage.settles(STACK, "Notices");
    assert_eq!(stage.shown_with("slack/messages", "delivered twice").len(), 2);
}

fn rate_limit(stage: &Stage) {
    let n_calls = stage.n_calls();
    stage.fail(&json!({"service": "slack", "status": 429, "times": 1, "headers": {"Retry-After": "3"}}));
    publish(stage, "after the limit", &[]);
    message(stage, "after the limit");
    let calls = stage.calls_since(n_calls, "slack");
    let [limited, shown] = &calls[..] else { panic!("{calls:#?}") };
    assert_eq!((&limited["status"], &shown["status"]), (&json!(429), &json!(200)));
    let waited = shown["at"].as_u64().unwrap() - limited["at"].as_u64().unwrap();
    assert!(waited >= 3_000, "Slack was asked again after {waited} ms");
    assert_eq!(stage.depth(STACK, "NoticesDeadLetters"), 0);
}

fn refused_blocks(stage: &Stage) {
    let n_calls = stage.n_calls();
    stage.fail(&json!({"service": "slack", "status": 400, "times": 1, "body": "invalid_blocks"}));
    publish(stage, "whose blocks are refused", &["--subject", "A subject"]);
    let shown = message(stage, "whose blocks are refused");
    assert_eq!((shown.get("blocks"), shown.get("attachments")), (None, None), "{shown:#}");
    assert!(shown["text"].as_str().unwrap().starts_with("A subject\nwhose blocks are refused\n"), "{shown:#}");
    let statuses: Vec<Json> = stage.calls_since(n_calls, "slack").iter().map(|call| call["status"].clone()).collect();
    assert_eq!(statuses, [400, 200]);
    assert_eq!(stage.depth(STACK, "NoticesDeadLetters"), 0);
}

fn gone(stage: &Stage) {
    stage.fail(&json!({"service": "slack", "status": 404, "times": 1}));
    publish(stage, "to a webhook that is gone", &[]);
    let (body, reason) = stage.given_up(STACK, "NoticesDeadLetters");
    assert!(body.contains("to a webhook that is gone"), "{body}");
    assert!(reason.contains("`no_service`") && reason.contains("SLACK_WEBHOOK_URL"), "{reason}");
    assert_eq!(stage.shown_with("slack/messages", "to a webhook that is gone").len(), 0);

    // A test event says what to do about it, and speaks of no other SaaS.
    stage.fail(&json!({"service": "slack", "status": 404, "times": 1}));
    let event = stage.run(&["publish-test-event", STACK]).fails_with(1);
    event.says("Slack does not know the webhook").says("SLACK_WEBHOOK_URL=… cargo xtask deploy sns-slack");
    assert!(!event.stderr.contains("Backlog"), "{}", event.stderr);
    stage.given_up(STACK, "NoticesDeadLetters");
}

fn alarm(stage: &Stage) {
    let name = &stage.resources("mackerel-incidents")["AlertsDeadLettersAlarm"];
    for (state, reason) in [("ALARM", "1 message was given up"), ("OK", "the queue is empty again")] {
        let arguments = ["--alarm-name", name, "--state-value", state, "--state-reason", reason];
        stage.aws(&[&["cloudwatch", "set-alarm-state"], &arguments[..]].concat());
        stage.until("the alarm arrives", || !stage.shown_with("slack/messages", reason).is_empty());
        stage.settles(STACK, "Notices");
        let alarm = message(stage, reason);
        assert_eq!(headline(&alarm), format!("{state}: {name}"));
        assert!(texts(&alarm).contains("Its attribute `Reason` says why"), "the advice is missing: {alarm:#}");
    }
}
