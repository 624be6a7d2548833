//! What each call does to a Backlog that carries it out.

use super::*;

/// Creates issues with these descriptions and expects the place of the one that has a line.
async fn check_found(descriptions: &[&'static str], line: &'static str, expected: Option<usize>) {
    let stage = Stage::new().await;
    for (place, description) in descriptions.iter().enumerate() {
        stage.check(Call::Create("s", description), Outcome::Issue(format!("SUB-{}", place + 1))).await;
    }
    let expected = expected.map_or(Outcome::NotFound, |place| Outcome::Issue(format!("SUB-{}", place + 1)));
    stage.check(Call::Find(line), expected).await;
}

#[tokio::test]
async fn an_issue_is_created_as_it_is_given() {
    let stage = Stage::new().await;
    let call = Call::Create("a & b = ü\nこれ%20+", "一行目\n\nline: 2&summary=x");
    stage.check(call, Outcome::Issue("SUB-1".into())).await;
    let issues = stage.standins.backlog_issues();
    assert_eq!(issues.len(), 1);
    assert_eq!(issues[0]["summary"], "a & b = ü これ%20+");
    assert_eq!(issues[0]["description"], "一行目\n\nline: 2&summary=x");
    assert_eq!((&issues[0]["projectId"], &issues[0]["issueType"]["id"]), (&92.into(), &11.into()));
    assert_eq!((&issues[0]["priority"]["id"], &issues[0]["status"]["id"]), (&2.into(), &1.into()));
}

#[tokio::test]
async fn an_issue_is_given_to_somebody_and_to_a_milestone_only_if_it_has_them() {
    let stage = Stage::new().await;
    let issues = Issues::new(&stage.origin, &stage.key).unwrap();
    for (assignee, milestone) in [(None, None), (Some(26), Some(102))] {
        let fields = CustomFields::default();
        let (assignee, milestone) = (assignee.map(UserId::new), milestone.map(MilestoneId::new));
        let new = NewIssue { assignee, milestone, ..new_issue(&fields) };
        issues.create(new).await.unwrap();
    }
    let issues = stage.standins.backlog_issues();
    assert_eq!((&issues[0]["assignee"], &issues[0]["milestone"]), (&Value::Null, &serde_json::json!([])));
    assert_eq!((&issues[1]["assignee"]["id"], &issues[1]["milestone"][0]["id"]), (&26.into(), &102.into()));
    let bodies: Vec<String> = stage.standins.received().into_iter().map(|call| call.body).collect();
    assert!(!bodies[0].contains("assignee") && !bodies[0].contains("milestone"), "{}", bodies[0]);
}

#[tokio::test]
async fn an_issue_gets_the_values_of_its_custom_fields() {
    let stage = Stage::new().await;
    for (id, type_id, items, required) in [(10, 5, vec!["n/a", "error"], true), (11, 6, vec!["a", "b"], false)] {
        stage.standins.put_custom_field(standins::BacklogCustomField {
            id,
            project_key: "SUB".into(),
            type_id,
            name: format!("Field {id}"),
            required,
            applicable_issue_types: vec![11],
            items: items.into_iter().map(str::to_owned).collect(),
        });
    }
    let reason = stage.check(EACH[0], Outcome::Permanent).await;
    assert!(reason.ends_with("(400): code 7, Please enter a value for Field 10."), "{reason}");
    let mut fields = CustomFields::default();
    fields.set(10, "2");
    fields.set_items(11, &[1, 2]);
    Issues::new(&stage.origin, &stage.key).unwrap().create(new_issue(&fields)).await.unwrap();
    let shown = &stage.standins.backlog_issues()[0]["customFields"];
    assert_eq!((&shown[0]["value"]["name"], &shown[1]["value"][1]["name"]), (&"error".into(), &"b".into()));
}

#[tokio::test]
async fn a_summary_that_is_too_long_is_cut_and_not_refused() {
    let stage = Stage::new().await;
    let long: &str = "件".repeat(300).leak();
    stage.check(Call::Create(long, "d"), Outcome::Issue("SUB-1".into())).await;
    assert_eq!(stage.standins.backlog_issues()[0]["summary"].as_str().unwrap().chars().count(), SUMMARY_LIMIT);
}

#[tokio::test]
async fn an_issue_is_found_by_a_line_of_its_description() {
    check_found(&["x", "first\nAlert: https://m/alerts/2bj\nlast"], "Alert: https://m/alerts/2bj", Some(1)).await;
    check_found(&["a\r\n Alert: 1 \r\nb"], "Alert: 1", Some(0)).await;
    check_found(&["Alert: 1", "other", "Alert: 1"], "Alert: 1", Some(2)).await;
    check_found(&[], "Alert: 1", None).await;
}

#[tokio::test]
async fn an_issue_that_only_mentions_the_line_is_not_it() {
    let mentions = ["Alert: 12", "see Alert: 1", "Alert: 1, and so on", "1 Alert:", "> Alert: 1"];
    check_found(&mentions, "Alert: 1", None).await;
}

#[tokio::test]
async fn an_issue_that_the_search_does_not_have_yet_is_found_among_the_newest() {
    let stage = Stage::with_an_issue().await;
    stage.standins.fail(Planned { status: 200, body: Some("[]".into()), ..Planned::default() });
    stage.check(EACH[1], Outcome::Issue("SUB-1".into())).await;
    let queries: Vec<_> = stage.standins.received().into_iter().skip(1).map(|call| call.query).collect();
    assert_eq!(queries.len(), 2);
    assert!(queries.iter().all(|query| query.contains("projectId%5B%5D=92") && query.contains("count=100")));
    assert!(queries[0].contains("keyword=line") && !queries[1].contains("keyword"), "{queries:?}");
}

#[tokio::test]
async fn a_comment_is_added_with_its_lines() {
    let stage = Stage::with_an_issue().await;
    stage.check(Call::Comment("SUB-1", "eins & zwei\n*drei*"), Outcome::Made).await;
    let issues = stage.standins.backlog_issues();
    assert_eq!(issues[0]["comments"][0]["content"], "eins & zwei\n*drei*");
    assert_eq!(issues[0]["status"]["id"], 1);
}

#[tokio::test]
async fn closing_sets_the_status_and_says_why() {
    let stage = Stage::with_an_issue().await;
    stage.check(Call::Close("SUB-1", "over"), Outcome::Made).await;
    let issues = stage.standins.backlog_issues();
    assert_eq!((&issues[0]["status"]["id"], &issues[0]["comments"][0]["content"]), (&4.into(), &"over".into()));
}

#[tokio::test]
async fn an_issue_that_is_closed_already_gets_the_comment() {
    let stage = Stage::with_an_issue().await;
    stage.check(Call::Close("SUB-1", "over"), Outcome::Made).await;
    stage.standins.fail(Planned { status: 400, ..Planned::default() });
    stage.check(Call::Close("SUB-1", "over again"), Outcome::Made).await;
    let expected = ["PATCH /issues/SUB-1", "GET /issues/SUB-1", "POST /issues/SUB-1/comments"];
    assert_eq!(stage.calls()[2..], expected);
    assert_eq!(stage.standins.backlog_issues()[0]["comments"][1]["content"], "over again");
}

#[tokio::test]
async fn an_open_issue_that_cannot_be_closed_is_a_failure() {
    let stage = Stage::with_an_issue().await;
    stage.standins.fail(Planned { status: 400, ..Planned::default() });
    let reason = stage.check(EACH[3], Outcome::Permanent).await;
    assert!(reason.contains("(400): code 7"), "{reason}");
    assert_eq!(stage.standins.backlog_issues()[0]["comments"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn an_issue_that_was_deleted_is_no_failure() {
    let stage = Stage::new().await;
    for call in CHANGES {
        stage.check(call, Outcome::NoIssue).await;
    }
    let deleted_meanwhile = Planned { status: 400, ..Planned::default() };
    stage.standins.fail(deleted_meanwhile);
    stage.check(EACH[3], Outcome::NoIssue).await;
}

#[tokio::test]
async fn an_issue_key_stays_one_segment_of_the_path() {
    let stage = Stage::with_an_issue().await;
    stage.check(Call::Comment("../issues/SUB-1", "c"), Outcome::NoIssue).await;
    assert_eq!(stage.calls()[1], "POST /issues/..%2Fissues%2FSUB-1/comments");
}

#[tokio::test]
async fn a_comment_is_known_by_its_text() {
    let stage = Stage::with_an_issue().await;
    stage.check(Call::HasComment("SUB-1", "a\nb"), Outcome::NotFound).await;
    stage.check(Call::Comment("SUB-1", "a \r\nb\n"), Outcome::Made).await;
    stage.check(Call::Close("SUB-1", "c"), Outcome::Made).await;
    for (text, expected) in [
        ("a\nb", Outcome::Found),
        ("a\nb ", Outcome::Found),
        ("c", Outcome::Found),
        ("a", Outcome::NotFound),
        ("a\nb\nc", Outcome::NotFound),
        ("b", Outcome::NotFound),
    ] {
        stage.check(Call::HasComment("SUB-1", text), expected).await;
    }
    stage.check(Call::HasComment("SUB-2", "a"), Outcome::NotFound).await;
}
