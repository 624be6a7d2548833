//! The addresses that a handler is configured with, and the keys inside them.

use crate::support::{Outcome, Stage, client};
use reqwest::Method;
use serde_json::json;
use standins::{Keys, Standins};

#[tokio::test]
async fn the_addresses_have_the_forms_of_the_real_ones() -> Outcome {
    let stage = Stage::started().await?;
    let (base, keys) = (stage.standins.url(), Keys::sample());
    let slack = format!("{base}/slack/services/T00000000/B00000000/{}", keys.get("SLACK_WEBHOOK_URL"));
    let teams = format!(
        "{base}/teams/workflows/0123456789abcdef/triggers/manual/paths/invoke\
        ?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={}",
        keys.get("TEAMS_WORKFLOW_URL")
    );
    assert_eq!(stage.standins.secret("SLACK_WEBHOOK_URL"), slack);
    assert_eq!(stage.standins.secret("TEAMS_WORKFLOW_URL"), teams);
    assert_eq!(stage.standins.origin("bytebase"), format!("{base}/bytebase"));
    // A caller that starts no server builds the same ones.
    for base in [base.clone(), format!("{base}/")] {
        assert_eq!(keys.value(&base, "SLACK_WEBHOOK_URL"), slack);
        assert_eq!(keys.value(&base, "TEAMS_WORKFLOW_URL"), teams);
    }
    Ok(())
}

#[tokio::test]
async fn a_secret_of_any_characters_survives_its_way_through_an_address() -> Outcome {
    let odd = "a/b c?d#e%2F+&=é".to_owned();
    let keys = Keys::sample().with("SLACK_WEBHOOK_URL", &odd).with("TEAMS_WORKFLOW_URL", &odd);
    let standins = Standins::start(0, keys, None).await?;
    let client = client()?;
    let slack = client.post(standins.secret("SLACK_WEBHOOK_URL")).json(&json!({"text": "a"})).send().await?;
    assert_eq!(slack.status(), 200);
    let card = json!({"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlock", "text": "a"}]});
    let kind = "application/vnd.microsoft.card.adaptive";
    let message = json!({"type": "message", "attachments": [{"contentType": kind, "content": card}]});
    let teams = client.post(standins.secret("TEAMS_WORKFLOW_URL")).json(&message).send().await?;
    assert_eq!(teams.status(), 202);
    Ok(())
}

#[tokio::test]
async fn any_subset_of_the_keys_can_be_changed() -> Outcome {
    let stage = Stage::started().await?;
    let old = stage.standins.secret("SLACK_WEBHOOK_URL");
    let answer = stage.control("keys", &json!({"SLACK_WEBHOOK_URL": "RotatedSecret1"})).await?;
    assert_eq!(answer.status(), 204);
    assert!(stage.standins.secret("SLACK_WEBHOOK_URL").ends_with("/RotatedSecret1"));
    let text = json!({"text": "a"});
    assert_eq!(stage.client.post(old).json(&text).send().await?.status(), 404);
    assert_eq!(stage.client.post(stage.standins.secret("SLACK_WEBHOOK_URL")).json(&text).send().await?.status(), 200);
    // The others stay as they were.
    assert_eq!(stage.get("/backlog/api/v2/space").await?.status(), 200);

    let others = json!({"TEAMS_WORKFLOW_URL": "RotatedSignature2", "BYTEBASE_SERVICE_KEY": "bbs_Rotated3"});
    assert_eq!(stage.control("keys", &others).await?.status(), 204);
    assert!(stage.standins.secret("TEAMS_WORKFLOW_URL").ends_with("&sig=RotatedSignature2"));
    let login = json!({"email": "tsugite@service.bytebase.com", "password": "bbs_Rotated3"});
    let login = stage.request(Method::POST, "/bytebase/v1/auth/login").json(&login).send().await?;
    assert_eq!(login.status(), 200);
    Ok(())
}

#[tokio::test]
async fn one_empty_key_keeps_all_of_them_from_changing() -> Outcome {
    let stage = Stage::started().await?;
    let old = stage.standins.secret("TEAMS_WORKFLOW_URL");
    let keys = json!({"TEAMS_WORKFLOW_URL": "RotatedSignature2", "SLACK_WEBHOOK_URL": ""});
    assert_eq!(stage.control("keys", &keys).await?.status(), 400);
    assert_eq!(stage.standins.secret("TEAMS_WORKFLOW_URL"), old);
    Ok(())
}
