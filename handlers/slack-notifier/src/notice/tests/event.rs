//! Events of EventBridge that no other reader knows.

use super::*;

#[test]
fn an_event_is_shown_with_its_detail_as_code() {
    let event = json!({
        "version": "0",
        "id": "12345678-1234-1234-1234-111122223333",
        "detail-type": "EC2 Instance State-change Notification",
        "source": "aws.ec2",
        "account": "123456789012",
        "time": "2026-08-04T02:01:52Z",
        "region": "us-west-1",
        "resources": ["arn:aws:ec2:us-west-1:123456789012:instance/i-1", "arn:aws:ec2:us-west-1:123456789012:instance/i-2"],
        "detail": {"instance-id": "i-1", "state": "terminated"},
    });
    let expected = message(
        "EC2 Instance State-change Notification: terminated: { \"instance-id\": \"i-1\", \"state\": \"terminated\" }",
        "EC2 Instance State-change Notification: terminated",
        "#687078",
        json!([
            fields(&[
                "Source\naws.ec2",
                "Resources\narn:aws:ec2:us-west-1:123456789012:instance/i-1\narn:aws:ec2:us-west-1:123456789012:instance/i-2",
            ]),
            marked_section("```\n{\n  \"instance-id\": \"i-1\",\n  \"state\": \"terminated\"\n}\n```"),
            footer("alarms · us-west-1 · 123456789012 · 2026-08-04 11:01:52 +09:00"),
        ]),
    );
    assert_eq!(payload(Some("ignored"), &event.to_string()), expected);
}

#[test]
fn an_event_may_be_sparse_and_of_another_kind_than_its_source_says() {
    let event = json!({"detail-type": "x", "source": "aws.codepipeline", "detail": {"pipeline": 7}, "resources": [7]});
    let notice = notice(None, &event.to_string());
    assert_eq!((notice.kind, notice.title.as_str()), ("event", "x"));
    assert_eq!(notice.code.as_deref(), Some("{\n  \"pipeline\": 7\n}"));
    assert_eq!(notice.fields.len(), 1);
}

#[test]
fn an_event_of_an_unknown_kind_has_the_state_that_it_names() {
    for (detail, title, severity) in [
        (json!({"state": "failed"}), "x: failed", Severity::Bad),
        (json!({"status": "SUCCEEDED", "severity": "HIGH"}), "x: HIGH", Severity::Bad),
        (json!({"status": "done"}), "x: done", Severity::Neutral),
        (json!({"state": 7}), "x", Severity::Neutral),
    ] {
        let event = json!({"detail-type": "x", "source": "y", "detail": detail});
        let notice = notice(None, &event.to_string());
        assert_eq!((notice.title.as_str(), notice.severity), (title, severity));
    }
}

#[test]
fn a_detail_is_shown_letter_by_letter() {
    let event =
        r#"{"detail-type": "x", "source": "y", "detail": {"b": 1.10, "a": 123456789012345678901234567890, "b": 1E+2}}"#;
    let shown = "{\n  \"b\": 1.10,\n  \"a\": 123456789012345678901234567890,\n  \"b\": 1E+2\n}";
    assert_eq!(notice(None, event).code.as_deref(), Some(shown));
}

#[test]
fn json_without_detail_is_no_event() {
    for near in [json!({"detail-type": "x", "source": "y"}), json!({"source": "y", "detail": {}})] {
        assert_eq!(notice(None, &near.to_string()).kind, "JSON");
    }
}
