//! Later notifications of an alert that has its issue.

use super::*;
use crate::ledger::TOLD_LIMIT;

async fn opened() -> Stage {
    let stage = Stage::new().await;
    stage.check(status("warning"), Outcome::Worked).await;
    stage
}

/// The alert with another value of its metric, so many times in a row.
fn value(value: usize) -> Value {
    alert(json!({"alert": {"metricValue": value}}))
}

fn told(stage: &Stage) -> (Vec<String>, Vec<String>) {
    match stage.record() {
        Incident::Created { told, started, busy_until_millis: 0, .. } => (told, started),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_change_becomes_a_comment_and_its_repetition_does_not() {
    let stage = opened().await;
    assert_eq!(stage.check(status("critical"), Outcome::Worked).await, "commented on SUB-1: alert 2bj");
    stage.check(status("critical"), Outcome::Repeated).await;
    assert_eq!(stage.comments().await, ["Status: critical"]);
    assert_eq!(stage.standins.backlog_issues()[0]["status"]["id"], 1);
}

#[tokio::test]
async fn changes_in_any_order_are_comments() {
    let stage = opened().await;
    for event in
        [status("critical"), status("unknown"), alert(json!({"alert": {"status": "warning", "metricValue": 85}}))]
    {
        stage.check(event, Outcome::Worked).await;
    }
    assert_eq!(stage.comments().await, ["Status: critical", "Status: unknown", "Status: warning"]);
}

#[tokio::test]
async fn a_notification_that_is_sent_again_with_another_value_becomes_a_comment() {
    let stage = opened().await;
    for n in [97, 98] {
        stage.check(value(n), Outcome::Worked).await;
    }
    let issues = stage.standins.backlog_issues();
    for (comment, n) in [(0, 97), (1, 98)] {
        let text = issues[0]["comments"][comment]["content"].as_str().unwrap();
        assert!(text.lines().any(|line| line == format!("Value: {n}")), "{text}");
    }
}

#[tokio::test]
async fn what_is_remembered_is_bounded_and_the_newest() {
    let stage = opened().await;
    let all: Vec<String> = (0..TOLD_LIMIT).map(|n| format!("digest-{n}")).collect();
    let full =
        |started| Incident::Created { issue_key: "SUB-1".into(), told: all.clone(), started, busy_until_millis: 0 };
    stage.table.leave(ALERT, full(vec![]));
    stage.check(value(1), Outcome::Worked).await;
    let (told_now, started) = told(&stage);
    assert_eq!(told_now.len(), TOLD_LIMIT);
    assert_eq!((&told_now[0], told_now.last().unwrap()), (&all[1], &digest_of(&value(1))));
    assert_eq!(started, [""; 0]);
    stage.table.leave(ALERT, full(all.clone()));
    stage.fail(500, "/comments", false);
    stage.check(value(2), Outcome::Retry).await;
    let (_, started) = told(&stage);
    assert_eq!((started.len(), started.last().unwrap()), (TOLD_LIMIT, &digest_of(&value(2))));
}

#[tokio::test]
async fn two_changes_at_once_wait_for_each_other() {
    let stage = opened().await;
    tokio::join!(stage.check(value(1), Outcome::Worked), stage.check(value(1), Outcome::Retry));
    stage.check(value(1), Outcome::Repeated).await;
    tokio::join!(stage.check(value(2), Outcome::Worked), stage.check(value(3), Outcome::Retry));
    stage.check(value(3), Outcome::Worked).await;
    assert_eq!(stage.comments().await.len(), 3);
}

#[tokio::test]
async fn a_comment_whose_answer_was_lost_is_not_written_twice() {
    let stage = opened().await;
    stage.fail(500, "/comments", true);
    stage.check(value(1), Outcome::Retry).await;
    assert_eq!(told(&stage).1, [digest_of(&value(1))]);
    // Another change in between does not make it forgotten.
    stage.check(value(2), Outcome::Worked).await;
    stage.check(value(1), Outcome::Worked).await;
    stage.check(value(1), Outcome::Repeated).await;
    assert_eq!(stage.comments().await.len(), 2);
    assert_eq!(told(&stage).1, [""; 0]);
}

#[tokio::test]
async fn a_comment_that_was_not_written_is_written_the_next_time() {
    for status in [500, 429, 403] {
        let stage = opened().await;
        stage.fail(status, "/comments", false);
        stage.check(value(1), if status == 403 { Outcome::Permanent } else { Outcome::Retry }).await;
        stage.check(value(1), Outcome::Worked).await;
        assert_eq!(stage.comments().await.len(), 1);
    }
}

#[tokio::test]
async fn a_crash_while_telling_holds_the_others_up_for_its_lease_only() {
    let stage = opened().await;
    stage.check(value(1), Outcome::Worked).await;
    let left = |busy_until_millis| Incident::Created {
        issue_key: "SUB-1".into(),
        told: vec![digest_of(&status("warning"))],
        started: vec![digest_of(&value(1))],
        busy_until_millis,
    };
    stage.table.leave(ALERT, left(now_millis() + 30_000));
    for event in [value(1), value(2), recovery()] {
        stage.check(event, Outcome::Retry).await;
    }
    // What is in the issue for certain needs no claim.
    stage.check(status("warning"), Outcome::Repeated).await;
    stage.table.leave(ALERT, left(now_millis() - 1));
    stage.check(value(1), Outcome::Worked).await;
    stage.check(value(2), Outcome::Worked).await;
    assert_eq!(stage.comments().await.len(), 2);
}

#[tokio::test]
async fn an_issue_that_somebody_deleted_is_a_warning_once_and_no_endless_retry() {
    for on_recovery in [OnRecovery::Comment, OnRecovery::Close] {
        let mut stage = opened().await;
        stage.links.on_recovery = on_recovery;
        for event in [status("critical"), recovery()] {
            stage.fail(404, "/issues/SUB-1", false);
            let text = stage.check(event.clone(), Outcome::Warned).await;
            assert_eq!(text, "SUB-1 is no longer in Backlog");
            stage.check(event, Outcome::Repeated).await;
        }
        assert_eq!(stage.standins.backlog_issues().len(), 1);
    }
}
