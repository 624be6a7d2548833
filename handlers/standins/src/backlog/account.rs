//! Who there is in the space, and the calls with which a client checks its key.

use super::allowance::{Kind, Standing};
use super::error::{self, ErrorCode};
use super::path::Segment;
use super::query::NoParameters;
use super::user::{member, members, user};
use super::{Backlog, USER_ID, integer};
use crate::secret::Credential;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;

const LIMIT_OF_ICONS: u64 = 60;

/// Serves `GET /api/v2/users/myself`.
pub(super) async fn myself(_: NoParameters) -> Json<Value> {
    Json(user())
}

/// Serves `GET /api/v2/space`.
pub(super) async fn space(_: NoParameters) -> Json<Value> {
    Json(json!({
        "spaceKey": "standin",
        "name": "Stand-in",
        "ownerId": USER_ID,
        "lang": "ja",
        "timezone": "Asia/Tokyo",
        "reportSendTime": "08:00:00",
        "textFormattingRule": "markdown",
        "created": "2026-08-04T02:01:52Z",
        "updated": "2026-08-04T02:01:52Z",
    }))
}

/// Serves `GET /api/v2/rateLimit`.
pub(super) async fn rate_limit(State(backlog): State<Arc<Backlog>>, _: NoParameters) -> Json<Value> {
    let read = backlog.standing(Kind::Read, Credential::Valid);
    let update = backlog.standing(Kind::Update, Credential::Valid);
    let search = backlog.standing(Kind::Search, Credential::Valid);
    // Nothing that is served here counts as an icon.
    let icon = Standing { limit: LIMIT_OF_ICONS, remaining: LIMIT_OF_ICONS, reset: update.reset };
    Json(json!({"rateLimit": {
        "read": numbers(read),
        "update": numbers(update),
        "search": numbers(search),
        "icon": numbers(icon),
    }}))
}

/// Serves `GET /api/v2/users`.
pub(super) async fn users(_: NoParameters) -> Json<Vec<Value>> {
    Json(members())
}

/// Serves `GET /api/v2/users/{userId}`.
pub(super) async fn one(Segment(id): Segment, _: NoParameters) -> Response {
    match integer(&id).and_then(member) {
        Some(member) => Json(member).into_response(),
        None => error::answer(StatusCode::NOT_FOUND, ErrorCode::NoResource, "No such user."),
    }
}

fn numbers(standing: Standing) -> Value {
    let Standing { limit, remaining, reset } = standing;
    json!({"limit": limit, "remaining": remaining, "reset": reset})
}
