//! Texts that EventBridge quotes.

use super::*;

#[test]
fn a_string_of_json_is_its_text() {
    for (message, shown) in [
        (
            r#""The job nightly-export has failed at 2026-03-01T00:00:00Z.""#,
            "The job nightly-export has failed at 2026-03-01T00:00:00Z.",
        ),
        (r#" "say \"hi\"\n\u3042" "#, "say \"hi\"\nあ"),
        ("\"a\"\n\"b\"\n", "a\nb"),
        ("\"a\"\r\n\n  \"b \\\"c\\\"\"", "a\n\nb \"c\""),
        (r#""\"twice\"""#, "twice"),
    ] {
        let notice = notice(None, message);
        assert_eq!((notice.kind, notice.code.as_deref()), ("text", Some(shown)), "{message}");
    }
}

#[test]
fn what_is_quoted_is_read_like_anything_else() {
    let quoted = serde_json::to_string(PlainText::TEST_EVENT).unwrap();
    assert_eq!(notice(None, &quoted), notice(None, PlainText::TEST_EVENT));
    assert_eq!(notice(None, r#""{\"n\": 1.50}""#).code.as_deref(), Some("{\n  \"n\": 1.50\n}"));
    assert_eq!(notice(None, r#""""#).text.as_deref(), Some("The message is empty."));
}

#[test]
fn quotes_that_are_part_of_a_text_stay() {
    for text in ["\"a\" and \"b\"", "\"a", "say \"hi\"", "\"a\"\nb", "\"a \"b\" c\"", r#""\ud800""#] {
        assert_eq!(notice(None, text).code.as_deref(), Some(text));
    }
    // An end is seen before a text is quoted as often as fits into a message.
    let mut text = "x".to_owned();
    for _ in 0..9 {
        text = serde_json::to_string(&text).unwrap();
    }
    assert!(notice(None, &text).code.unwrap().starts_with('"'));
}
