//! Who there is in the space, and the calls with which a client checks its key.

use super::allowance::{Kind, Standing};
use super::error::{self, ErrorCode};
use super::path::Segment;
use super::query::NoParameters;
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

/// Everybody who is in every project.
pub(super) fn members() -> Vec<Value> {
    let other = json!({
        "id": 26,
        "userId": null,
        "name": "花子",
        "roleType": 2,
        "lang": "ja",
        "nulabAccount": {"nulabId": "standin", "name": "花子", "uniqueId": "hanako"},
        "mailAddress": "hanako@example.com",
        "lastLoginTime": "2026-08-04T02:01:52Z",
    });
    vec![user(), other]
}

/// A member with this number.
pub(super) fn member(id: u64) -> Option<Value> {
    members().into_iter().find(|member| member["id"] == id)
}

/// What Backlog says of the members that were notified.
pub(super) fn notified(ids: &[u64]) -> Value {
    let notification = |(place, user): (u64, Value)| json!({"id": place, "alreadyRead": false, "reason": 2, "user": user, "resourceAlreadyRead": false});
    (1..).zip(ids.iter().filter_map(|id| member(*id))).map(notification).collect()
}

/// The user who owns the key.
pub(super) fn user() -> Value {
    json!({
        "id": USER_ID,
        "userId": "taro",
        "name": "Taro",
        "roleType": 2,
        "lang": null,
        "nulabAccount": null,
        "mailAddress": "taro@example.com",
        "lastLoginTime": "2026-08-04T02:01:52Z",
    })
}

fn numbers(standing: Standing) -> Value {
    let Standing { limit, remaining, reset } = standing;
    json!({"limit": limit, "remaining": remaining, "reset": reset})
}
