//! The limit per minute: its headers on every answer, and the refusal beyond it.

use crate::support::{FILE, KEY, Outcome, Stage, check_error, number};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

const MYSELF: &str = "/backlog/api/v2/users/myself";

#[track_caller]
fn check_standing(answer: &Response, limit: u64, remaining: u64) -> Outcome {
    assert_eq!(number(answer, "x-ratelimit-limit")?, limit);
    assert_eq!(number(answer, "x-ratelimit-remaining")?, remaining);
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let reset = number(answer, "x-ratelimit-reset")?;
    assert!((now..=now + 60).contains(&reset), "{reset} at {now}");
    Ok(())
}

#[tokio::test]
async fn every_answer_says_what_is_left() -> Outcome {
    let stage = Stage::started().await?;
    check_standing(&stage.get(MYSELF).await?, 600, 599)?;
    check_standing(&stage.get(FILE).await?, 600, 598)?;
    check_standing(&stage.get("/backlog/unknown").await?, 600, 598)?;
    stage.control("fail", &json!({"service": "backlog", "status": 500, "times": 1})).await?;
    check_standing(&stage.get(MYSELF).await?, 600, 598)?;
    stage.put(json!({"content": "x"})).await?;
    check_standing(&stage.get(FILE).await?, 600, 597)
}

#[tokio::test]
async fn a_wrong_key_spends_nothing_and_sees_no_count() -> Outcome {
    let stage = Stage::started().await?;
    check_standing(&stage.get(MYSELF).await?, 600, 599)?;
    check_standing(&stage.get_with_key(MYSELF, "wrong").await?, 600, 600)?;
    check_standing(&stage.get(MYSELF).await?, 600, 598)
}

#[tokio::test]
async fn updates_have_a_limit_of_their_own() -> Outcome {
    let stage = Stage::started().await?;
    let request = stage.request(Method::POST, "/backlog/api/v2/issues");
    let answer = request.query(&[("apiKey", KEY)]).send().await?;
    check_standing(&answer, 150, 149)?;
    check_standing(&stage.get(MYSELF).await?, 600, 599)
}

#[tokio::test]
async fn the_call_beyond_the_limit_is_refused_until_a_reset() -> Outcome {
    let stage = Stage::started().await?;
    let mut n_left = 600;
    let refused = loop {
        let answer = stage.get(MYSELF).await?;
        if answer.status() != 200 {
            break answer;
        }
        let left = number(&answer, "x-ratelimit-remaining")?;
        // On a busy machine a minute may end before its calls do; then another one begins.
        assert!(left + 1 == n_left || left == 599, "{left} after {n_left}");
        n_left = left;
    };
    assert_eq!(n_left, 0);
    check_standing(&refused, 600, 0)?;
    check_error(refused, 429, 13).await?;
    check_error(stage.get(FILE).await?, 429, 13).await?;
    stage.standins.reset();
    check_standing(&stage.get(MYSELF).await?, 600, 599)
}

#[tokio::test]
async fn a_new_key_of_the_same_user_does_not_refill_the_minute() -> Outcome {
    let stage = Stage::started().await?;
    stage.get(MYSELF).await?;
    stage.control("keys", &json!({"BACKLOG_API_KEY": "RotatedKey9876543210"})).await?;
    let answer = stage.get_with_key(MYSELF, "RotatedKey9876543210").await?;
    check_standing(&answer, 600, 598)
}

#[tokio::test]
async fn the_numbers_can_be_read_as_a_document() -> Outcome {
    let stage = Stage::started().await?;
    let answer = stage.get("/backlog/api/v2/rateLimit").await?;
    let reset = number(&answer, "x-ratelimit-reset")?;
    let limits: Value = answer.json().await?;
    assert_eq!(limits["rateLimit"]["read"], json!({"limit": 600, "remaining": 599, "reset": reset}));
    for (kind, limit) in [("update", 150), ("search", 150), ("icon", 60)] {
        assert_eq!(limits["rateLimit"][kind]["limit"], limit);
        assert_eq!(limits["rateLimit"][kind]["remaining"], limit);
    }
    Ok(())
}
