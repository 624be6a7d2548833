//! Planned failures: how often, for which calls, in which shape.

use crate::support::{FILE, KEY, Outcome, Stage, check_error, header, number};
use reqwest::Method;
use serde_json::{Value, json};
use standins::Failure;
use std::time::{SystemTime, UNIX_EPOCH};

const MYSELF: &str = "/backlog/api/v2/users/myself";
const IMPOSSIBLE: [(&str, &str); 9] = [
    (r#"{"service": "jira", "status": 500, "times": 1}"#, "no service `jira`; there is `backlog`"),
    (r#"{"service": "backlog", "status": 199, "times": 1}"#, "199"),
    (r#"{"service": "backlog", "status": 600, "times": 1}"#, "600"),
    (r#"{"service": "backlog", "status": 500, "times": 0}"#, "`times` is 0"),
    (r#"{"service": "backlog", "status": 500}"#, "missing field `times`"),
    (r#"{"service": "backlog", "status": 500, "times": 1, "when": 1}"#, "unknown field `when`"),
    (r#"{"service": "backlog", "status": 500, "times": 1, "headers": {"a b": "c"}}"#, "`a b`"),
    (r#"{"service": "backlog", "status": 500, "times": 1, "headers": {"a": "\n"}}"#, "`a`"),
    (r#"{"service": "backlog", "status": 500, "times": 1, "headers": {"Content-Length": "1"}}"#, "`Content-Length`"),
];

#[tokio::test]
async fn fails_as_often_as_planned_and_then_no_more() -> Outcome {
    let stage = Stage::started().await?;
    let failure = json!({"service": "backlog", "status": 503, "times": 2});
    assert_eq!(stage.control("fail", &failure).await?.status(), 201);
    check_error(stage.get(MYSELF).await?, 503, 1).await?;
    check_error(stage.get(MYSELF).await?, 503, 1).await?;
    assert_eq!(stage.get(MYSELF).await?.status(), 200);
    let statuses: Vec<_> = stage.standins.received().iter().map(|call| call.status).collect();
    assert_eq!(statuses, [503, 503, 200]);
    Ok(())
}

#[tokio::test]
async fn fails_whatever_the_key_is() -> Outcome {
    let stage = Stage::started().await?;
    stage.standins.fail(Failure { status: 502, ..Failure::default() });
    check_error(stage.get_with_key(MYSELF, "wrong").await?, 502, 1).await?;
    check_error(stage.get_with_key(MYSELF, "wrong").await?, 401, 11).await
}

#[tokio::test]
async fn each_status_has_the_code_that_backlog_gives_it() -> Outcome {
    let stage = Stage::started().await?;
    for (status, code) in [(400, 7), (401, 11), (403, 5), (404, 6), (413, 10), (429, 13), (500, 1)] {
        stage.standins.fail(Failure { status, ..Failure::default() });
        check_error(stage.get(MYSELF).await?, status, code).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_planned_429_says_when_it_is_over() -> Outcome {
    let stage = Stage::started().await?;
    stage.standins.fail(Failure { status: 429, ..Failure::default() });
    let answer = stage.get(MYSELF).await?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let reset = number(&answer, "x-ratelimit-reset")?;
    assert!((now + 1..=now + 10).contains(&reset), "{reset} at {now}");
    assert_eq!(number(&answer, "x-ratelimit-remaining")?, 0);
    assert_eq!(number(&answer, "x-ratelimit-limit")?, 600);
    Ok(())
}

#[tokio::test]
async fn headers_and_body_can_be_chosen() -> Outcome {
    let stage = Stage::started().await?;
    let failure = json!({"service": "backlog", "status": 503, "times": 1,
        "headers": {"Retry-After": "9", "X-RateLimit-Reset": "1"},
        "body": "<h1>Maintenance</h1>"});
    stage.control("fail", &failure).await?;
    let answer = stage.get(MYSELF).await?;
    assert_eq!(answer.status(), 503);
    assert_eq!(header(&answer, "retry-after"), "9");
    assert_eq!(header(&answer, "x-ratelimit-reset"), "1");
    assert_eq!(header(&answer, "content-type"), "text/html; charset=utf-8");
    assert_eq!(answer.text().await?, "<h1>Maintenance</h1>");
    Ok(())
}

#[tokio::test]
async fn only_calls_whose_path_matches_use_a_failure_up() -> Outcome {
    let stage = Stage::started().await?;
    stage.put(json!({"content": "x"})).await?;
    stage.standins.fail(Failure { path_contains: Some("/files/7".to_owned()), ..Failure::default() });
    assert_eq!(stage.get(MYSELF).await?.status(), 200);
    assert_eq!(stage.get(FILE).await?.status(), 500);
    assert_eq!(stage.get(FILE).await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn failures_happen_in_the_order_in_which_they_were_planned() -> Outcome {
    let stage = Stage::started().await?;
    for status in [503, 429] {
        stage.standins.fail(Failure { status, ..Failure::default() });
    }
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(stage.get(MYSELF).await?.status().as_u16());
    }
    assert_eq!(statuses, [503, 429, 200]);
    Ok(())
}

#[tokio::test]
async fn a_status_without_error_has_no_error_body() -> Outcome {
    let stage = Stage::started().await?;
    stage.standins.fail(Failure { status: 204, ..Failure::default() });
    let answer = stage.get(MYSELF).await?;
    assert_eq!(answer.status(), 204);
    assert!(answer.bytes().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_failure_that_cannot_happen_is_refused_with_the_reason() -> Outcome {
    let stage = Stage::started().await?;
    for (failure, reason) in IMPOSSIBLE {
        let failure: Value = serde_json::from_str(failure)?;
        let answer = stage.control("fail", &failure).await?;
        assert_eq!(answer.status(), 400, "{failure}");
        let text = answer.text().await?;
        assert!(text.contains(reason), "{text}");
    }
    assert_eq!(stage.get(MYSELF).await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn a_failure_afterwards_loses_the_answer_but_not_the_effect() -> Outcome {
    let stage = Stage::started().await?;
    let failure = json!({"service": "backlog", "status": 502, "times": 1, "after": true});
    let planned: Value = stage.control("fail", &failure).await?.json().await?;
    assert_eq!(planned, failure);
    let form = [("projectId", "92"), ("summary", "s"), ("issueTypeId", "11"), ("priorityId", "3")];
    let create = || stage.request(Method::POST, "/backlog/api/v2/issues").query(&[("apiKey", KEY)]).form(&form);
    check_error(create().send().await?, 502, 1).await?;
    let stored: Value = stage.request(Method::GET, "/_control/backlog/issues").send().await?.json().await?;
    assert_eq!(stored.as_array().map(Vec::len), Some(1));
    assert_eq!(stage.standins.received()[0].status, 502);
    assert_eq!(create().send().await?.status(), 201);
    Ok(())
}

#[tokio::test]
async fn a_failure_instead_of_the_service_has_no_effect() -> Outcome {
    let stage = Stage::started().await?;
    stage.standins.fail(Failure { path_contains: Some("/issues".to_owned()), ..Failure::default() });
    let form = [("projectId", "92"), ("summary", "s"), ("issueTypeId", "11"), ("priorityId", "3")];
    let create = stage.request(Method::POST, "/backlog/api/v2/issues").query(&[("apiKey", KEY)]).form(&form);
    check_error(create.send().await?, 500, 1).await?;
    let stored: Value = stage.request(Method::GET, "/_control/backlog/issues").send().await?.json().await?;
    assert_eq!(stored, json!([]));
    Ok(())
}

#[tokio::test]
async fn every_service_fails_in_its_own_shape() -> Outcome {
    let stage = Stage::started().await?;
    for (service, status, expected) in [
        ("slack", 403, "action_prohibited".to_owned()),
        ("slack", 500, "rollup_error".to_owned()),
        (
            "teams",
            503,
            json!({"error": {"code": "ServiceUnavailable", "message": "The service is temporarily unavailable."}})
                .to_string(),
        ),
        ("bytebase", 503, json!({"code": 14, "message": "service unavailable"}).to_string()),
    ] {
        stage.standins.fail(Failure { service: service.to_owned(), status, ..Failure::default() });
        let answer = stage.request(Method::POST, &format!("/{service}/anything")).send().await?;
        assert_eq!(answer.status(), status, "{service}");
        assert_eq!(answer.text().await?, expected, "{service}");
    }
    Ok(())
}

#[tokio::test]
async fn a_planned_429_of_slack_and_teams_says_when_to_come_back() -> Outcome {
    let stage = Stage::started().await?;
    for service in ["slack", "teams"] {
        stage.standins.fail(Failure { service: service.to_owned(), status: 429, ..Failure::default() });
        let answer = stage.request(Method::POST, &format!("/{service}/anything")).send().await?;
        assert_eq!(answer.status(), 429, "{service}");
        assert_eq!(number(&answer, "retry-after")?, 1, "{service}");
    }
    Ok(())
}
