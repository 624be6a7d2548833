//! The control interface: what it takes, what it refuses, what a reset forgets.

use crate::support::{FILE, Outcome, Stage, check_error};
use reqwest::Method;
use serde_json::{Value, json};
use standins::Failure;

const WRONG_FILES: [(&str, &str); 20] = [
    ("{", "EOF"),
    (r#"{"dir": "/", "name": "a", "size": 1}"#, "missing field `id`"),
    (r#"{"id": 1, "name": "a", "size": 1}"#, "missing field `dir`"),
    (r#"{"id": 1, "dir": "/", "size": 1}"#, "missing field `name`"),
    (r#"{"id": -1, "dir": "/", "name": "a", "size": 1}"#, "-1"),
    (r#"{"id": 1, "dir": "/", "name": "a", "size": 1, "mode": 1}"#, "unknown field `mode`"),
    (r#"{"id": 1, "dir": "a/", "name": "a", "size": 1}"#, "`dir` is `a/`"),
    (r#"{"id": 1, "dir": "/a", "name": "a", "size": 1}"#, "`dir` is `/a`"),
    (r#"{"id": 1, "dir": "", "name": "a", "size": 1}"#, "`dir`"),
    (r#"{"id": 1, "dir": "/", "name": "", "size": 1}"#, "`name` is empty"),
    (r#"{"id": 1, "dir": "/", "name": "a"}"#, "one of `content`"),
    (r#"{"id": 1, "dir": "/", "name": "a", "size": 1, "content": ""}"#, "one of `content`"),
    (r#"{"id": 1, "dir": "/", "name": "a", "content_base64": "?"}"#, "`content_base64`"),
    (r#"{"id": 1, "dir": "/", "name": "a", "size": 1, "content_type": "\n"}"#, "`content_type`"),
    (r#"{"id": 1, "dir": "/", "name": "a", "size": 5, "truncate_after": 5}"#, "only 5 bytes"),
    (r#"{"id": 1, "dir": "/", "name": "a", "redirect_to": "/elsewhere"}"#, "`redirect_to`"),
    (r#"{"id": 1, "dir": "/", "name": "a", "size": 1, "project": "OPS"}"#, "no project `OPS`"),
    (r#"{"id": 1, "dir": "/", "name": "a", "size": 1, "project": {"id": 1}}"#, "missing field `projectKey`"),
    (r#"{"id": 1, "dir": "/", "name": "a", "size": 1, "project": {"id": 1, "projectKey": "7"}}"#, "project key `7`"),
    (r#"{"id": 1, "dir": "/", "name": "a", "size": 1, "project": {"id": 1, "projectKey": "SUB"}}"#, "contradicts"),
];

async fn check_refused(stage: &Stage, file: &'static str, reason: &str) -> Outcome {
    let request = stage.request(Method::POST, "/_control/backlog/files");
    let answer = request.body(file).send().await?;
    assert_eq!(answer.status(), 400, "{file}");
    let refusal: Value = answer.json().await?;
    let text = refusal["error"].as_str().unwrap_or_default();
    assert!(text.contains(reason), "{file}: {text}");
    Ok(())
}

#[tokio::test]
async fn says_where_a_new_file_is_found() -> Outcome {
    let stage = Stage::started().await?;
    let file = json!({"id": 7, "dir": "/a/", "name": "b", "size": 3});
    let answer = stage.control("backlog/files", &file).await?;
    assert_eq!(answer.status(), 201);
    let put: Value = answer.json().await?;
    assert_eq!(put["id"], 7);
    assert_eq!(put["size"], 3);
    assert_eq!(put["project"], json!({"id": 92, "projectKey": "SUB"}));
    assert_eq!(put["url"], format!("{}{FILE}", stage.standins.url()));
    Ok(())
}

#[tokio::test]
async fn wrong_files_are_refused_with_the_reason() -> Outcome {
    let stage = Stage::started().await?;
    for (file, reason) in WRONG_FILES {
        check_refused(&stage, file, reason).await?;
    }
    check_error(stage.get("/backlog/api/v2/projects/SUB/files/1").await?, 404, 6).await
}

#[tokio::test]
async fn a_file_of_the_same_id_replaces_the_first() -> Outcome {
    let stage = Stage::started().await?;
    stage.put(json!({"content": "first"})).await?;
    stage.put(json!({"content": "second"})).await?;
    assert_eq!(stage.get(FILE).await?.text().await?, "second");
    Ok(())
}

#[tokio::test]
async fn a_known_project_can_be_named_by_key_or_id() -> Outcome {
    let stage = Stage::started().await?;
    stage.put(json!({"content": "", "project": {"id": 93, "projectKey": "OPS"}})).await?;
    for project in [json!("OPS"), json!(93)] {
        stage.put(json!({"content": "x", "project": project})).await?;
        let answer = stage.get("/backlog/api/v2/projects/OPS/files/7").await?;
        assert_eq!(answer.text().await?, "x");
    }
    Ok(())
}

#[tokio::test]
async fn a_deleted_file_is_gone() -> Outcome {
    let stage = Stage::started().await?;
    stage.put(json!({"content": "x"})).await?;
    for (path, status) in
        [("/_control/backlog/files/7", 204), ("/_control/backlog/files/7", 404), ("/_control/backlog/files/seven", 400)]
    {
        let answer = stage.request(Method::DELETE, path).send().await?;
        assert_eq!(answer.status(), status);
    }
    check_error(stage.get(FILE).await?, 404, 6).await
}

#[tokio::test]
async fn a_reset_forgets_everything_but_the_keys() -> Outcome {
    let stage = Stage::started().await?;
    stage.control("keys", &json!({"BACKLOG_API_KEY": "RotatedKey9876543210"})).await?;
    stage.put(json!({"content": "x", "project": {"id": 93, "projectKey": "OPS"}})).await?;
    stage.get("/backlog/unknown").await?;
    stage.standins.fail(Failure::default());

    let reset = stage.request(Method::POST, "/_control/reset").send().await?;
    assert_eq!(reset.status(), 204);
    assert!(stage.standins.received().is_empty());
    let path = "/backlog/api/v2/projects/OPS/files/7";
    let answer = stage.get_with_key(path, "RotatedKey9876543210").await?;
    assert_eq!(crate::support::number(&answer, "x-ratelimit-remaining")?, 599);
    check_error(answer, 404, 6).await
}

#[tokio::test]
async fn wrong_keys_are_refused() -> Outcome {
    let stage = Stage::started().await?;
    for keys in [json!({}), json!({"BACKLOG_API_KEY": ""}), json!({"BACKLOG_API_KEY": "a", "x": 1})] {
        assert_eq!(stage.control("keys", &keys).await?.status(), 400);
    }
    assert_eq!(stage.get("/backlog/api/v2/space").await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn unknown_calls_are_answered_with_a_reason_in_json() -> Outcome {
    let stage = Stage::started().await?;
    for (method, path, status) in [
        (Method::GET, "/_control/unknown", 404),
        (Method::GET, "/_control/backlog/unknown", 404),
        (Method::GET, "/_control/reset", 405),
        (Method::GET, "/_control/backlog/files", 405),
        (Method::POST, "/_control/backlog/issues", 405),
        (Method::GET, "/_control/slack", 404),
        (Method::POST, "/_control/slack/messages", 405),
        (Method::POST, "/_control/teams/cards", 405),
        (Method::POST, "/_control/bytebase", 405),
        (Method::GET, "/_control/bytebase/projects", 405),
        (Method::GET, "/elsewhere", 404),
    ] {
        let answer = stage.request(method, path).send().await?;
        assert_eq!(answer.status(), status, "{path}");
        let body: Value = answer.json().await?;
        assert!(body["error"].is_string(), "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn a_file_that_contradicts_itself_is_a_panic_that_names_it() -> Outcome {
    let stage = Stage::started().await?;
    let attempt = std::panic::AssertUnwindSafe(|| {
        stage.standins.put_file(standins::BacklogFile {
            id: 12,
            dir: "no slash".to_owned(),
            ..standins::BacklogFile::default()
        });
    });
    let panic = std::panic::catch_unwind(attempt).err().ok_or("no panic")?;
    let message = panic.downcast_ref::<String>().ok_or("no message")?;
    assert!(message.contains("file 12: `dir` is `no slash`"), "{message}");
    Ok(())
}
