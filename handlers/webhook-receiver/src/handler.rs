//! What the function does with one request.

use contracts::JsonObject;
use contracts::webhook_receiver::{BODY_LIMIT_BYTES, Links as Declared};
use runtime::{Failure, Live, Reply, Request};
use std::borrow::Cow;
use subtle::ConstantTimeEq;

type Links = Declared<Live, JsonObject>;

/// Queues the event, or says why not.
pub async fn handle(links: &Links, request: Request) -> Result<Reply, Failure> {
    let Links { queue, token } = links;
    let token = token.read().await?;
    let given = request.path_parameter("token").unwrap_or_default();
    // In constant time, so that answers do not tell how much of a guess is right.
    if !bool::from(given.as_bytes().ct_eq(token.expose().as_bytes())) {
        return Ok(Reply::Unauthorized("the last part of the URL is not the token of this webhook"));
    }
    if request.body.len() > BODY_LIMIT_BYTES {
        return Ok(Reply::TooLarge("the body exceeds 256 KiB"));
    }
    if !is_json(request.header("content-type")) {
        return Ok(Reply::UnsupportedType("the content type is not application/json"));
    }
    let Ok(body) = std::str::from_utf8(&request.body) else {
        return Ok(Reply::BadRequest("the body is not UTF-8"));
    };
    if serde_json::from_str::<JsonObject>(body).is_err() {
        return Ok(Reply::BadRequest("the body is not a JSON object"));
    }
    let message_id = queue.send_text(&in_xml(body)).await?;
    Ok(Reply::Accepted { message_id })
}

/// The body as SQS takes it: two code points that JSON may hold and XML may not are written as escapes.
///
/// Source: SQS API reference, SendMessage.
fn in_xml(body: &str) -> Cow<'_, str> {
    match body.contains(['\u{fffe}', '\u{ffff}']) {
        true => body.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff").into(),
        false => body.into(),
    }
}

/// Whether a content type is JSON; one that is missing is decided by the body itself, because
/// no SaaS promises the headers of its webhooks.
fn is_json(content_type: Option<&str>) -> bool {
    let Some(content_type) = content_type else {
        return true;
    };
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type == "application/json" || media_type.ends_with("+json") || media_type == "text/json"
}

#[cfg(test)]
mod tests {
    use super::*;
    use contracts::Message;
    use contracts::backlog::BacklogEvent;
    use runtime::{FakeQueue, Queue, Secret};

    const JSON: (&str, &str) = ("Content-Type", "application/json; charset=utf-8");

    /// Posts a body with a token and expects a status; returns what was queued.
    async fn check(token: &str, headers: &[(&str, &str)], body: &[u8], status: u16) -> Vec<String> {
        let queue = FakeQueue::default();
        let links = Links { queue: Queue::fake(&queue), token: Secret::fake(&["right"]) };
        let request = Request::new(&[("token", token)], headers, body);
        let reply = handle(&links, request).await.unwrap();
        assert_eq!(reply.status(), status, "{reply:?}");
        queue.sent()
    }

    #[tokio::test]
    async fn queues_the_test_event_as_it_came() {
        let event = BacklogEvent::TEST_EVENT;
        assert_eq!(check("right", &[JSON], event.as_bytes(), 200).await, [event]);
        assert_eq!(check("right", &[], b"{}", 200).await, ["{}"]);
    }

    #[tokio::test]
    async fn what_a_queue_does_not_take_is_queued_as_an_escape() {
        let queued = check("right", &[JSON], "{\"a\": \"\u{fffe}見\u{ffff}\"}".as_bytes(), 200).await;
        assert_eq!(queued, [r#"{"a": "\ufffe見\uffff"}"#]);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&queued[0]).unwrap()["a"], "\u{fffe}見\u{ffff}");
    }

    #[tokio::test]
    async fn refuses_a_wrong_or_missing_token_before_it_looks_at_the_body() {
        for token in ["", "wrong", "righ", "right ", "rightt", "RIGHT"] {
            assert!(check(token, &[JSON], b"not json", 401).await.is_empty());
        }
    }

    #[tokio::test]
    async fn refuses_what_is_too_large() {
        let body = |n_bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(n_bytes - 8));
        assert_eq!(check("right", &[JSON], body(BODY_LIMIT_BYTES).as_bytes(), 200).await.len(), 1);
        assert!(check("right", &[JSON], body(BODY_LIMIT_BYTES + 1).as_bytes(), 413).await.is_empty());
    }

    #[tokio::test]
    async fn refuses_another_content_type() {
        for other in ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", ""] {
            assert!(check("right", &[("content-type", other)], b"{}", 415).await.is_empty());
        }
    }

    #[tokio::test]
    async fn refuses_what_is_not_a_json_object() {
        for body in [&b""[..], b"[]", b"1", b"null", b"{", b"{}{}", b"\xff", b"\"{}\""] {
            assert!(check("right", &[JSON], body, 400).await.is_empty());
        }
        let deep = "{\"a\":".repeat(100_000);
        assert!(check("right", &[], &deep.as_bytes()[..BODY_LIMIT_BYTES], 400).await.is_empty());
    }

    #[tokio::test]
    async fn a_broken_queue_is_a_failure_and_not_an_acceptance() {
        let links = Links { queue: Queue::fake(&FakeQueue::broken()), token: Secret::fake(&["right"]) };
        let request = Request::new(&[("token", "right")], &[], b"{}");
        assert!(handle(&links, request).await.is_err());
    }

    #[tokio::test]
    async fn an_empty_secret_lets_nobody_in() {
        let links = Links { queue: Queue::fake(&FakeQueue::default()), token: Secret::fake(&[" "]) };
        let request = Request::new(&[("token", "")], &[], b"{}");
        assert!(handle(&links, request).await.is_err());
    }
}
