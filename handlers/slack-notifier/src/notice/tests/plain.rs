//! What is not recognized, and what is hardly a message at all.

use super::*;

fn code(text: &str) -> Value {
    marked_section(&format!("```\n{text}\n```"))
}

#[test]
fn plain_text_is_a_block_of_code_under_its_subject() {
    let text = "disk <b>full</b>\n<!channel> see https://evil.example";
    let shown = "disk &lt;b&gt;full&lt;/b&gt;\n&lt;!channel&gt; see https://evil.example";
    let expected = message(
        &format!("db &amp; web: {}", shown.replace('\n', " ")),
        "db &amp; web",
        "#687078",
        json!([code(shown), footer(FOOTER)]),
    );
    assert_eq!(payload(Some("db & web"), text), expected);
}

#[test]
fn json_is_written_with_lines() {
    let expected = message(
        "alarms: { \"a\": [ 1, \"あ\" ] }",
        "alarms",
        "#687078",
        json!([code("{\n  \"a\": [\n    1,\n    \"あ\"\n  ]\n}"), footer(FOOTER)]),
    );
    assert_eq!(payload(None, r#"{"a":[1,"\u3042"]}"#), expected);
}

#[test]
fn a_scalar_of_json_stays_as_it_came() {
    for text in ["5.0", "1E+2", "null", "true"] {
        assert_eq!(notice(None, text).code.as_deref(), Some(text));
    }
}

#[test]
fn without_a_subject_the_topic_is_the_title_and_without_a_topic_there_is_one_all_the_same() {
    let body = |topic: Value, subject: Value| {
        json!({"Type": "Notification", "MessageId": "m", "Message": "x", "TopicArn": topic, "Subject": subject})
            .to_string()
    };
    for (topic, subject, title) in [
        (json!(TOPIC), json!(null), "alarms"),
        (json!(TOPIC), json!(""), "alarms"),
        (json!(TOPIC), json!(" \u{200b}\n"), "alarms"),
        (json!("arn:aws:sns:r:1:a.fifo"), json!(null), "a.fifo"),
        (json!("arn:aws:sns"), json!(null), "sns"),
        (json!("x"), json!(null), "x"),
        (json!("arn:aws:sns:r:1:"), json!(null), "Notification"),
        (json!("::"), json!(null), "Notification"),
        (json!(""), json!(null), "Notification"),
        (json!(null), json!(null), "Notification"),
        (json!(null), json!(" two\r\n lines "), "two lines"),
    ] {
        let notice = notice_of(&body(topic.clone(), subject.clone()));
        assert_eq!(notice.title, title, "{topic} {subject}");
    }
    let missing = json!({"Type": "Notification", "MessageId": "m", "Message": "x"}).to_string();
    let notice = notice_of(&missing);
    assert_eq!((notice.title.as_str(), notice.footer.len()), ("Notification", 0));
}

#[test]
fn a_bare_message_is_shown_as_well() {
    let notice = notice_of(PlainText::TEST_EVENT);
    assert_eq!((notice.kind, notice.title.as_str()), ("alarm", "ALARM: checkout-errors"));
}

#[test]
fn a_message_without_anything_to_see_says_so() {
    let said = |message: &str| payload(None, message)["attachments"][0]["blocks"][0].clone();
    assert_eq!(said(""), section("The message is empty."));
    for unseen in [" ", "\n\t\r\n", "\0\u{1b}\u{7f}", "\u{200b}\u{feff}\u{3000}"] {
        assert_eq!(said(unseen), section("The message has no visible characters."), "{unseen:?}");
    }
}

#[test]
fn escapes_that_are_no_text_are_shown_as_they_came() {
    for broken in [r#"{"AlarmName":"\ud800","NewStateValue":"ALARM"}"#, r#"["\udc00\ud800"]"#, r#"{"a":1"#] {
        let notice = notice(None, broken);
        assert_eq!((notice.kind, notice.code.as_deref()), ("text", Some(broken)));
    }
}

#[test]
fn nesting_without_end_is_shown_as_it_came() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        let notice = notice(None, &deep);
        assert_eq!((notice.kind, notice.code.as_deref()), ("text", Some(deep.as_str())));
    }
}

#[test]
fn json_is_shown_letter_by_letter() {
    let message = r#"{"wei":1234567890123456789012,"price":10.50,"ratio":0.1000000000000000055511151231257827,"zeta":1,"alpha":2,"zeta":3}"#;
    let shown = "{\n  \"wei\": 1234567890123456789012,\n  \"price\": 10.50,\n  \"ratio\": 0.1000000000000000055511151231257827,\n  \
                 \"zeta\": 1,\n  \"alpha\": 2,\n  \"zeta\": 3\n}";
    assert_eq!(notice(None, message).code.as_deref(), Some(shown));
}

#[test]
fn json_that_fits_on_fewer_lines_is_whole() {
    let items: Vec<String> = (0..60).map(|n| format!(r#"{{"k":{{"a":{{"b":{{"c":{n}}}}}}}}}"#)).collect();
    let message = format!(r#"{{"items":[{}]}}"#, items.join(","));
    let shown = payload(None, &message)["attachments"][0]["blocks"][0]["text"]["text"].as_str().unwrap().to_owned();
    for n in 0..60 {
        assert!(shown.contains(&format!(r#"{{"c": {n}}}"#)), "{shown}");
    }
    let deep = format!("{}1{}", r#"{"a":"#.repeat(100), "}".repeat(100));
    assert_eq!(notice(None, &deep).code.as_deref(), Some(deep.as_str()));
}

#[test]
fn json_that_is_cut_keeps_what_matters_and_says_how_much_is_missing() {
    let padding: Vec<String> = (0..300).map(|n| format!(r#""a{n}":{{"b":"{}"}}"#, "x".repeat(70))).collect();
    let message = format!(r#"{{{},"build-status":"FAILED","project-name":"demo","severity":8.0}}"#, padding.join(","));
    let payload = payload(None, &message);
    let shown = payload["attachments"][0]["blocks"][0]["text"]["text"].as_str().unwrap();
    for kept in
        [r#""build-status": "FAILED""#, r#""project-name": "demo""#, r#""severity": 8.0"#, " more characters)\n```"]
    {
        assert!(shown.contains(kept), "{shown}");
    }
}

#[test]
fn a_carriage_return_alone_ends_a_line() {
    let shown = payload(None, "10%\r20%\r\n30% done");
    assert_eq!(shown["attachments"][0]["blocks"][0], code("10%\n20%\n30% done"));
}

#[test]
fn a_job_of_aws_backup_has_the_color_of_its_fate() {
    for (fate, severity) in [
        ("failed. Resource ARN : arn:aws:ec2:r:1:volume/vol-0. BackupJob ID : 1", Severity::Bad),
        ("failed to complete in time. Resource ARN : x", Severity::Bad),
        ("was completed successfully. Recovery point ARN: x. Resource ARN : failed", Severity::Good),
        ("was stopped. Resource ARN : x", Severity::Warning),
    ] {
        let text = format!("An AWS Backup job {fate}");
        let notice = notice(Some("Notification from AWS Backup"), &text);
        assert_eq!(
            (notice.title.as_str(), notice.code.as_deref()),
            ("Notification from AWS Backup", Some(text.as_str()))
        );
        assert_eq!(notice.severity, severity, "{fate}");
    }
}
