//! New issues: only as a form, only complete, numbered one after the other.

use crate::support::{KEY, Outcome, Stage, check_error, header};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

const COMPLETE: [(&str, &str); 4] =
    [("projectId", "92"), ("summary", "障害 & 復旧"), ("issueTypeId", "11"), ("priorityId", "3")];

fn post(stage: &Stage) -> RequestBuilder {
    stage.request(Method::POST, "/backlog/api/v2/issues").query(&[("apiKey", KEY)])
}

async fn check_refused(stage: &Stage, changes: &[(&str, &str)], named: &str) -> Outcome {
    let form: Vec<_> =
        COMPLETE.iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name)).chain(changes).collect();
    let answer = post(stage).form(&form).send().await?;
    assert_eq!(answer.status(), 400, "{changes:?}");
    let body: Value = answer.json().await?;
    let errors = body["errors"].as_array().ok_or("no errors")?;
    assert_eq!(errors.len(), 1, "{body}");
    assert_eq!(errors[0]["code"], 7);
    assert!(errors[0]["message"].as_str().is_some_and(|text| text.contains(named)), "{body}");
    Ok(())
}

#[tokio::test]
async fn a_form_becomes_an_issue_with_the_next_number_of_its_project() -> Outcome {
    let stage = Stage::started().await?;
    for key_id in 1..=3 {
        let answer = post(&stage).form(&COMPLETE).send().await?;
        assert_eq!(answer.status(), 201);
        let location = format!("{}/view/SUB-{key_id}", stage.standins.origin("backlog"));
        assert_eq!(header(&answer, "location"), location);
        let issue: Value = answer.json().await?;
        assert_eq!(issue["keyId"], key_id);
        assert_eq!(issue["issueKey"], format!("SUB-{key_id}"));
        assert_eq!(issue["projectId"], 92);
        assert_eq!(issue["summary"], "障害 & 復旧");
        assert_eq!(issue["priority"], json!({"id": 3, "name": "中"}));
    }
    Ok(())
}

#[tokio::test]
async fn each_project_numbers_its_own_issues() -> Outcome {
    let stage = Stage::started().await?;
    stage.put(json!({"content": "", "project": {"id": 93, "projectKey": "OPS"}})).await?;
    for (project, kind, expected) in [("92", "11", "SUB-1"), ("93", "21", "OPS-1"), ("92", "12", "SUB-2")] {
        let form = [("projectId", project), ("summary", "s"), ("issueTypeId", kind), ("priorityId", "3")];
        let issue: Value = post(&stage).form(&form).send().await?.json().await?;
        assert_eq!(issue["issueKey"], expected);
    }
    Ok(())
}

#[tokio::test]
async fn json_is_refused_and_the_answer_names_what_a_form_needs() -> Outcome {
    let stage = Stage::started().await?;
    let body = json!({"projectId": 92, "summary": "s", "issueTypeId": 11, "priorityId": 3});
    let answer = post(&stage).json(&body).send().await?;
    assert_eq!(answer.status(), 400);
    let refusal: Value = answer.json().await?;
    let errors = refusal["errors"].as_array().ok_or("no errors")?;
    assert!(errors.iter().all(|error| error["code"] == 7));
    for (name, _) in COMPLETE {
        assert!(refusal.to_string().contains(name), "{name}: {refusal}");
    }
    assert!(refusal.to_string().contains("application/x-www-form-urlencoded"));
    Ok(())
}

#[tokio::test]
async fn a_form_under_another_content_type_is_refused() -> Outcome {
    let stage = Stage::started().await?;
    let text = "projectId=92&summary=s&issueTypeId=11&priorityId=3";
    for kind in ["text/plain", "application/json"] {
        let request = post(&stage).header("content-type", kind).body(text);
        check_error(request.send().await?, 400, 7).await?;
    }
    check_error(post(&stage).body(text).send().await?, 400, 7).await?;
    let kind = "application/x-www-form-urlencoded; charset=UTF-8";
    let request = post(&stage).header("content-type", kind).body(text);
    assert_eq!(request.send().await?.status(), 201);
    Ok(())
}

#[tokio::test]
async fn every_required_parameter_is_required() -> Outcome {
    let stage = Stage::started().await?;
    for (name, _) in COMPLETE {
        check_refused(&stage, &[(name, "")], name).await?;
        let form: Vec<_> = COMPLETE.iter().filter(|(kept, _)| *kept != name).collect();
        check_error(post(&stage).form(&form).send().await?, 400, 7).await?;
    }
    check_refused(&stage, &[("summary", " \n")], "summary").await
}

#[tokio::test]
async fn values_of_the_wrong_kind_are_refused_by_name() -> Outcome {
    let stage = Stage::started().await?;
    for (name, value) in [
        ("projectId", "SUB"),
        ("issueTypeId", "bug"),
        ("priorityId", "1"),
        ("assigneeId", ""),
        ("milestoneId[]", ""),
        ("dueDate", "2026/08/04"),
        ("estimatedHours", "soon"),
    ] {
        check_refused(&stage, &[(name, value)], name).await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_issue_of_an_unknown_project_is_refused() -> Outcome {
    let stage = Stage::started().await?;
    let form = [&[("projectId", "1")], &COMPLETE[1..]].concat();
    check_error(post(&stage).form(&form).send().await?, 404, 6).await
}

#[tokio::test]
async fn the_key_belongs_into_the_query_not_into_the_form() -> Outcome {
    let stage = Stage::started().await?;
    let form = [&[("apiKey", KEY)], COMPLETE.as_slice()].concat();
    let request = stage.request(Method::POST, "/backlog/api/v2/issues");
    check_error(request.form(&form).send().await?, 401, 11).await
}

#[tokio::test]
async fn an_issue_type_of_another_project_is_refused() -> Outcome {
    let stage = Stage::started().await?;
    stage.put(json!({"content": "", "project": {"id": 93, "projectKey": "OPS"}})).await?;
    for kind in ["21", "15", "10", "0"] {
        check_refused(&stage, &[("issueTypeId", kind)], "issueTypeId").await?;
    }
    let issues: Value = stage.request(Method::GET, "/_control/backlog/issues").send().await?.json().await?;
    assert_eq!(issues, json!([]));
    Ok(())
}

#[tokio::test]
async fn an_issue_has_the_assignee_and_the_milestones_that_it_is_given() -> Outcome {
    let stage = Stage::started().await?;
    let given = [("assigneeId", "26"), ("milestoneId[]", "101"), ("milestoneId[]", "102")];
    let issue: Value = post(&stage).form(&[&COMPLETE[..], &given].concat()).send().await?.json().await?;
    assert_eq!(issue["assignee"]["name"], "花子");
    assert_eq!((&issue["milestone"][0]["name"], &issue["milestone"][1]["id"]), (&json!("いますぐ"), &json!(102)));
    let issue: Value = post(&stage).form(&COMPLETE).send().await?.json().await?;
    assert_eq!((&issue["assignee"], &issue["milestone"]), (&Value::Null, &json!([])));
    check_refused(&stage, &[("assigneeId", "27")], "assigneeId 27 is not a member").await?;
    check_refused(&stage, &[("milestoneId[]", "201")], "milestoneId[] 201 is not a milestone").await
}

#[tokio::test]
async fn texts_beyond_the_limits_are_refused() -> Outcome {
    let stage = Stage::started().await?;
    let (summary, description) = ("あ".repeat(255), "あ".repeat(100_000));
    let form =
        [&[("summary", summary.as_str()), ("description", &description)], &COMPLETE[2..], &COMPLETE[..1]].concat();
    assert_eq!(post(&stage).form(&form).send().await?.status(), 201);
    check_refused(&stage, &[("summary", &format!("{summary}x"))], "summary").await?;
    check_refused(&stage, &[("description", &format!("{description}x"))], "description").await?;
    for summary in ["two\nlines", "two\rlines", "end\n"] {
        check_refused(&stage, &[("summary", summary)], "summary").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_refused_issue_takes_no_number() -> Outcome {
    let stage = Stage::started().await?;
    check_refused(&stage, &[("issueTypeId", "99")], "issueTypeId").await?;
    let issue: Value = post(&stage).form(&COMPLETE).send().await?.json().await?;
    assert_eq!(issue["issueKey"], "SUB-1");
    Ok(())
}
