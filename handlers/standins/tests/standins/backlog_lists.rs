//! What can be read of projects and issues: vocabularies, single issues, searches.

use crate::support::{KEY, Outcome, Stage, check_error, number};
use reqwest::Method;
use serde_json::{Value, json};

const PROJECT: &str = "/backlog/api/v2/projects/SUB";

async fn read(stage: &Stage, path: &str) -> Result<Value, Box<dyn std::error::Error>> {
    let answer = stage.get(path).await?;
    assert_eq!(answer.status(), 200, "{path}");
    Ok(answer.json().await?)
}

async fn create(stage: &Stage, project: &str, kind: &str, summary: &str, description: &str) -> Outcome {
    let form = [
        ("projectId", project),
        ("issueTypeId", kind),
        ("priorityId", "3"),
        ("summary", summary),
        ("description", description),
    ];
    let request = stage.request(Method::POST, "/backlog/api/v2/issues").query(&[("apiKey", KEY)]);
    assert_eq!(request.form(&form).send().await?.status(), 201);
    Ok(())
}

#[track_caller]
fn check_keys(issues: &Value, expected: &[&str]) {
    let keys: Vec<_> = issues.as_array().into_iter().flatten().map(|issue| issue["issueKey"].as_str()).collect();
    assert_eq!(keys, expected.iter().map(|key| Some(*key)).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_project_is_found_by_id_and_by_key() -> Outcome {
    let stage = Stage::started().await?;
    stage.put(json!({"content": "", "project": {"id": 93, "projectKey": "OPS"}})).await?;
    let projects = read(&stage, "/backlog/api/v2/projects").await?;
    assert_eq!(projects[0]["projectKey"], "SUB");
    assert_eq!(projects[1]["projectKey"], "OPS");
    for path in [PROJECT, "/backlog/api/v2/projects/92"] {
        assert_eq!(read(&stage, path).await?, projects[0]);
    }
    for suffix in ["", "/issueTypes", "/statuses"] {
        let path = format!("/backlog/api/v2/projects/NONE{suffix}");
        check_error(stage.get(&path).await?, 404, 6).await?;
        let path = format!("/backlog/api/v2/projects/%FF{suffix}");
        check_error(stage.get(&path).await?, 400, 7).await?;
    }
    Ok(())
}

#[tokio::test]
async fn each_project_has_four_types_of_its_own() -> Outcome {
    let stage = Stage::started().await?;
    stage.put(json!({"content": "", "project": {"id": 93, "projectKey": "OPS"}})).await?;
    let of = |types: &Value, member: &str| -> Vec<Value> {
        types.as_array().into_iter().flatten().map(|kind| kind[member].clone()).collect()
    };
    let types = read(&stage, &format!("{PROJECT}/issueTypes")).await?;
    assert_eq!(of(&types, "name"), ["タスク", "バグ", "要望", "その他"]);
    assert_eq!(of(&types, "id"), [11, 12, 13, 14]);
    assert_eq!(of(&types, "projectId"), [92; 4]);
    let others = read(&stage, "/backlog/api/v2/projects/93/issueTypes").await?;
    assert_eq!(of(&others, "id"), [21, 22, 23, 24]);
    Ok(())
}

#[tokio::test]
async fn each_project_has_members_and_milestones_of_its_own() -> Outcome {
    let stage = Stage::started().await?;
    stage.put(json!({"content": "", "project": {"id": 93, "projectKey": "OPS"}})).await?;
    let members = read(&stage, &format!("{PROJECT}/users")).await?;
    assert_eq!((&members[0]["id"], &members[0]["userId"]), (&json!(25), &json!("taro")));
    // A user of a Nulab account has no user id.
    assert_eq!((&members[1]["name"], &members[1]["userId"]), (&json!("花子"), &Value::Null));
    for (path, ids) in [(PROJECT, [101, 102]), ("/backlog/api/v2/projects/93", [201, 202])] {
        let milestones = read(&stage, &format!("{path}/versions")).await?;
        let of =
            |member: &str| milestones.as_array().unwrap().iter().map(|one| one[member].clone()).collect::<Vec<_>>();
        assert_eq!(of("id"), ids);
        assert_eq!(of("name"), ["いますぐ", "次のリリース"]);
    }
    for list in ["users", "versions"] {
        check_error(stage.get(&format!("/backlog/api/v2/projects/NONE/{list}")).await?, 404, 6).await?;
    }
    Ok(())
}

#[tokio::test]
async fn statuses_and_priorities_have_their_usual_ids() -> Outcome {
    let stage = Stage::started().await?;
    let pairs = |list: Value| -> Vec<(u64, String)> {
        let pair = |one: &Value| (one["id"].as_u64().unwrap(), one["name"].as_str().unwrap().to_owned());
        list.as_array().into_iter().flatten().map(pair).collect()
    };
    let statuses = pairs(read(&stage, &format!("{PROJECT}/statuses")).await?);
    let expected = [(1, "未対応"), (2, "処理中"), (3, "処理済み"), (4, "完了")];
    assert_eq!(statuses, expected.map(|(id, name)| (id, name.to_owned())));
    let priorities = pairs(read(&stage, "/backlog/api/v2/priorities").await?);
    assert_eq!(priorities, [(2, "高"), (3, "中"), (4, "低")].map(|(id, name)| (id, name.to_owned())));
    Ok(())
}

#[tokio::test]
async fn a_stored_issue_is_found_by_id_and_by_key() -> Outcome {
    let stage = Stage::started().await?;
    create(&stage, "92", "12", "障害", "詳細\n二行目").await?;
    for path in ["/backlog/api/v2/issues/1", "/backlog/api/v2/issues/SUB-1"] {
        let issue = read(&stage, path).await?;
        assert_eq!(issue["summary"], "障害");
        assert_eq!(issue["description"], "詳細\n二行目");
        assert_eq!(issue["issueType"]["name"], "バグ");
        assert_eq!(issue["priority"], json!({"id": 3, "name": "中"}));
        assert_eq!(issue["status"]["name"], "未対応");
    }
    for path in ["/backlog/api/v2/issues/2", "/backlog/api/v2/issues/SUB-2", "/backlog/api/v2/issues/sub-1"] {
        check_error(stage.get(path).await?, 404, 6).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_search_matches_summary_and_description_inside_the_project() -> Outcome {
    let stage = Stage::started().await?;
    stage.put(json!({"content": "", "project": {"id": 93, "projectKey": "OPS"}})).await?;
    create(&stage, "92", "11", "Disk full on db-1", "alert 2bj2").await?;
    create(&stage, "92", "12", "CPU", "on DB-1, alert 2bj3").await?;
    create(&stage, "93", "21", "Disk full on db-1", "alert 2bj4").await?;
    for (query, expected) in [
        ("", &["OPS-1", "SUB-2", "SUB-1"][..]),
        ("projectId[]=92", &["SUB-2", "SUB-1"]),
        ("projectId[]=92&projectId[]=93", &["OPS-1", "SUB-2", "SUB-1"]),
        ("projectId%5B0%5D=93", &["OPS-1"]),
        ("keyword=db-1&projectId[]=92", &["SUB-2", "SUB-1"]),
        ("keyword=2bj3", &["SUB-2"]),
        ("keyword=full%20disk&order=asc", &["SUB-1", "OPS-1"]),
        ("keyword=nothing", &[]),
        ("issueTypeId[]=12", &["SUB-2"]),
        ("id[]=1&id[]=3", &["OPS-1", "SUB-1"]),
        ("statusId[]=4", &[]),
        ("sort=summary&order=asc", &["SUB-2", "SUB-1", "OPS-1"]),
        ("sort=assignee", &["OPS-1", "SUB-2", "SUB-1"]),
        ("count=1", &["OPS-1"]),
        ("count=1&offset=1", &["SUB-2"]),
        ("offset=3", &[]),
    ] {
        let issues = read(&stage, &format!("/backlog/api/v2/issues?{query}")).await?;
        check_keys(&issues, expected);
    }
    Ok(())
}

#[tokio::test]
async fn a_list_has_twenty_entries_unless_it_is_asked_for_more() -> Outcome {
    let stage = Stage::started().await?;
    for _ in 0..21 {
        create(&stage, "92", "11", "s", "").await?;
    }
    for (query, expected) in [("", 20), ("?count=100", 21)] {
        let issues = read(&stage, &format!("/backlog/api/v2/issues{query}")).await?;
        assert_eq!(issues.as_array().map(Vec::len), Some(expected));
    }
    Ok(())
}

#[tokio::test]
async fn a_search_that_makes_no_sense_is_refused() -> Outcome {
    let stage = Stage::started().await?;
    for query in [
        "count=0",
        "count=101",
        "count=many",
        "offset=-1",
        "order=up",
        "sort=color",
        "projectId[]=SUB",
        "createdSince=2026-02-31",
    ] {
        check_error(stage.get(&format!("/backlog/api/v2/issues?{query}")).await?, 400, 7).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_search_counts_apart_from_other_reads() -> Outcome {
    let stage = Stage::started().await?;
    let answer = stage.get("/backlog/api/v2/issues").await?;
    assert_eq!(number(&answer, "x-ratelimit-limit")?, 150);
    assert_eq!(number(&answer, "x-ratelimit-remaining")?, 149);
    let limits = read(&stage, "/backlog/api/v2/rateLimit").await?;
    assert_eq!(limits["rateLimit"]["search"]["remaining"], 149);
    assert_eq!(limits["rateLimit"]["read"]["remaining"], 599);
    for _ in 0..149 {
        assert_eq!(stage.get("/backlog/api/v2/issues").await?.status(), 200);
    }
    check_error(stage.get("/backlog/api/v2/issues").await?, 429, 13).await?;
    check_error(stage.get("/backlog/api/v2/issues/SUB-1").await?, 404, 6).await
}
