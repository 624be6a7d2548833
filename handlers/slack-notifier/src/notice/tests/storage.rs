//! Events of S3.

use super::*;

fn record(event: &str, key: &str, n_bytes: Option<u64>) -> Value {
    let mut record = json!({
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "eu-west-1",
        "eventTime": "2026-08-04T02:01:50.000Z",
        "eventName": event,
        "userIdentity": {"principalId": "AWS:AIDAEXAMPLE"},
        "requestParameters": {"sourceIPAddress": "192.0.2.1"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "all",
            "bucket": {"name": "reports", "ownerIdentity": {"principalId": "A1"}, "arn": "arn:aws:s3:::reports"},
            "object": {"key": key, "eTag": "d41d8cd98f00b204e9800998ecf8427e", "sequencer": "0055AED6DCD90281E5"},
        },
    });
    if let Some(n_bytes) = n_bytes {
        record["s3"]["object"]["size"] = n_bytes.into();
    }
    record
}

fn records(records: &[Value]) -> String {
    json!({"Records": records}).to_string()
}

#[test]
fn a_new_object_is_shown_with_its_decoded_key_and_its_size() {
    let expected = message(
        "S3: ObjectCreated:Put in reports",
        "S3: ObjectCreated:Put in reports",
        "#687078",
        json!([
            fields(&["Bucket\nreports", "Object\n見積/v 1+2 &amp; 3.pdf", "Size\n2.65 KiB"]),
            marked_section(
                "<https://eu-west-1.console.aws.amazon.com/s3/object/reports?region=eu-west-1&amp;prefix=\
                 %E8%A6%8B%E7%A9%8D%2Fv%201%2B2%20%26%203.pdf|Open the object in S3>"
            ),
            footer("alarms · eu-west-1 · 111122223333 · 2026-08-04 11:01:50 +09:00"),
        ]),
    );
    let created = record("ObjectCreated:Put", "%E8%A6%8B%E7%A9%8D/v+1%2B2+%26+3.pdf", Some(2718));
    assert_eq!(payload(Some("Amazon S3 Notification"), &records(&[created])), expected);
}

#[test]
fn an_event_by_eventbridge_reads_as_one_that_comes_straight() {
    let event = |kind: &str, object: Value, reason: &str| {
        json!({
            "version": "0", "id": "17793124-05d4-b198-2fde-7ededc63b103", "detail-type": kind, "source": "aws.s3",
            "account": "111122223333", "time": "2026-08-04T02:01:50Z", "region": "eu-west-1",
            "resources": ["arn:aws:s3:::reports"],
            "detail": {
                "version": "0", "bucket": {"name": "reports"}, "object": object, "request-id": "N4N7GDK58NMKJ12R",
                "requester": "123456789012", "source-ip-address": "192.0.2.1", "reason": reason,
            },
        })
        .to_string()
    };
    let expected = message(
        "S3: Object Created in reports",
        "S3: Object Created in reports",
        "#687078",
        json!([
            fields(&["Bucket\nreports", "Object\n見積/v 1+2%20.pdf", "Size\n2.65 KiB", "Reason\nPutObject"]),
            marked_section(
                "<https://eu-west-1.console.aws.amazon.com/s3/object/reports?region=eu-west-1&amp;prefix=\
                 %E8%A6%8B%E7%A9%8D%2Fv%201%2B2%2520.pdf|Open the object in S3>"
            ),
            footer("alarms · eu-west-1 · 111122223333 · 2026-08-04 11:01:50 +09:00"),
        ]),
    );
    // Unlike S3 itself, EventBridge writes the key as it is.
    let created = event("Object Created", json!({"key": "見積/v 1+2%20.pdf", "size": 2718}), "PutObject");
    assert_eq!(payload(None, &created), expected);
    let deleted = notice(None, &event("Object Deleted", json!({"key": "a"}), "DeleteObject"));
    assert_eq!(deleted.link.unwrap().label, "Open the bucket in S3");
    let strange = notice(None, &json!({"detail-type": "x", "source": "aws.s3", "detail": {"bucket": 7}}).to_string());
    assert_eq!(strange.kind, "event");
}

#[test]
fn a_removed_object_has_no_size_and_leads_to_its_bucket() {
    for event in ["ObjectRemoved:Delete", "ObjectRemoved:DeleteMarkerCreated", "LifecycleExpiration:Delete"] {
        let notice = notice(None, &records(&[record(event, "a", None)]));
        let url = "https://eu-west-1.console.aws.amazon.com/s3/buckets/reports?region=eu-west-1";
        assert_eq!(notice.link.unwrap().url, url);
        assert_eq!(notice.fields.len(), 2);
    }
}

#[test]
fn several_events_are_a_list() {
    let removed = record("ObjectRemoved:Delete", "b", None);
    let list = [record("ObjectCreated:Put", "a+1", Some(7)), removed.clone()];
    let shown = notice(None, &records(&list));
    assert_eq!(shown.title, "S3: 2 events in reports");
    assert_eq!(shown.text.as_deref(), Some("ObjectCreated:Put: a 1 (7 B)\nObjectRemoved:Delete: b"));

    let mut other = removed;
    other["s3"]["bucket"]["name"] = "others".into();
    let shown = notice(None, &records(&[list[0].clone(), other]));
    assert_eq!((shown.title.as_str(), shown.link), ("S3: 2 events", None));
    assert_eq!(shown.text.as_deref(), Some("ObjectCreated:Put: reports/a 1 (7 B)\nObjectRemoved:Delete: others/b"));
}

#[test]
fn the_test_of_a_new_configuration_is_said_to_be_one() {
    let test = json!({
        "Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-08-04T02:01:50.000Z", "Bucket": "reports",
        "RequestId": "5582815E1AEA5ADF", "HostId": "8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE",
    });
    let notice = notice(None, &test.to_string());
    assert_eq!((notice.kind, notice.title.as_str()), ("S3 test event", "S3: reports will send events here"));
    assert_eq!(notice.footer[3], "2026-08-04 11:01:50 +09:00");
}

#[test]
fn records_of_others_and_of_nobody_are_shown_as_json() {
    let records_of_ses = json!({"Records": [{"eventName": "x", "ses": {}}]});
    for other in [json!({"Records": []}), json!({"Records": 1}), json!({"Records": [null]}), records_of_ses] {
        assert_eq!(notice(None, &other.to_string()).kind, "JSON");
    }
}

#[test]
fn the_partition_of_the_bucket_decides_where_its_console_is() {
    let mut record = record("ObjectCreated:Put", "a", Some(1));
    record["awsRegion"] = "cn-north-1".into();
    record["s3"]["bucket"]["arn"] = "arn:aws-cn:s3:::reports".into();
    let url = notice(None, &records(&[record.clone()])).link.unwrap().url;
    assert!(url.starts_with("https://cn-north-1.console.amazonaws.cn/s3/object/reports?"), "{url}");
    record["awsRegion"] = "evil.example/#".into();
    assert_eq!(notice(None, &records(&[record])).link, None);
}

#[test]
fn a_key_is_shown_letter_by_letter() {
    let key = "見積/_draft_/*final* ~old~ v1.2 :+1: `x` <b> 2001:db8::1";
    let encoded = "%E8%A6%8B%E7%A9%8D/_draft_/%2Afinal%2A+~old~+v1.2+%3A%2B1%3A+%60x%60+%3Cb%3E+2001%3Adb8%3A%3A1";
    let shown = payload(None, &records(&[record("ObjectCreated:Put", encoded, Some(1))]));
    let field = shown["attachments"][0]["blocks"][0]["fields"][1].clone();
    // `plain_text` is not formatted, and these escapes are the only ones.
    assert_eq!(field, plain_text(&format!("Object\n{}", key.replace('<', "&lt;").replace('>', "&gt;"))));
}
