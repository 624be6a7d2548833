//! Slack's webhook: what it takes, what it says about the rest, how much of it.

use crate::support::{Outcome, Stage, header, number};
use reqwest::{Method, Response};
use serde_json::{Value, json};

async fn post(stage: &Stage, payload: &Value) -> reqwest::Result<Response> {
    stage.client.post(stage.standins.secret("SLACK_WEBHOOK_URL")).json(payload).send().await
}

async fn check(answer: Response, status: u16, text: &str) -> Outcome {
    assert_eq!(answer.status(), status, "{text}");
    assert_eq!(header(&answer, "content-type"), "text/plain; charset=utf-8");
    assert_eq!(answer.text().await?, text);
    Ok(())
}

async fn messages(stage: &Stage) -> reqwest::Result<Value> {
    stage.request(Method::GET, "/_control/slack/messages").send().await?.json().await
}

#[tokio::test]
async fn a_message_is_taken_with_ok_and_kept_in_order() -> Outcome {
    let stage = Stage::started().await?;
    for text in ["一つ目", "two"] {
        check(post(&stage, &json!({"text": text, "unknown": 1})).await?, 200, "ok").await?;
    }
    let messages = messages(&stage).await?;
    assert_eq!(messages.as_array().map(Vec::len), Some(2));
    assert_eq!(messages[0]["payload"], json!({"text": "一つ目", "unknown": 1}));
    assert_eq!(messages[1]["payload"]["text"], "two");
    assert!(messages[0]["at"].as_u64().is_some_and(|at| at > 1_700_000_000_000));
    stage.standins.reset();
    assert_eq!(self::messages(&stage).await?, json!([]));
    Ok(())
}

#[tokio::test]
async fn a_wrong_address_is_refused_by_what_is_wrong_with_it() -> Outcome {
    let stage = Stage::started().await?;
    let right = stage.standins.secret("SLACK_WEBHOOK_URL");
    let text = json!({"text": "a"});
    for (from, to, expected) in [
        ("T00000000", "T00000001", "no_team"),
        ("B00000000", "B00000001", "no_service_id"),
        ("/Sample", "/sample", "no_service"),
        ("/services/", "/workflows/", "no_service"),
    ] {
        check(stage.client.post(right.replace(from, to)).json(&text).send().await?, 404, expected).await?;
    }
    let cut = right.rsplit_once('/').ok_or("no slash")?.0;
    check(stage.client.post(cut).json(&text).send().await?, 404, "no_service").await?;
    check(stage.client.post(format!("{right}/")).json(&text).send().await?, 404, "no_service").await?;
    check(stage.client.post(format!("{cut}/%FF")).json(&text).send().await?, 404, "no_service").await?;
    assert_eq!(messages(&stage).await?, json!([]));
    Ok(())
}

#[tokio::test]
async fn only_a_post_is_a_message() -> Outcome {
    let stage = Stage::started().await?;
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let answer = stage.client.request(method, stage.standins.secret("SLACK_WEBHOOK_URL")).send().await?;
        assert_eq!(header(&answer, "allow"), "POST");
        check(answer, 405, "method_not_allowed").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_payload_is_an_object_in_json() -> Outcome {
    let stage = Stage::started().await?;
    for (kind, body) in [
        ("text/plain", r#"{"text": "a"}"#),
        ("application/x-www-form-urlencoded", "text=a"),
        ("application/json", ""),
        ("application/json", r#"{"text": "a"#),
        ("application/json", r#""a""#),
        ("application/json", "[]"),
        ("application/json", r#"{"text": 1}"#),
    ] {
        let request = stage.client.post(stage.standins.secret("SLACK_WEBHOOK_URL")).header("content-type", kind);
        check(request.body(body).send().await?, 400, "invalid_payload").await?;
    }
    let request = stage.client.post(stage.standins.secret("SLACK_WEBHOOK_URL"));
    let request = request.header("content-type", "application/json; charset=utf-8").body(r#"{"text": "a"}"#);
    check(request.send().await?, 200, "ok").await
}

#[tokio::test]
async fn the_older_form_has_its_payload_in_a_field() -> Outcome {
    let stage = Stage::started().await?;
    let post = async |fields: &[(&str, &str)]| {
        stage.client.post(stage.standins.secret("SLACK_WEBHOOK_URL")).form(fields).send().await
    };
    check(post(&[("payload", r#"{"text": "一つ & two"}"#)]).await?, 200, "ok").await?;
    assert_eq!(messages(&stage).await?[0]["payload"], json!({"text": "一つ & two"}));
    check(post(&[("payload", "{}")]).await?, 400, "no_text").await?;
    for wrong in ["", "text", "[]"] {
        check(post(&[("payload", wrong)]).await?, 400, "invalid_payload").await?;
    }
    Ok(())
}

#[tokio::test]
async fn two_blocks_of_a_message_have_two_ids() -> Outcome {
    let stage = Stage::started().await?;
    let block = |id: &str| json!({"type": "divider", "block_id": id});
    for payload in [
        json!({"blocks": [block("a"), block("a")]}),
        json!({"blocks": [block("a")], "attachments": [{"blocks": [block("a")]}]}),
        json!({"attachments": [{"blocks": [block("a")]}, {"blocks": [block("a")]}]}),
    ] {
        check(post(&stage, &payload).await?, 400, "invalid_blocks").await?;
    }
    let different = json!({"blocks": [block("a"), block("b"), {"type": "divider"}, {"type": "divider"}]});
    check(post(&stage, &different).await?, 200, "ok").await
}

#[tokio::test]
async fn a_message_without_anything_to_show_is_refused() -> Outcome {
    let stage = Stage::started().await?;
    for payload in [
        json!({}),
        json!({"text": ""}),
        json!({"text": " \n"}),
        json!({"blocks": [], "attachments": []}),
        json!({"message": "a"}),
        json!({"attachments": [{"color": "#d13212"}]}),
        json!({"attachments": [{"color": "good", "ts": 1, "mrkdwn_in": ["text"], "title": " ", "blocks": []}]}),
    ] {
        check(post(&stage, &payload).await?, 400, "no_text").await?;
    }
    for payload in [
        json!({"blocks": [{"type": "divider"}]}),
        json!({"attachments": [{"fallback": "a"}]}),
        json!({"attachments": [{"color": "good"}, {"title": "a"}]}),
        json!({"attachments": [{"fields": [{"title": "a", "value": "b"}]}]}),
        json!({"attachments": [{"color": "good", "blocks": [{"type": "divider"}]}]}),
    ] {
        check(post(&stage, &payload).await?, 200, "ok").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_hundred_attachments_are_enough() -> Outcome {
    let stage = Stage::started().await?;
    let attachments = |number| json!({"attachments": vec![json!({"text": "a"}); number]});
    check(post(&stage, &attachments(100)).await?, 200, "ok").await?;
    check(post(&stage, &attachments(101)).await?, 400, "too_many_attachments").await?;
    for wrong in [json!({"text": "a"}), json!(["a"]), json!([{"blocks": [{"type": "unknown"}]}])] {
        check(post(&stage, &json!({"attachments": wrong})).await?, 400, "invalid_attachments").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_text_beyond_forty_thousand_characters_is_cut_without_a_word() -> Outcome {
    let stage = Stage::started().await?;
    check(post(&stage, &json!({"text": "あ".repeat(40_001)})).await?, 200, "ok").await?;
    assert_eq!(messages(&stage).await?[0]["payload"]["text"], "あ".repeat(40_000));
    Ok(())
}

#[tokio::test]
async fn a_long_burst_has_to_wait() -> Outcome {
    let stage = Stage::started().await?;
    let mut n_taken = 0;
    let refused = loop {
        let answer = post(&stage, &json!({"text": "a"})).await?;
        if answer.status() != 200 {
            break answer;
        }
        n_taken += 1;
    };
    assert!(n_taken >= 30, "{n_taken}");
    assert_eq!(number(&refused, "retry-after")?, 1);
    check(refused, 429, "rate_limited").await?;
    assert_eq!(messages(&stage).await?.as_array().map(Vec::len), Some(n_taken));
    stage.standins.reset();
    check(post(&stage, &json!({"text": "a"})).await?, 200, "ok").await
}

#[tokio::test]
async fn a_wrong_address_takes_nothing_from_the_burst() -> Outcome {
    let stage = Stage::started().await?;
    for _ in 0..60 {
        let wrong = format!("{}x", stage.standins.secret("SLACK_WEBHOOK_URL"));
        assert_eq!(stage.client.post(wrong).json(&json!({"text": "a"})).send().await?.status(), 404);
    }
    check(post(&stage, &json!({"text": "a"})).await?, 200, "ok").await
}
