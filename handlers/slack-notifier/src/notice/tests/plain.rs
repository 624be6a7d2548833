//! What nobody recognizes, and what is hardly a message at all.

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
    for text in ["5.0", "\"a\\u3042\"", "null", "true"] {
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
fn json_whose_indents_would_be_most_of_it_stays_on_one_line() {
    let wide = vec!["1"; 10_000].join(",");
    let deep = format!("{}{wide}{}", "[".repeat(120), "]".repeat(120));
    assert_eq!(notice(None, &deep).code.as_deref(), Some(deep.as_str()));
    let flat = format!("[{wide}]");
    assert!(notice(None, &flat).code.unwrap().starts_with("[\n  1,\n"));
}
