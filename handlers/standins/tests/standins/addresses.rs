//! The addresses that a handler is configured with, and the keys inside them.

use reqwest::Method;
use serde_json::json;
use standins::{Keys, Standins};

use crate::support::{Outcome, Stage, client};

#[tokio::test]
async fn the_addresses_have_the_forms_of_the_real_ones() -> Outcome {
    let stage = Stage::started().await?;
    let (base, keys) = (stage.standins.url(), Keys::sample());
    let slack = format!("{base}/slack/services/T00000000/B00000000/{}", keys.slack_secret);
    let teams = format!(
        "{base}/teams/workflows/0123456789abcdef/triggers/manual/paths/invoke\
        ?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={}",
        keys.teams_signature
    );
    assert_eq!(stage.standins.slack_webhook_url(), slack);
    assert_eq!(stage.standins.teams_workflow_url(), teams);
    assert_eq!(stage.standins.bytebase_url(), format!("{base}/bytebase"));
    // A caller that starts no server builds the same ones.
    for base in [base.clone(), format!("{base}/")] {
        assert_eq!(keys.slack_webhook_url(&base), slack);
        assert_eq!(keys.teams_workflow_url(&base), teams);
        assert_eq!(Keys::bytebase_url(&base), stage.standins.bytebase_url());
        assert_eq!(Keys::backlog_url(&base), stage.standins.backlog_url());
    }
    Ok(())
}

#[tokio::test]
async fn a_secret_of_any_characters_survives_its_way_through_an_address() -> Outcome {
    let odd = "a/b c?d#e%2F+&=é".to_owned();
    let keys = Keys { slack_secret: odd.clone(), teams_signature: odd, ..Keys::sample() };
    let standins = Standins::start(0, keys, None).await?;
    let client = client()?;
    let slack = client.post(standins.slack_webhook_url()).json(&json!({"text": "a"})).send().await?;
    assert_eq!(slack.status(), 200);
    let card = json!({"type": "AdaptiveCard", "version": "1.4", "body": [{"type": "TextBlock", "text": "a"}]});
    let kind = "application/vnd.microsoft.card.adaptive";
    let message = json!({"type": "message", "attachments": [{"contentType": kind, "content": card}]});
    let teams = client.post(standins.teams_workflow_url()).json(&message).send().await?;
    assert_eq!(teams.status(), 202);
    Ok(())
}

#[tokio::test]
async fn the_sample_keys_are_unlike_each_other() {
    let Keys { backlog_api_key, slack_secret, teams_signature, bytebase_service_key } = Keys::sample();
    let mut keys = [backlog_api_key, slack_secret, teams_signature, bytebase_service_key];
    keys.sort();
    assert!(keys.windows(2).all(|pair| pair[0] != pair[1]));
}

#[tokio::test]
async fn any_subset_of_the_keys_can_be_changed() -> Outcome {
    let stage = Stage::started().await?;
    let old = stage.standins.slack_webhook_url();
    let answer = stage.control("keys", &json!({"slack_secret": "RotatedSecret1"})).await?;
    assert_eq!(answer.status(), 204);
    assert!(stage.standins.slack_webhook_url().ends_with("/RotatedSecret1"));
    let text = json!({"text": "a"});
    assert_eq!(stage.client.post(old).json(&text).send().await?.status(), 404);
    assert_eq!(stage.client.post(stage.standins.slack_webhook_url()).json(&text).send().await?.status(), 200);
    // The others stay as they were.
    assert_eq!(stage.get("/backlog/api/v2/space").await?.status(), 200);

    let others = json!({"teams_signature": "RotatedSignature2", "bytebase_service_key": "bbs_Rotated3"});
    assert_eq!(stage.control("keys", &others).await?.status(), 204);
    assert!(stage.standins.teams_workflow_url().ends_with("&sig=RotatedSignature2"));
    let login = json!({"email": "tsugite@service.bytebase.com", "password": "bbs_Rotated3"});
    let login = stage.request(Method::POST, "/bytebase/v1/auth/login").json(&login).send().await?;
    assert_eq!(login.status(), 200);
    Ok(())
}

#[tokio::test]
async fn one_empty_key_keeps_all_of_them_from_changing() -> Outcome {
    let stage = Stage::started().await?;
    let old = stage.standins.teams_workflow_url();
    let keys = json!({"teams_signature": "RotatedSignature2", "slack_secret": ""});
    assert_eq!(stage.control("keys", &keys).await?.status(), 400);
    assert_eq!(stage.standins.teams_workflow_url(), old);
    Ok(())
}
