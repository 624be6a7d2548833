//! The control interface: prepares the stand-ins and reads what they received.

mod guard;

use crate::answer::{WrongInput, read, refusal, wrong_method};
use crate::failure::Failure;
use crate::journal::Report;
use crate::keys::check_change;
use crate::received::ReceivedCall;
use crate::shared::Shared;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::watch;

pub(crate) use guard::refuse_foreign_pages;

const DROPPED_HEADER: &str = "x-calls-dropped";
const MAX_BODY_BYTES: usize = 256 * 1024 * 1024;

/// What the control calls act on.
#[derive(Clone)]
pub(crate) struct Control {
    pub(crate) shared: Arc<Shared>,
    pub(crate) stop: watch::Sender<bool>,
    pub(crate) token: Option<Arc<str>>,
}

/// Builds everything under `/_control`.
pub(crate) fn router(control: Control) -> Router {
    let mut private = Router::new()
        .route("/received", get(received))
        .route("/fail", post(fail))
        .route("/journal", post(journal))
        .route("/keys", post(keys))
        .route("/secrets", get(secrets))
        .route("/reset", post(reset))
        .route("/stop", post(stop))
        .with_state(control.clone());
    for service in control.shared.services().iter() {
        let prefix = format!("/{}", service.name());
        private = private.nest(&prefix, Arc::clone(service).control());
    }
    let private = private
        .fallback(async || refusal(StatusCode::NOT_FOUND, "no such control call"))
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(from_fn_with_state(control.token, guard::demand_token));
    let all = private.route("/health", get(async || Json(json!({"status": "ok"}))));
    Router::new().nest("/_control", all).layer(from_fn(refuse_foreign_pages))
}

/// The kept calls; the header says how many older ones were dropped.
async fn received(State(control): State<Control>) -> ([(&'static str, String); 1], Json<Vec<ReceivedCall>>) {
    let recorder = &control.shared.recorder;
    ([(DROPPED_HEADER, recorder.n_dropped().to_string())], Json(recorder.calls()))
}

async fn fail(State(control): State<Control>, body: Bytes) -> Result<Response, WrongInput> {
    let failure: Failure = read(&body)?;
    let planned = json!({
        "service": failure.service,
        "status": failure.status,
        "times": failure.times,
        "after": failure.after,
    });
    control.shared.fail(failure).map_err(WrongInput)?;
    Ok((StatusCode::CREATED, Json(planned)).into_response())
}

/// Takes what the emulator reports of functions that ran.
async fn journal(State(control): State<Control>, body: Bytes) -> Result<StatusCode, WrongInput> {
    let report: Report = read(&body)?;
    control.shared.journal.take(report);
    Ok(StatusCode::NO_CONTENT)
}

async fn keys(State(control): State<Control>, body: Bytes) -> Result<StatusCode, WrongInput> {
    let new: BTreeMap<String, String> = read(&body)?;
    check_change(&new).map_err(WrongInput)?;
    control.shared.change_secrets(new);
    Ok(StatusCode::NO_CONTENT)
}

/// The value of every secret that a stand-in takes, as its clients have it.
async fn secrets(State(control): State<Control>) -> Json<BTreeMap<&'static str, String>> {
    Json(control.shared.secrets())
}

async fn reset(State(control): State<Control>) -> StatusCode {
    control.shared.reset();
    StatusCode::NO_CONTENT
}

async fn stop(State(control): State<Control>) -> Response {
    control.stop.send_replace(true);
    (StatusCode::ACCEPTED, Json(json!({"status": "stopping"}))).into_response()
}
