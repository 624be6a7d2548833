//! Which events open an issue at all.

use super::*;

#[tokio::test]
async fn the_sample_and_every_other_event_create_nothing() {
    let stage = Stage::new().await;
    for event in [
        include_str!("events/sample.json"),
        include_str!("events/host-retire.json"),
        include_str!("events/monitor-update.json"),
        "{}",
        r#"{"event":"alerts","alert":{"id":"x","status":"critical"}}"#,
        r#"{"event":1}"#,
    ] {
        stage.check(serde_json::from_str(event).unwrap(), Outcome::Ignored).await;
    }
    assert!(stage.is_untouched() && stage.table.keys().is_empty());
}

#[tokio::test]
async fn a_group_of_alerts_creates_nothing_and_says_what_is_missed() {
    let stage = Stage::new().await;
    let text =
        stage.check(serde_json::from_str(include_str!("events/alert-group.json")).unwrap(), Outcome::Warned).await;
    assert!(text.contains("switch off group notifications"), "{text}");
    assert!(stage.is_untouched() && stage.table.keys().is_empty());
}

#[tokio::test]
async fn an_alert_of_a_type_that_nobody_knows_yet_is_an_alert() {
    for kind in [json!("dream"), json!(""), json!(7), json!({"name": "dream"}), json!(["host"])] {
        let stage = Stage::new().await;
        stage.check(alert(json!({"type": kind})), Outcome::Worked).await;
        assert_eq!(stage.standins.backlog_issues().len(), 1, "{kind}");
    }
}

#[tokio::test]
async fn an_alert_without_an_id_has_that_of_its_page() {
    for id in [json!(null), json!(""), json!(7), json!("no id")] {
        let stage = Stage::new().await;
        stage.check(alert(json!({"alert": {"id": id}})), Outcome::Worked).await;
        assert_eq!(stage.table.keys(), [ALERT]);
        // What comes with the id later is of the same alert.
        stage.check(status("warning"), Outcome::Worked).await;
        assert_eq!(stage.comments().await, ["Status: warning"]);
    }
}

#[tokio::test]
async fn an_alert_that_cannot_be_told_apart_is_given_up_with_its_reason() {
    let stage = Stage::new().await;
    let no_id = "the alert cannot be identified: `alert.id` is missing or not an id, and `alert.url` holds none";
    for (changes, expected) in [
        (json!({"alert": {"id": null, "url": null}}), no_id),
        (json!({"alert": {"id": "", "url": "https://mackerel.io/orgs/example/alerts"}}), no_id),
        (json!({"alert": {"id": "", "url": "https://mackerel.io/orgs/example/alerts/2bj/edit"}}), no_id),
        (json!({"alert": null}), "the alert cannot be identified: the event has no `alert`"),
        (json!({"alert": {"status": null}}), "the alert cannot be identified: `alert.status` is missing"),
    ] {
        assert_eq!(stage.check(alert(changes), Outcome::Permanent).await, expected);
    }
    assert!(stage.is_untouched() && stage.table.keys().is_empty());
}

#[tokio::test]
async fn every_status_but_ok_opens_an_issue() {
    for word in ["warning", "critical", "unknown", "CRITICAL"] {
        let stage = Stage::new().await;
        stage.check(status(word), Outcome::Worked).await;
        let summary = stage.standins.backlog_issues()[0]["summary"].as_str().unwrap().to_owned();
        assert!(summary.starts_with(&format!("{word}@app01 - CPU % (occurred at ")), "{summary}");
    }
}
