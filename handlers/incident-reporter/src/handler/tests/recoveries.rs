//! The end of an alert.

use super::*;

async fn opened(on_recovery: OnRecovery) -> Stage {
    let stage = Stage::on_recovery(on_recovery).await;
    stage.check(alert(json!({})), Outcome::Worked).await;
    stage
}

/// The status number of the only issue.
async fn status_of(stage: &Stage) -> Value {
    stage.standins.backlog_issues()[0]["status"]["id"].clone()
}

#[tokio::test]
async fn a_recovery_becomes_a_comment() {
    let stage = opened(OnRecovery::Comment).await;
    stage.check(recovery(), Outcome::Worked).await;
    stage.check(recovery(), Outcome::Repeated).await;
    assert_eq!(stage.comments().await, ["Recovered: status ok"]);
    assert_eq!(status_of(&stage).await, 1);
}

#[tokio::test]
async fn a_recovery_closes_the_issue_when_the_stage_says_so() {
    let stage = opened(OnRecovery::Close).await;
    assert_eq!(stage.check(recovery(), Outcome::Worked).await, "closed SUB-1: alert 2bj recovered");
    stage.check(recovery(), Outcome::Repeated).await;
    assert_eq!(stage.comments().await, ["Recovered: status ok"]);
    assert_eq!(status_of(&stage).await, 4);
}

#[tokio::test]
async fn a_change_never_closes_the_issue() {
    let stage = opened(OnRecovery::Close).await;
    stage.check(status("warning"), Outcome::Worked).await;
    assert_eq!(status_of(&stage).await, 1);
}

#[tokio::test]
async fn a_recovery_is_ignored_when_the_stage_says_so() {
    let stage = opened(OnRecovery::Ignore).await;
    stage.check(recovery(), Outcome::Ignored).await;
    stage.check(alert(json!({"alert": {"isOpen": false}})), Outcome::Ignored).await;
    assert_eq!(stage.comments().await, [""; 0]);
    assert_eq!(stage.standins.received().len(), 1);
}

#[tokio::test]
async fn a_recovery_that_overtakes_its_opening_waits_for_it() {
    let stage = Stage::on_recovery(OnRecovery::Close).await;
    let now = now_millis() / 1000;
    let recovery = |closed_at| alert(json!({"alert": {"status": "ok", "isOpen": false, "closedAt": closed_at}}));
    let text = stage.check(recovery(now), Outcome::Retry).await;
    assert!(text.contains("may still be on its way"), "{text}");
    stage.check(alert(json!({})), Outcome::Worked).await;
    stage.check(recovery(now), Outcome::Worked).await;
    assert_eq!(stage.standins.backlog_issues()[0]["status"]["id"], 4);
    // One that does not come does not come any more.
    let stage = Stage::on_recovery(OnRecovery::Close).await;
    stage.check(recovery(now - 16 * 60), Outcome::Ignored).await;
}

#[tokio::test]
async fn a_recovery_whose_opening_was_never_seen_creates_nothing() {
    for on_recovery in [OnRecovery::Comment, OnRecovery::Close, OnRecovery::Ignore] {
        let stage = Stage::on_recovery(on_recovery).await;
        stage.check(recovery(), Outcome::Ignored).await;
        assert!(stage.is_untouched() && stage.table.keys().is_empty());
    }
}

#[tokio::test]
async fn an_alert_that_a_person_closed_is_over_whatever_its_status() {
    let stage = opened(OnRecovery::Close).await;
    let closed = json!({
        "user": {"id": "u", "screenName": "[taro]"},
        "alert": {"status": "critical", "isOpen": false, "trigger": "manual close", "closedAt": 1_692_632_121, "metricValue": null},
    });
    stage.check(alert(closed), Outcome::Worked).await;
    let issues = stage.standins.backlog_issues();
    let text = issues[0]["comments"][0]["content"].as_str().unwrap();
    for expected in
        ["Recovered: status critical", "Closed at: 2023-08-22 00:35:21 +09:00", "Trigger: manual close", "By: \\[taro]"]
    {
        assert!(text.lines().any(|line| line == expected), "{expected}: {text}");
    }
    assert!(!text.contains("Value:"), "{text}");
    assert_eq!(status_of(&stage).await, 4);
}

#[tokio::test]
async fn an_issue_that_a_person_closed_gets_the_comment() {
    let stage = opened(OnRecovery::Close).await;
    stage.check(recovery(), Outcome::Worked).await;
    // Backlog refuses a change that changes nothing.
    stage.fail(400, "/issues/SUB-1", false);
    stage.check(alert(json!({"alert": {"isOpen": false}})), Outcome::Worked).await;
    assert_eq!(stage.comments().await, ["Recovered: status ok", "Recovered: status critical"]);
}

#[tokio::test]
async fn a_change_that_comes_after_the_recovery_is_a_comment() {
    let stage = opened(OnRecovery::Close).await;
    stage.check(recovery(), Outcome::Worked).await;
    stage.check(status("warning"), Outcome::Worked).await;
    assert_eq!(stage.comments().await, ["Recovered: status ok", "Status: warning"]);
    assert_eq!(status_of(&stage).await, 4);
}

#[tokio::test]
async fn closing_whose_answer_was_lost_is_not_told_twice() {
    let stage = opened(OnRecovery::Close).await;
    stage.fail(503, "/issues/SUB-1", true);
    stage.check(recovery(), Outcome::Retry).await;
    stage.check(recovery(), Outcome::Worked).await;
    assert_eq!(stage.comments().await, ["Recovered: status ok"]);
    assert_eq!(status_of(&stage).await, 4);
}

#[tokio::test]
async fn a_recovery_waits_for_an_issue_that_is_still_to_come() {
    let stage = Stage::on_recovery(OnRecovery::Close).await;
    stage.fail(500, "/issues", false);
    stage.check(alert(json!({})), Outcome::Retry).await;
    assert_eq!(stage.check(recovery(), Outcome::Retry).await, "alert 2bj has no issue yet");
    assert_eq!(stage.standins.backlog_issues().len(), 0);
    stage.check(alert(json!({})), Outcome::Worked).await;
    stage.check(recovery(), Outcome::Worked).await;
    assert_eq!(stage.comments().await, ["Recovered: status ok"]);
}

#[tokio::test]
async fn a_recovery_finds_the_issue_whose_creation_came_to_no_known_end() {
    let stage = Stage::on_recovery(OnRecovery::Close).await;
    stage.fail(500, "/issues", true);
    stage.check(alert(json!({})), Outcome::Retry).await;
    stage.check(recovery(), Outcome::Worked).await;
    stage.check(alert(json!({})), Outcome::Repeated).await;
    assert_eq!(stage.comments().await, ["Recovered: status ok"]);
}
