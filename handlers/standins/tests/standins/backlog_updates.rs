//! What happens to an issue after its creation: changes and comments.

use crate::support::{KEY, Outcome, Stage, check_error, header};
use reqwest::{Method, Response};
use serde_json::{Value, json};

const ISSUE: &str = "/backlog/api/v2/issues/SUB-1";
const COMMENTS: &str = "/backlog/api/v2/issues/SUB-1/comments";

async fn with_issue() -> Result<Stage, Box<dyn std::error::Error>> {
    let stage = Stage::started().await?;
    let form = [("projectId", "92"), ("summary", "s"), ("issueTypeId", "11"), ("priorityId", "3")];
    let answer = send(&stage, Method::POST, "/backlog/api/v2/issues", &form).await?;
    assert_eq!(answer.status(), 201);
    Ok(stage)
}

async fn send(stage: &Stage, method: Method, path: &str, form: &[(&str, &str)]) -> reqwest::Result<Response> {
    stage.request(method, path).query(&[("apiKey", KEY)]).form(form).send().await
}

async fn stored(stage: &Stage) -> reqwest::Result<Value> {
    stage.request(Method::GET, "/_control/backlog/issues").send().await?.json().await
}

#[tokio::test]
async fn a_comment_is_stored_and_says_where_it_is() -> Outcome {
    let stage = with_issue().await?;
    let answer = send(&stage, Method::POST, COMMENTS, &[("content", "復旧しました\n終わり")]).await?;
    assert_eq!(answer.status(), 201);
    let location = format!("{}/view/SUB-1#comment-1", stage.standins.origin("backlog"));
    assert_eq!(header(&answer, "location"), location);
    let comment: Value = answer.json().await?;
    assert_eq!(comment["content"], "復旧しました\n終わり");
    assert_eq!(comment["issueId"], 1);
    let issues = stored(&stage).await?;
    assert_eq!(issues[0]["issueKey"], "SUB-1");
    assert_eq!(issues[0]["comments"], json!([comment]));
    Ok(())
}

#[tokio::test]
async fn a_comment_needs_a_form_with_content_and_an_issue() -> Outcome {
    let stage = with_issue().await?;
    for form in [&[][..], &[("content", "")], &[("content", " \n")], &[("comment", "c")]] {
        check_error(send(&stage, Method::POST, COMMENTS, form).await?, 400, 7).await?;
    }
    let request = stage.request(Method::POST, COMMENTS).query(&[("apiKey", KEY)]);
    check_error(request.json(&json!({"content": "c"})).send().await?, 400, 7).await?;
    let elsewhere = "/backlog/api/v2/issues/SUB-2/comments";
    check_error(send(&stage, Method::POST, elsewhere, &[("content", "c")]).await?, 404, 6).await?;
    check_error(stage.get(elsewhere).await?, 404, 6).await?;
    assert_eq!(stored(&stage).await?[0]["comments"], json!([]));
    Ok(())
}

#[tokio::test]
async fn comments_are_listed_newest_first_and_in_parts() -> Outcome {
    let stage = with_issue().await?;
    for content in ["one", "two", "three"] {
        send(&stage, Method::POST, COMMENTS, &[("content", content)]).await?;
    }
    for (query, expected) in [
        ("", &["three", "two", "one"][..]),
        ("?order=asc", &["one", "two", "three"]),
        ("?count=1", &["three"]),
        ("?minId=2", &["three", "two"]),
        ("?maxId=1", &["one"]),
    ] {
        let comments: Value = stage.get(&format!("{COMMENTS}{query}")).await?.json().await?;
        let contents: Vec<_> = comments.as_array().into_iter().flatten().map(|comment| &comment["content"]).collect();
        assert_eq!(contents, expected, "{query}");
    }
    check_error(stage.get(&format!("{COMMENTS}?count=101")).await?, 400, 7).await
}

#[tokio::test]
async fn a_change_is_kept_and_logged_with_names() -> Outcome {
    let stage = with_issue().await?;
    let form = [("statusId", "4"), ("resolutionId", "0"), ("comment", "復旧"), ("summary", "s2")];
    let answer = send(&stage, Method::PATCH, ISSUE, &form).await?;
    assert_eq!(answer.status(), 200);
    let issue: Value = answer.json().await?;
    assert_eq!(issue["status"]["name"], "完了");
    assert_eq!(issue["resolution"], json!({"id": 0, "name": "対応済み"}));
    assert_eq!(issue["summary"], "s2");
    assert_eq!(stage.get(ISSUE).await?.json::<Value>().await?, issue);
    let comment = &stored(&stage).await?[0]["comments"][0];
    assert_eq!(comment["content"], "復旧");
    assert_eq!(
        comment["changeLog"],
        json!([
            {"field": "summary", "newValue": "s2", "originalValue": "s"},
            {"field": "status", "newValue": "完了", "originalValue": "未対応"},
            {"field": "resolution", "newValue": "対応済み", "originalValue": null},
        ])
    );
    Ok(())
}

#[tokio::test]
async fn every_field_can_be_changed() -> Outcome {
    let stage = with_issue().await?;
    let form = [
        ("description", "d"),
        ("issueTypeId", "12"),
        ("priorityId", "2"),
        ("startDate", "2026-08-04"),
        ("dueDate", "2026-08-05"),
        ("estimatedHours", "1.5"),
        ("actualHours", "2"),
    ];
    let issue: Value = send(&stage, Method::PATCH, ISSUE, &form).await?.json().await?;
    assert_eq!(issue["description"], "d");
    assert_eq!(issue["issueType"]["name"], "バグ");
    assert_eq!(issue["priority"]["name"], "高");
    assert_eq!(issue["startDate"], "2026-08-04T00:00:00Z");
    assert_eq!(issue["dueDate"], "2026-08-05T00:00:00Z");
    assert_eq!(issue["estimatedHours"], 1.5);
    assert_eq!(issue["actualHours"], 2.0);
    let issue: Value = send(&stage, Method::PATCH, ISSUE, &[("dueDate", "")]).await?.json().await?;
    assert_eq!(issue["dueDate"], Value::Null);
    Ok(())
}

#[tokio::test]
async fn a_comment_alone_is_a_change() -> Outcome {
    let stage = with_issue().await?;
    let answer = send(&stage, Method::PATCH, ISSUE, &[("comment", "c"), ("statusId", "1")]).await?;
    assert_eq!(answer.status(), 200);
    let comments = &stored(&stage).await?[0]["comments"];
    assert_eq!(comments[0]["content"], "c");
    assert_eq!(comments[0]["changeLog"], json!([]));
    Ok(())
}

#[tokio::test]
async fn a_change_that_changes_nothing_is_refused() -> Outcome {
    let stage = with_issue().await?;
    for form in [&[][..], &[("statusId", "1")], &[("summary", "s"), ("priorityId", "3")], &[("comment", " ")]] {
        check_error(send(&stage, Method::PATCH, ISSUE, form).await?, 400, 7).await?;
    }
    let request = stage.request(Method::PATCH, ISSUE).query(&[("apiKey", KEY)]);
    check_error(request.json(&json!({"statusId": 4})).send().await?, 400, 7).await?;
    assert_eq!(stored(&stage).await?[0]["comments"], json!([]));
    Ok(())
}

#[tokio::test]
async fn a_change_to_something_unknown_is_refused_as_a_whole() -> Outcome {
    let stage = with_issue().await?;
    for wrong in [
        ("statusId", "5"),
        ("statusId", "closed"),
        ("statusId", ""),
        ("resolutionId", "5"),
        ("priorityId", "1"),
        ("issueTypeId", "21"),
        ("summary", ""),
        ("summary", "a\nb"),
        ("dueDate", "tomorrow"),
    ] {
        let answer = send(&stage, Method::PATCH, ISSUE, &[("description", "d"), ("comment", "c"), wrong]).await?;
        check_error(answer, 400, 7).await?;
    }
    check_error(send(&stage, Method::PATCH, "/backlog/api/v2/issues/SUB-9", &[("statusId", "4")]).await?, 404, 6)
        .await?;
    let issues = stored(&stage).await?;
    assert_eq!((&issues[0]["description"], &issues[0]["comments"]), (&json!(""), &json!([])));
    Ok(())
}

#[tokio::test]
async fn a_reset_forgets_issues_and_begins_to_number_again() -> Outcome {
    let stage = with_issue().await?;
    stage.standins.reset();
    assert_eq!(stored(&stage).await?, json!([]));
    let form = [("projectId", "92"), ("summary", "s"), ("issueTypeId", "11"), ("priorityId", "3")];
    let issue: Value = send(&stage, Method::POST, "/backlog/api/v2/issues", &form).await?.json().await?;
    assert_eq!(issue["issueKey"], "SUB-1");
    Ok(())
}
