//! The users of the space, who are members of every project.

use super::USER_ID;
use serde_json::{Value, json};

/// All members.
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
