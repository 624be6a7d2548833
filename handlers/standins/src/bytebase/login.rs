//! The login of a service account: its service key is the password, and a browser is not welcome.

use super::error::{Code, Refusal, invalid, unauthenticated};
use super::{Bytebase, session};
use crate::clock;
use crate::secret::{Credential, Secret};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;

const EMAIL: &str = "tsugite@service.bytebase.com";
const TITLE: &str = "Tsugite";

/// What the stand-in reads of a login; the gateway skips members that it does not know.
#[derive(Deserialize, Default)]
struct Login {
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    password: Option<String>,
    #[serde(default)]
    web: Option<bool>,
}

/// Judges the credential in the body of a login.
pub(super) fn credential(service_key: &Secret, body: &[u8]) -> Credential {
    let login: Login = serde_json::from_slice(body).unwrap_or_default();
    match service_key.judge(login.password.as_deref()) {
        Credential::Valid if normalized(login.email) != EMAIL => Credential::Wrong,
        credential => credential,
    }
}

/// Serves `POST /v1/auth/login`.
pub(super) async fn login(
    State(bytebase): State<Arc<Bytebase>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let outcome = attempt(&bytebase, &headers, &body).await;
    let mut workspace = bytebase.workspace();
    match outcome {
        Ok(_) => workspace.n_logins += 1,
        Err(_) => workspace.n_failed += 1,
    }
    outcome
}

async fn attempt(bytebase: &Bytebase, headers: &HeaderMap, body: &[u8]) -> Result<Json<Value>, Refusal> {
    // A login needs no token, but a header that makes no sense is refused even here.
    session::bearer(headers).map_err(unauthenticated)?;
    let login: Login = serde_json::from_slice(body).map_err(|error| invalid(error.to_string()))?;
    let email = normalized(login.email);
    if !is_email(&email) {
        return Err(wrong_password());
    }
    let login_time = claim(bytebase, &email)?;
    // The attempt stays taken while the password is compared; its owner is refused meanwhile, too.
    tokio::time::sleep(login_time).await;
    let mut workspace = bytebase.workspace();
    let password = workspace.service_key.judge(login.password.as_deref());
    if email != EMAIL || password != Credential::Valid {
        return Err(wrong_password());
    }
    workspace.attempts.succeed(&email);
    if login.web == Some(true) {
        let message = "only users can use web login".to_owned();
        return Err(Refusal(StatusCode::FORBIDDEN, Code::PermissionDenied, message));
    }
    let token = workspace.sessions.issue(&email, clock::now_seconds());
    Ok(Json(json!({
        "token": token,
        "user": {
            "name": format!("users/{email}"),
            "state": "ACTIVE",
            "email": email,
            "title": TITLE,
            "userType": "SERVICE_ACCOUNT",
        },
    })))
}

/// Takes an attempt, and returns how long the password takes to compare.
fn claim(bytebase: &Bytebase, email: &str) -> Result<Duration, Refusal> {
    let mut workspace = bytebase.workspace();
    if workspace.attempts.claim(email, clock::now_seconds()) {
        return Ok(workspace.login_time);
    }
    let message = "too many failed login attempts, please try again later".to_owned();
    Err(Refusal(StatusCode::TOO_MANY_REQUESTS, Code::ResourceExhausted, message))
}

fn wrong_password() -> Refusal {
    unauthenticated("invalid email or password")
}

fn normalized(email: Option<String>) -> String {
    email.unwrap_or_default().trim().to_lowercase()
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
}
