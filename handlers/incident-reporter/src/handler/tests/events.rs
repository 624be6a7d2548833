//! Which events open an issue at all.

use super::*;

#[tokio::test]
async fn the_sample_and_every_other_event_create_nothing() {
    let stage = Stage::new().await;
    for event in [
        include_str!("events/sample.json"),
        include_str!("events/alert-group.json"),
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
async fn a_type_that_nobody_knows_yet_creates_nothing() {
    let stage = Stage::new().await;
    let text = stage.check(alert(json!({"type": "dream"})), Outcome::Ignored).await;
    assert_eq!(text, "event `alert` of type `dream` is no alert of a known monitor");
    assert!(stage.is_untouched() && stage.table.keys().is_empty());
}

#[tokio::test]
async fn an_alert_that_cannot_be_told_apart_is_given_up_with_its_reason() {
    let stage = Stage::new().await;
    for (changes, expected) in [
        (json!({"alert": {"id": null}}), "the alert cannot be told apart: `alert.id` is missing or not an id"),
        (json!({"alert": {"id": ""}}), "the alert cannot be told apart: `alert.id` is missing or not an id"),
        (json!({"alert": null}), "the alert cannot be told apart: the event has no `alert`"),
        (json!({"alert": {"status": null}}), "the alert cannot be told apart: `alert.status` is missing"),
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
        let summary = stage.issues().await[0]["summary"].as_str().unwrap().to_owned();
        assert!(summary.starts_with(&format!("{word}@app01 - CPU % (occurred at ")), "{summary}");
    }
}
