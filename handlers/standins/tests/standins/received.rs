//! The record of what arrived: complete, in order, and without a secret.

use crate::support::{FILE, KEY, Outcome, Stage};
use reqwest::Method;
use serde_json::{Value, json};
use standins::{Credential, ReceivedCall};

#[tokio::test]
async fn records_every_call_in_order_with_its_answer() -> Outcome {
    let stage = Stage::started().await?;
    stage.put(json!({"content": "x"})).await?;
    stage.get(FILE).await?;
    stage.get("/backlog/api/v2/projects/SUB/files/8").await?;
    stage.get_with_key("/backlog/unknown", "wrong").await?;
    let request = stage.request(Method::POST, "/backlog/api/v2/issues");
    request.body("a=1").send().await?;

    let calls: Vec<ReceivedCall> = stage.request(Method::GET, "/_control/received").send().await?.json().await?;
    assert_eq!(calls, stage.standins.received());
    let seen: Vec<_> = calls.iter().map(|call| (&*call.method, &*call.path, call.credential, call.status)).collect();
    let unknown = "/backlog/api/v2/projects/SUB/files/8";
    assert_eq!(
        seen,
        [
            ("GET", FILE, Credential::Valid, 200),
            ("GET", unknown, Credential::Valid, 404),
            ("GET", "/backlog/unknown", Credential::Wrong, 404),
            ("POST", "/backlog/api/v2/issues", Credential::Missing, 401),
        ]
    );
    assert!(calls.iter().all(|call| call.service == "backlog"));
    assert!(calls.is_sorted_by(|a, b| a.sequence < b.sequence));
    assert_eq!(calls[3].body, "a=1");
    Ok(())
}

#[tokio::test]
async fn has_the_documented_fields() -> Outcome {
    let stage = Stage::started().await?;
    let request = stage.request(Method::GET, "/backlog/api/v2/issues?order=asc&keyword=%2F");
    let request = request.header("X-Mixed-Case", "Value");
    request.query(&[("apiKey", KEY)]).send().await?;
    let calls: Value = stage.request(Method::GET, "/_control/received").send().await?.json().await?;
    let call = &calls[0];
    assert_eq!(call["service"], "backlog");
    assert_eq!(call["method"], "GET");
    assert_eq!(call["path"], "/backlog/api/v2/issues");
    assert_eq!(call["query"], "order=asc&keyword=%2F&apiKey=redacted");
    assert_eq!(call["credential"], "valid");
    assert_eq!(call["headers"]["x-mixed-case"], "Value");
    assert_eq!(call["body"], "");
    assert_eq!(call["status"], 200);
    assert!(call["at"].as_u64().is_some_and(|at| at > 1_700_000_000_000));
    Ok(())
}

#[tokio::test]
async fn never_keeps_the_key_wherever_it_was_sent() -> Outcome {
    let stage = Stage::started().await?;
    let request = stage.request(Method::POST, &format!("/backlog/{KEY}"));
    request
        .query(&[("apiKey", KEY), ("apikey", KEY), ("q", KEY)])
        .bearer_auth(KEY)
        .header("Backlog-API-Key", format!("{KEY}-mistyped"))
        .header("referer", format!("http://x/?apiKey={KEY}"))
        .body(format!("apiKey={KEY}"))
        .send()
        .await?;
    stage.control("keys", &json!({"BACKLOG_API_KEY": "RotatedKey9876543210"})).await?;
    stage.get_with_key(&format!("/backlog/{KEY}"), KEY).await?;

    let call = &stage.standins.received()[0];
    assert_eq!(call.headers["authorization"], "redacted");
    assert_eq!(call.headers["backlog-api-key"], "redacted");
    assert_eq!(call.body, "apiKey=redacted");
    let kept = serde_json::to_string(&stage.standins.received())?;
    assert!(!kept.contains(KEY), "{kept}");
    Ok(())
}

#[tokio::test]
async fn keeps_only_the_beginning_of_a_long_body() -> Outcome {
    let stage = Stage::started().await?;
    let request = stage.request(Method::POST, "/backlog/api/v2/issues");
    request.body("あ".repeat(30_000)).send().await?;
    let call = &stage.standins.received()[0];
    assert_eq!(call.body, "あ".repeat(64 * 1024 / 3));
    Ok(())
}

#[tokio::test]
async fn refuses_and_records_a_body_beyond_every_measure() -> Outcome {
    let stage = Stage::started().await?;
    let request = stage.request(Method::POST, "/backlog/api/v2/issues");
    // The server may close before everything is sent; then the client sees no answer at all.
    let answer = request.body(vec![b'x'; 17 << 20]).send().await;
    assert!(answer.map_or(true, |answer| answer.status() == 413));
    assert_eq!(stage.standins.received()[0].status, 413);
    Ok(())
}

#[tokio::test]
async fn does_not_record_control_calls_and_the_page() -> Outcome {
    let stage = Stage::started().await?;
    for path in ["/", "/received.json", "/holdings.json", "/journeys.json", "/_control/health", "/elsewhere"] {
        stage.request(Method::GET, path).send().await?;
    }
    stage.put(json!({"content": "x"})).await?;
    assert!(stage.standins.received().is_empty());
    Ok(())
}
