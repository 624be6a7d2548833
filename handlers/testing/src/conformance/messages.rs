//! Queues and topics: what is sent is what arrives.

use contracts::{Headers, JsonObject};
use runtime::{Queue, Topic};
use std::collections::BTreeSet;

/// Sends bodies with headers; `received` yields what has arrived since it was asked last.
pub async fn queues(queue: &Queue<JsonObject>, received: impl AsyncFn() -> Vec<(String, Headers)>) {
    let headers = |pairs: &[(&str, &str)]| -> Headers {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let (long, longest) = ("あ".repeat(300), "あ".repeat(256));
    let mut ids = BTreeSet::new();
    for (body, sent, arrived) in [
        ("{}", headers(&[]), headers(&[])),
        (r#"{"a": "資料 \u0000 🦀"}"#, headers(&[("x-kind", "push")]), headers(&[("x-kind", "push")])),
        ("{\"a\":\n\t1}", headers(&[("x-empty", ""), ("x-b", "2")]), headers(&[("x-b", "2")])),
        ("{}", headers(&[("x-long", &long)]), headers(&[("x-long", &longest)])),
        ("{}", headers(&[("x-odd", "a\0b\u{1b}c\u{ffff}d")]), headers(&[("x-odd", "a b c d")])),
    ] {
        let id = queue.send_text(body, &sent).await.unwrap();
        assert!(!id.is_empty() && ids.insert(id), "{ids:?}");
        assert_eq!(received().await, [(body.to_owned(), arrived)]);
    }
}

/// Publishes messages; `received` yields the texts that have arrived since it was asked last.
pub async fn topics(topic: &Topic<JsonObject>, received: impl AsyncFn() -> Vec<String>) {
    let mut ids = BTreeSet::new();
    for text in ["{}", r#"{"a":"資料 \u0000 🦀","b":[1,null]}"#] {
        let message: JsonObject = serde_json::from_str(text).unwrap();
        let id = topic.publish(&message).await.unwrap();
        assert!(!id.is_empty() && ids.insert(id), "{ids:?}");
        assert_eq!(received().await, [text]);
    }
}
