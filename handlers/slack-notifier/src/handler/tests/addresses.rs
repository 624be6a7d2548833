//! Where a message may be sent, and what happens when the address changes.

use super::*;
use contracts::SecretValue;
use contracts::slack::SlackWebhookUrl;

#[tokio::test]
async fn an_address_that_would_give_the_secret_away_is_refused() {
    for url in [
        "http://hooks.slack.com/services/T00000000/B00000000/canary",
        "http://127.0.0.1.example/services/canary",
        "http://localhost.example/services/canary",
        "http://localhost@example.com/services/canary",
        "http://192.0.2.1/services/canary",
        "ftp://127.0.0.1/services/canary",
        "file:///services/canary",
        "data:,canary",
        "hooks.slack.com/services/canary",
        "https://hooks.slack.com/triggers/T00000000/0123456789/canary",
        "https://hooks.slack.com/workflows/T00000000/A00000000/1/canary",
        "https://",
        "https://[canary",
        "canary",
    ] {
        let stage = Stage::with_webhook(url).await;
        let text = stage.check(Outcome::Permanent).await;
        assert!(text.contains("SLACK_WEBHOOK_URL"), "{text}");
        assert!(stage.statuses().is_empty());
    }
}

#[tokio::test]
async fn this_machine_needs_no_encryption() {
    let stage = Stage::new().await;
    let url = stage.standins.secret("SLACK_WEBHOOK_URL").replace("127.0.0.1", "LOCALHOST");
    let stage = Stage::with(stage.bench.standins, &[&format!(" {url}\r\n")]);
    stage.check(Outcome::Worked).await;
}

#[tokio::test]
async fn a_secret_that_was_replaced_is_read_anew() {
    let standins = standins(keys(SECRET)).await;
    let (old, new) =
        (keys(OLD_SECRET).value(&standins.url(), "SLACK_WEBHOOK_URL"), standins.secret("SLACK_WEBHOOK_URL"));
    let stage = Stage::with(standins, &[&old, &new]);
    assert_eq!(stage.check(Outcome::Worked).await, "shown as alarm");
    assert_eq!(stage.statuses(), [404, 200]);
    assert!(matches!(stage.handle(&alarm("id-2")).await, Ok(Done::Worked { .. })));
    assert_eq!(stage.statuses(), [404, 200, 200]);
}

#[tokio::test]
async fn a_secret_that_is_wrong_and_stays_so_says_what_to_do() {
    let standins = standins(keys(SECRET)).await;
    let old = keys(OLD_SECRET).value(&standins.url(), "SLACK_WEBHOOK_URL");
    let stage = Stage::with(standins, &[&old]);
    let text = stage.check(Outcome::Permanent).await;
    assert_eq!(
        text,
        "Slack does not know the webhook (404 `no_service`): make a new webhook and deploy again with SLACK_WEBHOOK_URL"
    );
    assert_eq!(stage.statuses(), [404]);
}

#[tokio::test]
async fn a_secret_that_was_replaced_by_another_wrong_one_is_tried_once() {
    let standins = standins(keys(SECRET)).await;
    let [first, second, third] =
        ["Canary1", "Canary2", "Canary3"].map(|key| keys(key).value(&standins.url(), "SLACK_WEBHOOK_URL"));
    let stage = Stage::with(standins, &[&first, &second, &third]);
    stage.check(Outcome::Permanent).await;
    assert_eq!(stage.statuses(), [404, 404]);
}

#[tokio::test]
async fn a_new_secret_is_held_to_the_same_rules() {
    let standins = standins(keys(SECRET)).await;
    let old = keys(OLD_SECRET).value(&standins.url(), "SLACK_WEBHOOK_URL");
    let stage = Stage::with(standins, &[&old, "http://hooks.slack.com/services/canary"]);
    let text = stage.check(Outcome::Permanent).await;
    assert!(text.contains("without encryption"), "{text}");
    let empty = Stage::with(stage.bench.standins, &[&old, " "]);
    assert_eq!(empty.check(Outcome::Permanent).await, "secret SLACK_WEBHOOK_URL is empty");
}

#[test]
fn the_address_does_not_show_itself() {
    let shown = format!("{:?}", SlackWebhookUrl::from_stored("https://hooks.slack.com/services/Canary"));
    assert_no_canary(&shown, &CANARIES);
}
