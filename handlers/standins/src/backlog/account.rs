//! The calls with which a client checks its key: who am I, where am I, how much is left.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::Backlog;
use super::allowance::{Kind, Standing};
use crate::received::Credential;

const LIMIT_OF_ICONS: u64 = 60;

/// Serves `GET /api/v2/users/myself`.
pub(super) async fn myself() -> Json<Value> {
    Json(user())
}

/// Serves `GET /api/v2/space`.
pub(super) async fn space() -> Json<Value> {
    Json(json!({
        "spaceKey": "standin",
        "name": "Stand-in",
        "ownerId": 25,
        "lang": "ja",
        "timezone": "Asia/Tokyo",
        "reportSendTime": "08:00:00",
        "textFormattingRule": "markdown",
        "created": "2026-08-04T02:01:52Z",
        "updated": "2026-08-04T02:01:52Z",
    }))
}

/// Serves `GET /api/v2/rateLimit`.
pub(super) async fn rate_limit(State(backlog): State<Arc<Backlog>>) -> Json<Value> {
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
    });
    vec![user(), other]
}

/// A member with this number.
pub(super) fn member(id: u64) -> Option<Value> {
    members().into_iter().find(|member| member["id"] == id)
}

/// The user who owns the key.
pub(super) fn user() -> Value {
    json!({
        "id": 25,
        "userId": "taro",
        "name": "Taro",
        "roleType": 2,
        "lang": null,
        "nulabAccount": null,
        "mailAddress": "taro@example.com",
    })
}

fn numbers(standing: Standing) -> Value {
    let Standing { limit, remaining, reset } = standing;
    json!({"limit": limit, "remaining": remaining, "reset": reset})
}
