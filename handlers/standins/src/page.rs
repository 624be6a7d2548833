//! The page at `/`: shows a person what arrived, and changes nothing.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::control::refuse_foreign_pages;
use crate::server::Stage;

const PAGE: &str = include_str!("page/index.html");
/// The digests of the inline style and script; a test compares them with the page.
const POLICY: &str = "default-src 'none'; \
    style-src 'sha256-ZBL2nL85dFTR0lK4/eHtyc7VD3crTAVk8fZM7FmtQbI='; \
    script-src 'sha256-KFPxhxRVGKVZEj4eAybZ5byP+AXeEsrM/N87kjLgzi0='; \
    connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const SHOWN_CALLS: usize = 200;
const SHOWN_BODY_BYTES: usize = 4 * 1024;

/// Builds the page and the list that it reads.
pub(crate) fn router(stage: Arc<Stage>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/received.json", get(received))
        .with_state(stage)
        .layer(from_fn(refuse_foreign_pages))
}

async fn page() -> Response {
    (headers(), Html(PAGE)).into_response()
}

async fn received(State(stage): State<Arc<Stage>>) -> Response {
    let (mut calls, total) = stage.recorder.latest(SHOWN_CALLS);
    for call in &mut calls {
        if call.body.len() > SHOWN_BODY_BYTES {
            let end = call.body.floor_char_boundary(SHOWN_BODY_BYTES);
            call.body.truncate(end);
            call.body.push('…');
        }
    }
    let list: Value = json!({
        "total": total,
        "services": stage.service_names(),
        "calls": calls,
    });
    (headers(), Json(list)).into_response()
}

fn headers() -> [(HeaderName, HeaderValue); 4] {
    [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ]
    .map(|(name, value)| (name, HeaderValue::from_static(value)))
}
