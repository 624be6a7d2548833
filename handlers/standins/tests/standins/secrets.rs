//! No secret of any service is in a record or on the page, wherever it was sent.

use crate::support::{KEY, Outcome, Stage};
use reqwest::Method;
use serde_json::{Value, json};
use standins::{Credential, Keys};

async fn check_gone(stage: &Stage, secrets: &[&str]) -> Outcome {
    let mut shown = vec![serde_json::to_string(&stage.standins.received())?];
    for path in ["/_control/received", "/received.json", "/holdings.json", "/"] {
        shown.push(stage.request(Method::GET, path).send().await?.text().await?);
    }
    for secret in secrets {
        for text in &shown {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_path_of_slack_is_shown_without_its_secret() -> Outcome {
    let stage = Stage::started().await?;
    let right = stage.standins.secret("SLACK_WEBHOOK_URL");
    for url in [right.clone(), format!("{right}x"), format!("{right}/more"), right.replace("T0", "T1")] {
        stage.client.post(url).json(&json!({"text": "a"})).send().await?;
    }
    let wrong = format!("{}/slack/services/T00000000/B00000000/SecretOfAnotherHook", stage.standins.url());
    stage.client.post(wrong).json(&json!({"text": "a"})).send().await?;
    stage.request(Method::POST, "/slack/services/T00000000").send().await?;
    let calls = stage.standins.received();
    assert_eq!(calls[0].path, "/slack/services/T00000000/B00000000/redacted");
    let credentials: Vec<_> = calls.iter().map(|call| call.credential).collect();
    let wrong = Credential::Wrong;
    assert_eq!(credentials, [Credential::Valid, wrong, wrong, wrong, wrong, Credential::Missing]);
    check_gone(&stage, &[Keys::sample().get("SLACK_WEBHOOK_URL"), "SecretOfAnotherHook"]).await
}

#[tokio::test]
async fn the_query_of_teams_is_shown_without_its_signature() -> Outcome {
    let stage = Stage::started().await?;
    let right = stage.standins.secret("TEAMS_WORKFLOW_URL");
    for url in [right.clone(), format!("{right}SignatureOfAnother"), right.replace("sig=", "SIG=")] {
        stage.client.post(url).json(&json!({})).send().await?;
    }
    let calls = stage.standins.received();
    let expected = "api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=redacted";
    assert_eq!(calls[0].query, expected);
    let credentials: Vec<_> = calls.iter().map(|call| call.credential).collect();
    assert_eq!(credentials, [Credential::Valid, Credential::Wrong, Credential::Missing]);
    check_gone(&stage, &[Keys::sample().get("TEAMS_WORKFLOW_URL"), "SignatureOfAnother"]).await
}

#[tokio::test]
async fn a_login_to_bytebase_is_shown_without_its_password_and_its_token() -> Outcome {
    let stage = Stage::started().await?;
    let key = Keys::sample().get("BYTEBASE_SERVICE_KEY").to_owned();
    let login = |password: &str| {
        let fields = json!({"email": "tsugite@service.bytebase.com", "password": password});
        stage.request(Method::POST, "/bytebase/v1/auth/login").json(&fields).send()
    };
    login("PasswordOfAnother").await?;
    let body: Value = login(&key).await?.json().await?;
    let token = body["token"].as_str().ok_or("no token")?;
    // A handler in disorder may send the token anywhere.
    let request = stage.request(Method::GET, &format!("/bytebase/v1/projects/{token}?pageToken={token}"));
    request.bearer_auth(token).header("x-token", token).body(token.to_owned()).send().await?;
    let calls = stage.standins.received();
    assert_eq!(calls[0].body, r#"{"email":"tsugite@service.bytebase.com","password":"redacted"}"#);
    assert_eq!((calls[0].credential, calls[1].credential), (Credential::Wrong, Credential::Valid));
    assert_eq!(calls[2].headers["authorization"], "redacted");
    check_gone(&stage, &[&key, token, "PasswordOfAnother"]).await
}

#[tokio::test]
async fn a_secret_that_went_to_the_wrong_service_is_not_shown_either() -> Outcome {
    let stage = Stage::started().await?;
    let keys = Keys::sample();
    let all = [KEY, keys.get("SLACK_WEBHOOK_URL"), keys.get("TEAMS_WORKFLOW_URL"), keys.get("BYTEBASE_SERVICE_KEY")];
    for service in ["backlog", "slack", "teams", "bytebase"] {
        let path = format!("/{service}/{}?a={}", all.join("/"), all.join("&b="));
        stage.request(Method::POST, &path).body(all.join(" ")).header("x-all", all.join(",")).send().await?;
    }
    // What was accepted is stored as it came, but a person sees it without the secrets.
    let message = json!({"text": all.join(" ")});
    let answer = stage.client.post(stage.standins.secret("SLACK_WEBHOOK_URL")).json(&message).send().await?;
    assert_eq!(answer.status(), 200);
    check_gone(&stage, &all).await?;
    let messages: Value = stage.request(Method::GET, "/_control/slack/messages").send().await?.json().await?;
    assert_eq!(messages[0]["payload"], message);
    Ok(())
}

#[tokio::test]
async fn a_retired_secret_stays_secret_even_after_a_reset() -> Outcome {
    let stage = Stage::started().await?;
    let keys = Keys::sample();
    let rotated = json!({
        "BACKLOG_API_KEY": "RotatedBacklogKey",
        "SLACK_WEBHOOK_URL": "RotatedSlackSecret",
        "TEAMS_WORKFLOW_URL": "RotatedTeamsSignature",
        "BYTEBASE_SERVICE_KEY": "RotatedServiceKey",
    });
    assert_eq!(stage.control("keys", &rotated).await?.status(), 204);
    stage.standins.reset();
    let old = [KEY, keys.get("SLACK_WEBHOOK_URL"), keys.get("TEAMS_WORKFLOW_URL"), keys.get("BYTEBASE_SERVICE_KEY")];
    let new = ["RotatedBacklogKey", "RotatedSlackSecret", "RotatedTeamsSignature", "RotatedServiceKey"];
    stage.request(Method::POST, "/backlog/x").body([old, new].concat().join(" ")).send().await?;
    check_gone(&stage, &[old, new].concat()).await
}
