//! Webhooks of a project: listed, added, changed and taken away.

use crate::support::{KEY, Outcome, Stage, check_error};
use reqwest::{Method, Response};
use serde_json::{Value, json};

const WEBHOOKS: &str = "/backlog/api/v2/projects/SUB/webhooks";

async fn send(stage: &Stage, method: Method, path: &str, form: &[(&str, &str)]) -> reqwest::Result<Response> {
    stage.request(method, path).header("Backlog-API-Key", KEY).form(form).send().await
}

#[tokio::test]
async fn a_webhook_is_added_changed_and_taken_away() -> Outcome {
    let stage = Stage::started().await?;
    let form = [
        ("name", "tsugite"),
        ("hookUrl", "http://127.0.0.1:1/hook/token"),
        ("allEvent", "false"),
        ("activityTypeIds[]", "8"),
        ("activityTypeIds[]", "9"),
    ];
    let answer = send(&stage, Method::POST, WEBHOOKS, &form).await?;
    assert_eq!(answer.status(), 200);
    let added: Value = answer.json().await?;
    assert_eq!((&added["allEvent"], &added["activityTypeIds"]), (&json!(false), &json!([8, 9])));
    assert_eq!(stage.get(WEBHOOKS).await?.json::<Value>().await?, json!([added]));
    let one = format!("{WEBHOOKS}/1");
    let changed =
        send(&stage, Method::PATCH, &one, &[("hookUrl", "https://example.com/"), ("allEvent", "true")]).await?;
    let changed: Value = changed.json().await?;
    assert_eq!((&changed["hookUrl"], &changed["name"]), (&json!("https://example.com/"), &json!("tsugite")));
    assert_eq!((&changed["allEvent"], &changed["activityTypeIds"]), (&json!(true), &json!([8, 9])));
    assert_eq!(stage.get(&one).await?.json::<Value>().await?, changed);
    assert_eq!(send(&stage, Method::DELETE, &one, &[]).await?.json::<Value>().await?, changed);
    check_error(stage.get(&one).await?, 404, 6).await?;
    assert_eq!(stage.get(WEBHOOKS).await?.json::<Value>().await?, json!([]));
    Ok(())
}

#[tokio::test]
async fn a_webhook_belongs_to_its_project() -> Outcome {
    let stage = Stage::started().await?;
    stage.put(json!({"content": "", "project": {"id": 93, "projectKey": "OPS"}})).await?;
    send(&stage, Method::POST, WEBHOOKS, &[("name", "a"), ("hookUrl", "https://example.com/")]).await?;
    for path in ["/backlog/api/v2/projects/OPS/webhooks/1", "/backlog/api/v2/projects/NONE/webhooks"] {
        check_error(stage.get(path).await?, 404, 6).await?;
    }
    assert_eq!(stage.get("/backlog/api/v2/projects/OPS/webhooks").await?.json::<Value>().await?, json!([]));
    Ok(())
}

#[tokio::test]
async fn a_webhook_that_makes_no_sense_is_refused_by_name() -> Outcome {
    let stage = Stage::started().await?;
    for (name, value) in [
        ("name", ""),
        ("hookUrl", ""),
        ("hookUrl", "example.com"),
        ("hookUrl", "ftp://example.com/"),
        ("allEvent", "yes"),
        ("activityTypeIds[]", "0"),
        ("activityTypeIds[]", "50"),
        ("activityTypeIds[]", "file"),
        ("secret", "x"),
    ] {
        let complete = [("name", "a"), ("hookUrl", "https://example.com/")];
        let form: Vec<_> = complete.into_iter().filter(|(other, _)| *other != name).chain([(name, value)]).collect();
        let answer = send(&stage, Method::POST, WEBHOOKS, &form).await?;
        assert_eq!(answer.status(), 400, "{name}={value}");
        let body: Value = answer.json().await?;
        assert!(body["errors"][0]["message"].as_str().is_some_and(|text| text.contains(name)), "{body}");
    }
    Ok(())
}
