//! The blocks of a message: every limit from both sides.

use crate::support::{Outcome, Stage};
use serde_json::{Value, json};

fn plain(length: usize) -> Value {
    json!({"type": "plain_text", "text": "あ".repeat(length)})
}

fn markdown(length: usize) -> Value {
    json!({"type": "mrkdwn", "text": "あ".repeat(length)})
}

/// Sends every list of blocks to a stage of its own share, so that the burst lasts.
async fn check(lists: Vec<Value>, expected: &str) -> Outcome {
    let stage = Stage::started().await?;
    for (place, blocks) in lists.into_iter().enumerate() {
        stage.standins.reset();
        let payload = json!({"text": "fallback", "blocks": blocks});
        let answer = stage.client.post(stage.standins.secret("SLACK_WEBHOOK_URL")).json(&payload).send().await?;
        let status = answer.status();
        assert_eq!(answer.text().await?, expected, "{place}: {blocks}");
        assert_eq!(status, if expected == "ok" { 200 } else { 400 });
    }
    Ok(())
}

#[tokio::test]
async fn takes_every_known_block_up_to_its_limits() -> Outcome {
    check(
        vec![
            json!(vec![json!({"type": "divider"}); 50]),
            json!([{"type": "section", "text": markdown(3_000), "block_id": "b".repeat(255)}]),
            json!([{"type": "section", "text": plain(1), "accessory": {"type": "button"}}]),
            json!([{"type": "section", "fields": vec![markdown(2_000); 10]}]),
            json!([{"type": "header", "text": plain(150)}]),
            json!([{"type": "context", "elements": vec![markdown(1); 10]}]),
            json!([{"type": "context", "elements": [{"type": "image", "image_url": "https://a/b", "alt_text": "a"}]}]),
            json!([{"type": "image", "image_url": "https://a/b", "alt_text": "a", "title": plain(1)}]),
            json!([{"type": "actions", "elements": [{"type": "button", "text": plain(1)}]}]),
            json!([{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]}]),
            json!([{"type": "markdown", "text": "# a"}]),
            json!([{"type": "section", "text": {"type": "mrkdwn", "text": "a", "verbatim": true}, "expand": true}]),
            json!([{"type": "header", "text": {"type": "plain_text", "text": "a", "emoji": false}}]),
        ],
        "ok",
    )
    .await
}

#[tokio::test]
async fn refuses_what_is_over_a_limit() -> Outcome {
    check(
        vec![
            json!(vec![json!({"type": "divider"}); 51]),
            json!([{"type": "section", "text": markdown(3_001)}]),
            json!([{"type": "section", "text": plain(1), "block_id": "b".repeat(256)}]),
            json!([{"type": "section", "fields": vec![markdown(1); 11]}]),
            json!([{"type": "section", "fields": [markdown(2_001)]}]),
            json!([{"type": "header", "text": plain(151)}]),
            json!([{"type": "context", "elements": vec![markdown(1); 11]}]),
            json!([{"type": "actions", "elements": vec![json!({"type": "button"}); 26]}]),
            json!([{"type": "markdown", "text": "a".repeat(12_001)}]),
        ],
        "invalid_blocks",
    )
    .await
}

#[tokio::test]
async fn refuses_what_is_unknown_or_lacks_a_member() -> Outcome {
    check(
        vec![
            json!("text"),
            json!({"type": "divider"}),
            json!(["divider"]),
            json!([{}]),
            json!([{"type": "paragraph", "text": plain(1)}]),
            json!([{"type": "section"}]),
            json!([{"type": "section", "text": "a"}]),
            json!([{"type": "section", "text": {"type": "mrkdwn"}}]),
            json!([{"type": "section", "text": {"type": "markdown", "text": "a"}}]),
            json!([{"type": "section", "text": plain(0)}]),
            json!([{"type": "section", "fields": []}]),
            json!([{"type": "section", "fields": [markdown(0)]}]),
            json!([{"type": "header"}]),
            json!([{"type": "header", "text": markdown(1)}]),
            json!([{"type": "context"}]),
            json!([{"type": "context", "elements": []}]),
            json!([{"type": "image", "image_url": "https://a/b"}]),
            json!([{"type": "image", "alt_text": "a"}]),
            json!([{"type": "actions", "elements": []}]),
            json!([{"type": "divider"}, {"type": "header"}]),
        ],
        "invalid_blocks",
    )
    .await
}

#[tokio::test]
async fn refuses_a_member_that_it_does_not_know() -> Outcome {
    let text = |kind: &str, option: &str, value: Value| json!({"type": kind, "text": "a", option: value});
    check(
        vec![
            json!([{"type": "section", "text": text("plain_text", "verbatim", json!(true))}]),
            json!([{"type": "section", "text": text("mrkdwn", "emoji", json!(false))}]),
            json!([{"type": "section", "fields": [text("plain_text", "verbatim", json!(false))]}]),
            json!([{"type": "section", "text": text("plain_text", "emoji", json!("yes"))}]),
            json!([{"type": "section", "text": text("mrkdwn", "color", json!("red"))}]),
            json!([{"type": "header", "text": text("plain_text", "verbatim", json!(true))}]),
            json!([{"type": "context", "elements": [text("mrkdwn", "emoji", json!(true))]}]),
            json!([{"type": "section", "text": plain(1), "color": "red"}]),
            json!([{"type": "divider", "text": plain(1)}]),
            json!([{"type": "header", "text": plain(1), "fields": []}]),
            json!([{"type": "context", "elements": [{"type": "image", "image_url": "https://a/b", "alt_text": "a", "title": plain(1)}]}]),
            json!([{"type": "markdown", "text": "a", "verbatim": true}]),
        ],
        "invalid_blocks",
    )
    .await
}
