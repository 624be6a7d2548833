//! The first notification of an alert, and how often an issue comes of it.

use super::*;
use contracts::mackerel::test_alert;

#[tokio::test]
async fn an_alert_gets_an_issue_as_the_stage_says() {
    let stage = Stage::new().await;
    let text = stage.check(alert(json!({})), Outcome::Worked).await;
    assert_eq!(text, "created SUB-1 for alert 2bj");
    let issues = stage.standins.backlog_issues();
    assert_eq!(issues.len(), 1);
    assert_eq!(issues[0]["summary"], "critical@app01 - CPU % (occurred at 2023-08-21 23:35:21 +09:00)");
    assert_eq!((&issues[0]["issueType"]["id"], &issues[0]["priority"]["id"]), (&json!(12), &json!(2)));
    assert_eq!((&issues[0]["assignee"]["id"], &issues[0]["milestone"][0]["id"]), (&json!(26), &json!(102)));
    assert_eq!(issues[0]["projectId"], 92);
    let told = vec![digest_of(&alert(json!({})))];
    let expected = Incident::Created { issue_key: "SUB-1".into(), told, started: vec![], busy_until_millis: 0 };
    assert_eq!(stage.record(), expected);
}

#[tokio::test]
async fn a_new_alert_costs_one_call() {
    let stage = Stage::new().await;
    stage.check(alert(json!({})), Outcome::Worked).await;
    assert_eq!(stage.standins.received().len(), 1);
}

#[tokio::test]
async fn the_same_notification_again_changes_nothing() {
    let stage = Stage::new().await;
    stage.check(alert(json!({})), Outcome::Worked).await;
    for _ in 0..3 {
        assert_eq!(stage.check(alert(json!({})), Outcome::Repeated).await, "SUB-1 already has this notification");
    }
    // The order of the fields is not content.
    let text = r#"{"event":"alert","alert":{"status":"warning","id":"b"}}"#;
    let turned = r#"{"alert":{"id":"b","status":"warning"},"event":"alert"}"#;
    stage.check(serde_json::from_str(text).unwrap(), Outcome::Worked).await;
    stage.check(serde_json::from_str(turned).unwrap(), Outcome::Repeated).await;
    assert_eq!(stage.standins.received().len(), 2);
}

#[tokio::test]
async fn two_alerts_get_two_issues_even_if_one_id_begins_with_the_other() {
    let stage = Stage::new().await;
    let other = alert(json!({"alert": {"id": "2bjX", "url": "https://mackerel.io/orgs/example/alerts/2bjX"}}));
    stage.check(other.clone(), Outcome::Worked).await;
    // Nothing is known of this one, so it is looked for.
    stage.table.leave(ALERT, creating(&alert(json!({})), Duration::ZERO));
    assert_eq!(stage.check(alert(json!({})), Outcome::Worked).await, "created SUB-2 for alert 2bj");
    assert_eq!(stage.table.keys(), ["2bj", "2bjX"]);
}

#[tokio::test]
async fn two_deliveries_at_once_make_one_issue() {
    let stage = Stage::new().await;
    let (first, second) =
        tokio::join!(stage.check(alert(json!({})), Outcome::Worked), stage.check(alert(json!({})), Outcome::Retry));
    assert_eq!(first, "created SUB-1 for alert 2bj");
    assert_eq!(second, "another delivery is updating the issue of this alert");
    stage.check(alert(json!({})), Outcome::Repeated).await;
    assert_eq!(stage.comments().await, [""; 0]);
}

#[tokio::test]
async fn a_change_at_once_with_the_opening_becomes_a_comment_later() {
    let stage = Stage::new().await;
    tokio::join!(stage.check(status("warning"), Outcome::Worked), stage.check(status("critical"), Outcome::Retry));
    stage.check(status("critical"), Outcome::Worked).await;
    assert_eq!(stage.comments().await, ["Status: critical"]);
}

#[tokio::test]
async fn a_record_lives_ninety_days_after_its_last_change() {
    let stage = Stage::new().await;
    let days_left = || {
        let (_, end) = stage.table.record(ALERT).unwrap();
        Duration::from_secs(end.unwrap() - now_millis() / 1000)
    };
    for event in [status("warning"), status("critical")] {
        stage.check(event, Outcome::Worked).await;
        assert!((LIFE - Duration::from_secs(60)..=LIFE).contains(&days_left()), "{:?}", days_left());
    }
    assert_eq!(LIFE.as_secs(), 90 * 24 * 60 * 60);
}

#[tokio::test]
async fn without_the_table_nothing_is_begun() {
    let stage = Stage::with(FakeTable::broken()).await;
    for event in [alert(json!({})), recovery()] {
        stage.check(event, Outcome::Retry).await;
    }
    assert!(stage.is_untouched());
}

#[tokio::test]
async fn a_test_event_gets_the_issue_that_its_plan_foretells() {
    let stage = Stage::new().await;
    stage.check(alert(json!({})), Outcome::Worked).await;
    let long = alert(json!({"alert": {"monitorName": "監視".repeat(200)}})).to_string();
    for (place, event) in [MackerelEvent::TEST_EVENT, &long].into_iter().enumerate() {
        let test = test_alert(event, &format!("t-{place}")).unwrap();
        stage.check(serde_json::from_str(&test.body).unwrap(), Outcome::Worked).await;
        let issue = stage.standins.backlog_issues().pop().unwrap();
        assert!(issue["summary"].as_str().unwrap().starts_with(&test.summary_start), "{issue}");
        assert!(issue["description"].as_str().unwrap().lines().any(|line| line == test.marker), "{issue}");
        assert!(stage.table.keys().contains(&test.alert_id));
    }
    assert_eq!(stage.standins.backlog_issues().len(), 3);
}

#[tokio::test]
async fn the_issue_is_named_by_its_key_whatever_was_done_to_it() {
    let stage = Stage::on_recovery(OnRecovery::Close).await;
    let issue = Made::Issue("SUB-1".into());
    // An id that looks like a key is none.
    let about = |status: &str, is_open: bool| {
        alert(json!({"alert": {"id": "AB-1", "status": status, "isOpen": is_open, "closedAt": 1_692_632_121}}))
    };
    for event in [about("warning", true), about("critical", true), about("ok", false)] {
        for is_new in [true, false] {
            let outcome = stage.handle(&event.to_string()).await.unwrap();
            match outcome {
                Done::Worked { made, .. } if is_new => assert_eq!(made.as_ref(), Some(&issue)),
                Done::Repeated { made, .. } if !is_new => assert_eq!(made.as_ref(), Some(&issue)),
                other => panic!("{other:?}"),
            }
        }
    }
}
