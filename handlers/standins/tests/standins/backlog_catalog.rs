//! What there is in a project beside issues: categories, people, custom fields, folders; and how issues go away.

use crate::support::{KEY, Outcome, Stage, check_error, header};
use reqwest::Method;
use serde_json::{Value, json};

const PROJECT: &str = "/backlog/api/v2/projects/SUB";
const ISSUES: &str = "/backlog/api/v2/issues";

async fn read(stage: &Stage, path: &str) -> Result<Value, Box<dyn std::error::Error>> {
    let answer = stage.get(path).await?;
    assert_eq!(answer.status(), 200, "{path}");
    assert_eq!(header(&answer, "content-type"), "application/json;charset=utf-8", "{path}");
    Ok(answer.json().await?)
}

async fn send(stage: &Stage, method: Method, path: &str, form: &[(&str, &str)]) -> reqwest::Result<reqwest::Response> {
    stage.request(method, path).header("Backlog-API-Key", KEY).form(form).send().await
}

async fn create(stage: &Stage, more: &[(&str, &str)]) -> reqwest::Result<reqwest::Response> {
    let form = [("projectId", "92"), ("summary", "s"), ("issueTypeId", "11"), ("priorityId", "3")];
    send(stage, Method::POST, ISSUES, &[&form[..], more].concat()).await
}

#[tokio::test]
async fn categories_resolutions_and_users_are_listed() -> Outcome {
    let stage = Stage::started().await?;
    assert_eq!(read(&stage, &format!("{PROJECT}/categories")).await?[0]["id"], 10_001);
    assert_eq!(read(&stage, "/backlog/api/v2/resolutions").await?[4], json!({"id": 4, "name": "再現しない"}));
    let users = read(&stage, "/backlog/api/v2/users").await?;
    assert_eq!(users[1], read(&stage, "/backlog/api/v2/users/26").await?);
    assert!(users[0]["lastLoginTime"].is_string());
    check_error(stage.get("/backlog/api/v2/users/27").await?, 404, 6).await?;
    assert_eq!(read(&stage, "/backlog/api/v2/projects?archived=false&all=true").await?[0]["projectKey"], "SUB");
    assert_eq!(read(&stage, "/backlog/api/v2/projects?archived=true").await?, json!([]));
    check_error(stage.get("/backlog/api/v2/projects?archived=perhaps").await?, 400, 7).await
}

#[tokio::test]
async fn what_is_not_served_is_refused_by_its_name() -> Outcome {
    let stage = Stage::started().await?;
    for (method, path) in [
        (Method::GET, "/backlog/api/v2/wikis"),
        (Method::POST, "/backlog/api/v2/space/attachment"),
        (Method::PUT, "/backlog/api/v2/issues"),
        (Method::GET, "/backlog/api/v2/issues/1/participants"),
    ] {
        let answer = stage.request(method.clone(), path).header("Backlog-API-Key", KEY).send().await?;
        assert_eq!(answer.status(), 404);
        let message = answer.json::<Value>().await?["errors"][0]["message"].as_str().unwrap_or_default().to_owned();
        let path = path.trim_start_matches("/backlog");
        assert!(message.contains(&format!("{method} ")) && message.contains(path), "{message}");
    }
    Ok(())
}

#[tokio::test]
async fn a_project_formats_texts_as_it_is_told() -> Outcome {
    let stage = Stage::started().await?;
    assert_eq!(read(&stage, PROJECT).await?["textFormattingRule"], "markdown");
    let told = json!({"projectKey": "SUB", "textFormattingRule": "backlog"});
    assert_eq!(stage.control("backlog/projects", &told).await?.status(), 204);
    assert_eq!(read(&stage, PROJECT).await?["textFormattingRule"], "backlog");
    for wrong in [
        json!({"projectKey": "SUB", "textFormattingRule": "html"}),
        json!({"projectKey": "NONE", "textFormattingRule": "backlog"}),
    ] {
        assert_eq!(stage.control("backlog/projects", &wrong).await?.status(), 400);
    }
    stage.standins.reset();
    assert_eq!(read(&stage, PROJECT).await?["textFormattingRule"], "markdown");
    Ok(())
}

#[tokio::test]
async fn a_required_custom_field_is_demanded_of_the_issue_types_that_have_it() -> Outcome {
    let stage = Stage::started().await?;
    let field = json!({"id": 10, "projectKey": "SUB", "typeId": 5, "name": "Cause", "required": true,
        "applicableIssueTypes": [11], "items": ["n/a", "Human error"]});
    assert_eq!(stage.control("backlog/custom-fields", &field).await?.status(), 204);
    let listed = read(&stage, &format!("{PROJECT}/customFields")).await?;
    assert_eq!((&listed[0]["required"], &listed[0]["applicableIssueTypes"]), (&json!(true), &json!([11])));
    assert_eq!(listed[0]["items"][1], json!({"id": 2, "name": "Human error", "displayOrder": 1}));
    let refused: Value = create(&stage, &[]).await?.json().await?;
    assert_eq!(refused["errors"], json!([{"message": "Please enter a value for Cause.", "code": 7, "moreInfo": ""}]));
    for wrong in ["", "3", "Human error"] {
        check_error(create(&stage, &[("customField_10", wrong)]).await?, 400, 7).await?;
    }
    let issue: Value = create(&stage, &[("customField_10", "2")]).await?.json().await?;
    assert_eq!(issue["customFields"][0]["value"]["name"], "Human error");
    let form = [("projectId", "92"), ("summary", "s"), ("issueTypeId", "12"), ("priorityId", "3")];
    let other: Value = send(&stage, Method::POST, ISSUES, &form).await?.json().await?;
    assert_eq!(other["customFields"], json!([]));
    let changed = send(&stage, Method::PATCH, "/backlog/api/v2/issues/1", &[("customField_10", "1")]).await?;
    let changed: Value = changed.json().await?;
    assert_eq!(changed["customFields"][0]["value"]["id"], 1);
    check_error(send(&stage, Method::PATCH, "/backlog/api/v2/issues/1", &[("customField_10", "")]).await?, 400, 7).await
}

#[tokio::test]
async fn each_kind_of_custom_field_takes_its_own_values() -> Outcome {
    let stage = Stage::started().await?;
    for (id, kind, right, wrong) in [
        (1, 1, "a line", "two\nlines"),
        (2, 2, "two\nlines", ""),
        (3, 3, "1.5", "many"),
        (4, 4, "2026-02-28", "2026-02-31"),
        (5, 6, "1", "9"),
        (6, 7, "1", "9"),
        (7, 8, "1", "9"),
    ] {
        let items = if kind > 4 { json!(["a", "b"]) } else { json!([]) };
        let field = json!({"id": id, "projectKey": "SUB", "typeId": kind, "name": format!("F{id}"), "items": items});
        assert_eq!(stage.control("backlog/custom-fields", &field).await?.status(), 204);
        let name = format!("customField_{id}");
        assert_eq!(create(&stage, &[(&name, right)]).await?.status(), 201, "{kind}");
        if !wrong.is_empty() {
            check_error(create(&stage, &[(&name, wrong)]).await?, 400, 7).await?;
        }
    }
    let several = [("customField_5[0]", "1"), ("customField_5[1]", "2")];
    let issue: Value = create(&stage, &several).await?.json().await?;
    assert_eq!(issue["customFields"][4]["value"][1]["name"], "b");
    let two = [("customField_7[0]", "1"), ("customField_7[1]", "2")];
    check_error(create(&stage, &two).await?, 400, 7).await
}

#[tokio::test]
async fn a_folder_lists_its_files_and_folders_in_parts() -> Outcome {
    let stage = Stage::started().await?;
    let file = |id: u64, dir: &str, name: &str| json!({"id": id, "dir": dir, "name": name, "content": "abc"});
    for file in [file(7, "/", "b.txt"), file(8, "/資料/2026/", "見積.pdf"), file(9, "/資料/", "a.txt")] {
        assert_eq!(stage.control("backlog/files", &file).await?.status(), 201);
    }
    let names = |list: &Value| -> Vec<(String, String)> {
        let text = |entry: &Value, member: &str| entry[member].as_str().unwrap_or_default().to_owned();
        list.as_array().into_iter().flatten().map(|entry| (text(entry, "type"), text(entry, "name"))).collect()
    };
    let pair = |kind: &str, name: &str| (kind.to_owned(), name.to_owned());
    let root = read(&stage, &format!("{PROJECT}/files/metadata/")).await?;
    assert_eq!(names(&root), [pair("file", "b.txt"), pair("directory", "資料")]);
    assert_eq!((&root[0]["size"], &root[1]["size"], &root[0]["dir"]), (&json!(3), &Value::Null, &json!("/")));
    let inner = format!("{PROJECT}/files/metadata/%E8%B3%87%E6%96%99");
    assert_eq!(names(&read(&stage, &inner).await?), [pair("directory", "2026"), pair("file", "a.txt")]);
    assert_eq!(names(&read(&stage, &format!("{inner}?count=1&offset=1")).await?), [pair("file", "a.txt")]);
    assert_eq!(names(&read(&stage, &format!("{inner}?order=desc&count=1")).await?), [pair("file", "a.txt")]);
    assert_eq!(names(&read(&stage, &format!("{inner}/2026")).await?), [pair("file", "見積.pdf")]);
    check_error(stage.get(&format!("{PROJECT}/files/metadata/none")).await?, 404, 6).await?;
    check_error(stage.get(&format!("{inner}?count=101")).await?, 400, 7).await?;
    check_error(stage.get(&format!("{inner}?depth=2")).await?, 400, 7).await
}

#[tokio::test]
async fn issues_and_comments_can_be_counted_changed_and_taken_away() -> Outcome {
    let stage = Stage::started().await?;
    for _ in 0..2 {
        create(&stage, &[]).await?;
    }
    let comments = "/backlog/api/v2/issues/SUB-1/comments";
    let made = send(&stage, Method::POST, comments, &[("content", "c"), ("notifiedUserId[]", "26")]).await?;
    let made: Value = made.json().await?;
    assert_eq!(made["notifications"][0]["user"]["name"], "花子");
    check_error(send(&stage, Method::POST, comments, &[("content", "c"), ("notifiedUserId[]", "9")]).await?, 400, 7)
        .await?;
    assert_eq!(read(&stage, &format!("{comments}/count")).await?, json!({"count": 1}));
    let changed: Value =
        send(&stage, Method::PATCH, &format!("{comments}/1"), &[("content", "d")]).await?.json().await?;
    assert_eq!((&changed["content"], &read(&stage, &format!("{comments}/1")).await?), (&json!("d"), &changed));
    assert_eq!(send(&stage, Method::DELETE, &format!("{comments}/1"), &[]).await?.status(), 200);
    check_error(stage.get(&format!("{comments}/1")).await?, 404, 6).await?;
    for list in ["attachments", "sharedFiles"] {
        assert_eq!(read(&stage, &format!("/backlog/api/v2/issues/1/{list}")).await?, json!([]));
    }
    let gone: Value = send(&stage, Method::DELETE, "/backlog/api/v2/issues/SUB-2", &[]).await?.json().await?;
    assert_eq!(gone["issueKey"], "SUB-2");
    check_error(stage.get("/backlog/api/v2/issues/SUB-2").await?, 404, 6).await?;
    // Its number is not given again.
    let next: Value = create(&stage, &[]).await?.json().await?;
    assert_eq!((&next["id"], &next["issueKey"]), (&json!(3), &json!("SUB-3")));
    Ok(())
}
