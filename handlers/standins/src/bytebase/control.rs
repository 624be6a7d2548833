//! The control calls of Bytebase: read the counts, end the tokens, set the projects, slow logins down.

use super::Bytebase;
use crate::answer::{WrongInput, read, wrong_method};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Projects {
    count: u32,
    title: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LoginTime {
    milliseconds: u32,
}

/// Builds everything under `/_control/bytebase`.
pub(super) fn router(bytebase: Arc<Bytebase>) -> Router {
    Router::new()
        .route("/", get(counts))
        .route("/expire-tokens", post(expire_tokens))
        .route("/login-time", post(set_login_time))
        .route("/projects", post(set_projects))
        .method_not_allowed_fallback(wrong_method)
        .with_state(bytebase)
}

async fn counts(State(bytebase): State<Arc<Bytebase>>) -> Json<Value> {
    Json(bytebase.counts())
}

async fn expire_tokens(State(bytebase): State<Arc<Bytebase>>) -> StatusCode {
    bytebase.workspace().sessions.expire();
    StatusCode::NO_CONTENT
}

async fn set_projects(State(bytebase): State<Arc<Bytebase>>, body: Bytes) -> Result<StatusCode, WrongInput> {
    let Projects { count, title } = read(&body)?;
    let mut workspace = bytebase.workspace();
    (workspace.n_projects, workspace.title) = (count, title);
    Ok(StatusCode::NO_CONTENT)
}

async fn set_login_time(State(bytebase): State<Arc<Bytebase>>, body: Bytes) -> Result<StatusCode, WrongInput> {
    let LoginTime { milliseconds } = read(&body)?;
    bytebase.workspace().login_time = Duration::from_millis(milliseconds.into());
    Ok(StatusCode::NO_CONTENT)
}
