//! Limits that hold whatever a notice says, and texts that stay texts.

use super::*;
use crate::notice::Notice;
use contracts::{Message, PlainText, Published, SettingValue, TimeZone};
use serde_json::Value;

/// A notice in which everything is this text.
fn full_of(text: &str) -> Notice {
    Notice {
        kind: "test",
        severity: Severity::Bad,
        title: text.to_owned(),
        text: Some(text.to_owned()),
        fields: vec![Field { label: text.to_owned(), value: text.to_owned() }; 23],
        code: Some(text.to_owned()),
        link: Some(Link { label: "Open", url: format!("https://console.aws.amazon.com/{}", "a".repeat(text.len())) }),
        footer: vec![text.to_owned(); 4],
    }
}

/// Every text object of a payload with its type.
fn texts(value: &Value) -> Vec<(&str, &str)> {
    let own = value["text"].as_str().and_then(|text| Some((value["type"].as_str()?, text)));
    let members: Vec<&Value> = match value {
        Value::Array(list) => list.iter().collect(),
        Value::Object(object) => object.values().collect(),
        _ => Vec::new(),
    };
    own.into_iter().chain(members.into_iter().flat_map(texts)).collect()
}

#[track_caller]
fn assert_within_limits(payload: &Value) {
    let length_of = |text: &Value| utf16_units(text.as_str().unwrap());
    assert!((1..=FALLBACK_LIMIT).contains(&length_of(&payload["text"])));
    let nested = payload["attachments"][0]["blocks"].as_array();
    let blocks: Vec<&Value> =
        payload["blocks"].as_array().unwrap().iter().chain(nested.into_iter().flatten()).collect();
    assert!(blocks.len() <= 50);
    for block in blocks {
        match block["type"].as_str().unwrap() {
            "header" => assert!((1..=150).contains(&length_of(&block["text"]["text"])), "{block}"),
            "section" if block["fields"].is_array() => {
                let fields = block["fields"].as_array().unwrap();
                assert!((1..=10).contains(&fields.len()));
                for field in fields {
                    assert!((1..=2000).contains(&length_of(&field["text"])), "{field}");
                }
            }
            "section" => assert!((1..=3000).contains(&length_of(&block["text"]["text"])), "{block}"),
            "context" => assert!((1..=3000).contains(&length_of(&block["elements"][0]["text"])), "{block}"),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn no_text_is_longer_than_slack_takes() {
    for c in ["a", "&", "あ", "🦀", "`", "\n", "\u{0}", "a b"] {
        for n in
            (0..300).step_by(17).chain((900..7000).step_by(501)).chain([148, 149, 150, 151, 1999, 2000, 3000, 3001])
        {
            assert_within_limits(&payload(&full_of(&c.repeat(n))));
        }
    }
}

#[test]
fn the_largest_message_of_sns_is_cut_and_says_by_how_much() {
    let zone = TimeZone::default();
    for size in [256 * 1024, 1024 * 1024] {
        let published = Published::<PlainText>::from_body(&"あ`".repeat(size / 4)).unwrap();
        let payload = payload(&Notice::of(&published, &zone));
        assert_within_limits(&payload);
        let code = payload["attachments"][0]["blocks"][0]["text"]["text"].as_str().unwrap();
        let n_left: usize =
            code.rsplit_once("… (").unwrap().1.strip_suffix(" more characters)\n```").unwrap().parse().unwrap();
        let n_shown = code.matches(['あ', '`']).count() - 2 * "```".len();
        assert_eq!(n_shown + n_left, size / 2);
    }
}

#[test]
fn many_fields_leave_room_for_link_and_footer() {
    let mut notice = full_of("x");
    notice.fields = vec![Field { label: "a".into(), value: "b".into() }; 1000];
    let payload = payload(&notice);
    assert_within_limits(&payload);
    let blocks = payload["attachments"][0]["blocks"].as_array().unwrap();
    assert_eq!(blocks.len(), 49);
    assert_eq!(blocks[48]["type"], "context");
    assert!(blocks[47]["text"]["text"].as_str().unwrap().starts_with("<https://"));
}

#[test]
fn no_text_of_others_becomes_a_link_or_a_mention() {
    let evil = "<!channel> <@U1> <https://evil.example|ok> & #general @here http://evil.example ```\n<!here>";
    let payload = payload(&full_of(evil));
    for (kind, text) in texts(&payload) {
        let own = text.strip_prefix("<https://console.aws.amazon.com/").and_then(|rest| rest.strip_suffix("|Open>"));
        let text = own.unwrap_or(text);
        assert!(!text.contains(['<', '>']), "{kind}: {text}");
        assert!(!text.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "").contains('&'), "{text}");
    }
    assert!(!payload["text"].as_str().unwrap().contains(['<', '>']));
    let written = payload.to_string();
    assert_eq!(written.matches("\"mrkdwn\"").count(), written.matches("\"verbatim\":true").count());
    assert_eq!(written.matches("\"plain_text\"").count(), written.matches("\"emoji\":false").count());
}

#[test]
fn no_text_of_others_is_formatted() {
    let payload = payload(&full_of("_x_ *x* ~x~ `x` :+1: arn:aws:iam::1:role/_a_ 2001:db8::1\n> quoted"));
    for (kind, text) in texts(&payload) {
        let is_own = text.starts_with("<https://console.aws.amazon.com/");
        let is_code = text.starts_with("```\n") && text.ends_with("\n```");
        assert!(kind == "plain_text" || is_own || is_code, "{kind}: {text}");
    }
}

#[test]
fn the_text_alone_says_all_and_is_not_formatted() {
    let mut notice = full_of("a *b* <c>");
    notice.fields.truncate(1);
    let payload = text_payload(&notice);
    let url = notice.link.unwrap().url;
    let expected = format!("{0}\n{0}\n{0}: {0}\n{url}\n{0}\n{0} · {0} · {0} · {0}", "a *b* &lt;c&gt;");
    assert_eq!(payload["text"], expected);
    assert_eq!((&payload["mrkdwn"], payload.get("blocks"), payload.get("attachments")), (&json!(false), None, None));
    for c in ["a", "&", "あ", "\n"] {
        let text = text_payload(&full_of(&c.repeat(5000)))["text"].as_str().unwrap().to_owned();
        assert!((1..=TEXT_LIMIT).contains(&utf16_units(&text)));
    }
}

#[test]
fn a_link_that_would_not_fit_is_left_out() {
    let mut notice = full_of("x");
    for (n, is_there) in [(2900, true), (3000, false)] {
        notice.link = Some(Link { label: "Open", url: format!("https://{}", "a".repeat(n)) });
        assert_eq!(payload(&notice).to_string().contains("|Open>"), is_there);
    }
}

#[test]
fn a_notice_with_nothing_but_a_title_has_no_bar() {
    let mut notice = full_of("");
    (notice.text, notice.code, notice.link) = (None, None, None);
    notice.fields.clear();
    let payload = payload(&notice);
    assert_within_limits(&payload);
    assert_eq!(payload["text"], "Notification");
    assert_eq!(payload.get("attachments"), None);
}

#[test]
fn a_title_of_one_time_zone_or_another_is_the_same() {
    for zone in ["UTC", "America/New_York"] {
        let published = Published::<PlainText>::from_body(PlainText::TEST_EVENT).unwrap();
        let payload = payload(&Notice::of(&published, &TimeZone::parse(zone).unwrap()));
        assert_eq!(payload["blocks"][0]["text"]["text"], "ALARM: checkout-errors");
    }
}
