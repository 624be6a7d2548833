//! The workflow of Teams: who may run it, which messages it takes, how large they may be.

use crate::support::{Outcome, Stage};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

const WRONG_CONTENTS: [&str; 26] = [
    r#"{}"#,
    r#"{"type": "MessageCard", "version": "1.4", "body": [{"type": "TextBlock", "text": "a"}]}"#,
    r#"{"type": "AdaptiveCard", "body": [{"type": "TextBlock", "text": "a"}]}"#,
    r#"{"type": "AdaptiveCard", "version": "9.9", "body": [{"type": "TextBlock", "text": "a"}]}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4"}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4", "body": []}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4", "body": {"type": "TextBlock", "text": "a"}}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4", "body": ["a"]}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4", "body": [{"text": "a"}]}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "Text", "text": "a"}]}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlock"}]}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlock", "text": 1}]}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "Image"}]}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "Container"}]}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "Container", "items": [{"type": "TextBlock"}]}]}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "ColumnSet"}]}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "ColumnSet", "columns": [{"type": "Row"}]}]}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "ColumnSet", "columns": [{"items": [{}]}]}]}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "FactSet"}]}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "FactSet", "facts": [{"title": "a"}]}]}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "RichTextBlock", "inlines": [{"text": "a"}]}]}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "ActionSet"}]}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "Input.Text"}]}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "Table", "rows": [{}]}]}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlock", "text": "a"}], "actions": [{}]}"#,
    r#"{"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlock", "text": "a"}],
        "actions": [{"type": "Action.OpenUrl", "title": "a", "url": "/a"}]}"#,
];

fn message(content: &Value) -> Value {
    let kind = "application/vnd.microsoft.card.adaptive";
    json!({"type": "message", "attachments": [{"contentType": kind, "contentUrl": null, "content": content}]})
}

fn card(text: &str) -> Value {
    let schema = "http://adaptivecards.io/schemas/adaptive-card.json";
    json!({"$schema": schema, "type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlock", "text": text}]})
}

fn post(stage: &Stage) -> RequestBuilder {
    stage.client.post(stage.standins.secret("TEAMS_WORKFLOW_URL"))
}

async fn check(answer: Response, status: u16, code: &str) -> Outcome {
    assert_eq!(answer.status(), status, "{code}");
    let body: Value = answer.json().await?;
    assert_eq!(body["error"]["code"], code, "{body}");
    assert!(body["error"]["message"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
    Ok(())
}

async fn cards(stage: &Stage) -> reqwest::Result<Value> {
    stage.request(Method::GET, "/_control/teams/cards").send().await?.json().await
}

#[tokio::test]
async fn a_card_is_accepted_without_a_word_and_kept_in_order() -> Outcome {
    let stage = Stage::started().await?;
    for text in ["受講者からの質問", "two"] {
        let answer = post(&stage).json(&message(&card(text))).send().await?;
        assert_eq!(answer.status(), 202);
        assert_eq!(answer.text().await?, "");
    }
    let cards = cards(&stage).await?;
    assert_eq!(cards.as_array().map(Vec::len), Some(2));
    assert_eq!(cards[0]["payload"], message(&card("受講者からの質問")));
    assert!(cards[0]["at"].as_u64().is_some_and(|at| at > 1_700_000_000_000));
    stage.standins.reset();
    assert_eq!(self::cards(&stage).await?, json!([]));
    Ok(())
}

#[tokio::test]
async fn takes_every_known_element() -> Outcome {
    let stage = Stage::started().await?;
    let text = json!({"type": "TextBlock", "text": "a", "wrap": true});
    let card = json!({
        "type": "AdaptiveCard",
        "version": "1.5",
        "body": [
            {"type": "Container", "items": [text]},
            {"type": "ColumnSet", "columns": [{"type": "Column", "items": [text]}, {"width": "auto"}]},
            {"type": "FactSet", "facts": [{"title": "a", "value": "b"}]},
            {"type": "RichTextBlock", "inlines": ["a", {"type": "TextRun", "text": "b"}]},
            {"type": "Image", "url": "https://example.com/a.png"},
            {"type": "ImageSet", "images": [{"type": "Image", "url": "https://example.com/a.png"}]},
            {"type": "Media", "sources": []},
            {"type": "Table", "rows": [{"type": "TableRow", "cells": [{"type": "TableCell", "items": [text]}]}]},
            {"type": "Input.Text", "id": "a"},
            {"type": "ActionSet", "actions": [{"type": "Action.Submit"}]},
        ],
        "actions": [{"type": "Action.OpenUrl", "title": "a", "url": "https://example.com"}],
    });
    assert_eq!(post(&stage).json(&message(&card)).send().await?.status(), 202);
    Ok(())
}

#[tokio::test]
async fn only_the_accepted_signature_runs_the_workflow() -> Outcome {
    let stage = Stage::started().await?;
    let right = stage.standins.secret("TEAMS_WORKFLOW_URL");
    let (unsigned, _) = right.split_once("&sig=").ok_or("no signature")?;
    let message = message(&card("a"));
    for url in [unsigned.to_owned(), format!("{unsigned}&sig=")] {
        let answer = stage.client.post(url).json(&message).send().await?;
        check(answer, 401, "DirectApiAuthorizationRequired").await?;
    }
    for url in [format!("{unsigned}&sig=wrong"), format!("{right}x")] {
        check(stage.client.post(url).json(&message).send().await?, 401, "AuthorizationFailed").await?;
    }
    let answer = post(&stage).bearer_auth("token").json(&message).send().await?;
    check(answer, 401, "DirectApiInvalidAuthorizationScheme").await?;
    assert_eq!(cards(&stage).await?, json!([]));
    Ok(())
}

#[tokio::test]
async fn another_workflow_path_or_method_is_refused() -> Outcome {
    let stage = Stage::started().await?;
    let right = stage.standins.secret("TEAMS_WORKFLOW_URL");
    let message = message(&card("a"));
    for (from, to, status, code) in [
        ("0123456789abcdef", "0123456789abcdee", 404, "WorkflowNotFound"),
        ("/paths/invoke", "/paths/invoked", 404, "NotFound"),
        ("api-version=2016-06-01&", "", 400, "MissingApiVersionParameter"),
    ] {
        check(stage.client.post(right.replace(from, to)).json(&message).send().await?, status, code).await?;
    }
    check(stage.client.get(right).send().await?, 400, "TriggerRequestMethodNotValid").await
}

#[tokio::test]
async fn a_message_has_at_most_twenty_eight_kilobytes() -> Outcome {
    const LONGEST_BYTES: usize = 28 * 1024;
    let stage = Stage::started().await?;
    // It is counted as a text inside JSON, whose own two marks do not count.
    let counted = |body: &str| Value::from(body).to_string().len() - 2;
    let overhead = counted(&message(&card("")).to_string());
    for (length, status) in [(LONGEST_BYTES, 202), (LONGEST_BYTES + 1, 413)] {
        let body = message(&card(&"x".repeat(length - overhead))).to_string();
        assert_eq!(counted(&body), length);
        let answer = post(&stage).header("content-type", "application/json").body(body).send().await?;
        assert_eq!(answer.status(), status, "{length}");
        if status == 413 {
            check(answer, 413, "RequestEntityTooLarge").await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_json_is_refused() -> Outcome {
    let stage = Stage::started().await?;
    let body = message(&card("a")).to_string();
    for (kind, body) in [("application/json", ""), ("application/json", "{"), ("text/plain", &body)] {
        let request = post(&stage).header("content-type", kind).body(body.to_owned());
        check(request.send().await?, 400, "InvalidRequestContent").await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_envelope_that_is_no_message_with_cards_is_refused() -> Outcome {
    let stage = Stage::started().await?;
    let (kind, card) = ("application/vnd.microsoft.card.adaptive", card("a"));
    for message in [
        json!([]),
        json!({"text": "a"}),
        card.clone(),
        json!({"attachments": [{"contentType": kind, "content": card}]}),
        json!({"type": "Message", "attachments": [{"contentType": kind, "content": card}]}),
        json!({"type": "message"}),
        json!({"type": "message", "attachments": []}),
        json!({"type": "message", "attachments": {"contentType": kind, "content": card}}),
        json!({"type": "message", "attachments": [{"content": card}]}),
        json!({"type": "message", "attachments": [{"contentType": "application/json", "content": card}]}),
        json!({"type": "message", "attachments": [{"contentType": kind}]}),
        json!({"type": "message", "attachments": [{"contentType": kind, "content": card.to_string()}]}),
    ] {
        check(post(&stage).json(&message).send().await?, 400, "TriggerInputSchemaMismatch").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_card_that_could_not_be_drawn_is_refused() -> Outcome {
    let stage = Stage::started().await?;
    for content in WRONG_CONTENTS {
        let content: Value = serde_json::from_str(content)?;
        check(post(&stage).json(&message(&content)).send().await?, 400, "TriggerInputSchemaMismatch").await?;
    }
    assert_eq!(cards(&stage).await?, json!([]));
    Ok(())
}
