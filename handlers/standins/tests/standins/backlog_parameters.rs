//! Every parameter has its effect or is refused by its name; the key comes in a header or in the query.

use crate::support::{KEY, Outcome, Stage, check_error};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

const ISSUES: &str = "/backlog/api/v2/issues";
const COMPLETE: [(&str, &str); 4] = [("projectId", "92"), ("summary", "s"), ("issueTypeId", "11"), ("priorityId", "3")];

fn post(stage: &Stage, more: &[(&str, &str)]) -> RequestBuilder {
    stage.request(Method::POST, ISSUES).header("Backlog-API-Key", KEY).form(&[&COMPLETE[..], more].concat())
}

async fn read(stage: &Stage, path: &str) -> Result<Value, Box<dyn std::error::Error>> {
    let answer = stage.get(path).await?;
    assert_eq!(answer.status(), 200, "{path}");
    Ok(answer.json().await?)
}

#[tokio::test]
async fn the_key_is_taken_from_its_header_as_from_the_query() -> Outcome {
    let stage = Stage::started().await?;
    let ask = |key: &str| stage.request(Method::GET, "/backlog/api/v2/space").header("Backlog-API-Key", key).send();
    assert_eq!(ask(KEY).await?.status(), 200);
    assert_eq!(stage.get("/backlog/api/v2/space").await?.status(), 200);
    for wrong in ["wrong", ""] {
        check_error(ask(wrong).await?, 401, 11).await?;
    }
    let calls = stage.standins.received();
    let credentials: Vec<_> = calls.iter().map(|call| serde_json::to_value(call.credential).unwrap()).collect();
    assert_eq!(credentials, [json!("valid"), json!("valid"), json!("wrong"), json!("missing")]);
    assert_eq!((calls[0].query.as_str(), calls[1].query.as_str()), ("", "apiKey=redacted"));
    assert!(calls.iter().all(|call| call.headers.get("backlog-api-key").is_none_or(|value| value == "redacted")));
    Ok(())
}

#[tokio::test]
async fn what_is_sent_for_an_issue_is_shown() -> Outcome {
    let stage = Stage::started().await?;
    assert_eq!(post(&stage, &[]).send().await?.status(), 201);
    let more = [
        ("categoryId[]", "10001"),
        ("categoryId[]", "10002"),
        ("versionId[0]", "101"),
        ("parentIssueId", "1"),
        ("notifiedUserId[]", "26"),
    ];
    let issue: Value = post(&stage, &more).send().await?.json().await?;
    assert_eq!((&issue["category"][0]["name"], &issue["category"][1]["id"]), (&json!("窓口"), &json!(10_002)));
    assert_eq!((&issue["versions"][0]["id"], &issue["parentIssueId"]), (&json!(101), &json!(1)));
    let stored: Value = stage.request(Method::GET, "/_control/backlog/issues").send().await?.json().await?;
    assert_eq!(stored[1]["notifications"][0]["user"]["id"], 26);
    Ok(())
}

#[tokio::test]
async fn what_does_not_exist_is_refused_by_its_name() -> Outcome {
    let stage = Stage::started().await?;
    assert_eq!(post(&stage, &[]).send().await?.status(), 201);
    assert_eq!(post(&stage, &[("parentIssueId", "1")]).send().await?.status(), 201);
    for (name, value) in [
        ("categoryId[]", "5"),
        ("versionId[]", "5"),
        ("notifiedUserId[]", "999"),
        ("attachmentId[]", "1"),
        ("parentIssueId", "9"),
        // A child is no parent.
        ("parentIssueId", "2"),
        ("customField_1", "x"),
        ("customField_1_otherValue", "x"),
        ("statusId", "1"),
        ("color", "red"),
        ("dueDate", "2026-02-31"),
    ] {
        let answer = post(&stage, &[(name, value)]).send().await?;
        assert_eq!(answer.status(), 400, "{name}");
        let body: Value = answer.json().await?;
        assert!(body["errors"][0]["message"].as_str().is_some_and(|text| text.contains(name)), "{body}");
        assert_eq!((&body["errors"][0]["code"], &body["errors"][0]["moreInfo"]), (&json!(7), &json!("")), "{body}");
    }
    Ok(())
}

#[tokio::test]
async fn a_refused_filter_does_not_speak_of_a_body() -> Outcome {
    let stage = Stage::started().await?;
    for (query, named) in [
        ("assigneeId[]=x", "assigneeId[]"),
        ("customField_1=1", "customField_1"),
        ("expand[]=childIssueSummary", "expand[]"),
        ("createdSince=2026-02-31", "createdSince"),
        ("parentChild=5", "parentChild"),
        ("colour=red", "colour"),
    ] {
        for path in [ISSUES.to_owned(), format!("{ISSUES}/count")] {
            let answer = stage.get(&format!("{path}?{query}")).await?;
            assert_eq!(answer.status(), 400, "{query}");
            let body: Value = answer.json().await?;
            assert!(body["errors"][0]["message"].as_str().is_some_and(|text| text.contains(named)), "{body}");
            assert_eq!(body["errors"][0]["moreInfo"], "", "{body}");
        }
    }
    for path in ["space", "priorities", "projects/SUB", "projects/SUB/issueTypes", "issues/1", "users/myself?x=1&y=2"] {
        let path = if path.contains('?') { path.to_owned() } else { format!("{path}?x=1") };
        check_error(stage.get(&format!("/backlog/api/v2/{path}")).await?, 400, 7).await?;
    }
    Ok(())
}

#[tokio::test]
async fn every_filter_has_its_effect_on_the_list_and_on_the_count() -> Outcome {
    let stage = Stage::started().await?;
    let first = [("assigneeId", "25"), ("categoryId[]", "10001"), ("dueDate", "2026-08-05"), ("milestoneId[]", "101")];
    let second = [("parentIssueId", "1"), ("startDate", "2026-08-04"), ("versionId[]", "102")];
    for more in [&first[..], &second, &[]] {
        assert_eq!(post(&stage, more).send().await?.status(), 201);
    }
    for (query, expected) in [
        ("", &[3, 2, 1][..]),
        ("assigneeId[]=25", &[1]),
        ("assigneeId[]=26", &[]),
        ("categoryId[]=10001&categoryId[]=10002", &[1]),
        ("milestoneId[]=101", &[1]),
        ("versionId[]=102", &[2]),
        ("createdUserId[]=25", &[3, 2, 1]),
        ("createdUserId[]=26", &[]),
        ("resolutionId[]=0", &[]),
        ("parentIssueId[]=1", &[2]),
        ("parentChild=0", &[3, 2, 1]),
        ("parentChild=1", &[3, 1]),
        ("parentChild=2", &[2]),
        ("parentChild=3", &[3]),
        ("parentChild=4", &[1]),
        ("hasDueDate=true", &[1]),
        ("hasDueDate=false", &[3, 2]),
        ("dueDateSince=2026-08-05&dueDateUntil=2026-08-05", &[1]),
        ("dueDateUntil=2026-08-04", &[]),
        ("startDateSince=2026-08-05", &[]),
        ("createdSince=2000-01-01&updatedUntil=2999-01-01", &[3, 2, 1]),
        ("createdUntil=2000-01-01", &[]),
        ("attachment=true", &[]),
        ("sharedFile=false", &[3, 2, 1]),
        ("sort=childIssue&order=asc", &[1, 3, 2]),
        ("sort=milestone&order=desc", &[1, 3, 2]),
    ] {
        let issues = read(&stage, &format!("{ISSUES}?{query}")).await?;
        let ids: Vec<_> = issues.as_array().into_iter().flatten().filter_map(|issue| issue["id"].as_u64()).collect();
        assert_eq!(ids, expected, "{query}");
        assert_eq!(
            read(&stage, &format!("{ISSUES}/count?{query}")).await?,
            json!({"count": expected.len()}),
            "{query}"
        );
    }
    assert_eq!(read(&stage, &format!("{ISSUES}/count?count=1")).await?["count"], 3);
    Ok(())
}

#[tokio::test]
async fn changes_keep_to_the_same_rules() -> Outcome {
    let stage = Stage::started().await?;
    for _ in 0..2 {
        assert_eq!(post(&stage, &[]).send().await?.status(), 201);
    }
    let patch = |form: &'static [(&'static str, &'static str)]| {
        stage.request(Method::PATCH, "/backlog/api/v2/issues/SUB-2").header("Backlog-API-Key", KEY).form(form).send()
    };
    let issue: Value =
        patch(&[("categoryId[]", "10002"), ("parentIssueId", "1"), ("notifiedUserId[]", "26")]).await?.json().await?;
    assert_eq!((&issue["category"][0]["id"], &issue["parentIssueId"]), (&json!(10_002), &json!(1)));
    let comments = read(&stage, "/backlog/api/v2/issues/2/comments").await?;
    assert_eq!(comments[0]["notifications"][0]["user"]["id"], 26);
    assert_eq!(comments[0]["changeLog"][1], json!({"field": "component", "newValue": "基盤", "originalValue": ""}));
    for form in [&[("categoryId[]", "5")][..], &[("parentIssueId", "2")], &[("projectId", "92")], &[("content", "c")]] {
        check_error(patch(form).await?, 400, 7).await?;
    }
    Ok(())
}
