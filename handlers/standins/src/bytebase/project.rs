//! The list of projects: as many as a test asks for, handed out page by page.

use super::error::{Refusal, invalid, unauthenticated};
use super::{Bytebase, session};
use crate::clock;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use std::sync::Arc;

const DEFAULT_PAGE: u32 = 10;
const LONGEST_PAGE: u32 = 1_000;
const TOKEN_PREFIX: &str = "offset:";

/// Serves `GET /v1/projects`.
pub(super) async fn list(
    State(bytebase): State<Arc<Bytebase>>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Json<Value>, Refusal> {
    let mut workspace = bytebase.workspace();
    let token = session::bearer(&headers).map_err(unauthenticated)?;
    let token = token.ok_or_else(|| unauthenticated("access token not found"))?;
    workspace.sessions.check(token, clock::now_seconds()).map_err(unauthenticated)?;

    let query = uri.query().unwrap_or_default();
    let size = page_size(parameter(query, ["pageSize", "page_size"]).as_deref())?;
    let start = offset(parameter(query, ["pageToken", "page_token"]).as_deref())?;
    let end = start.saturating_add(size).min(workspace.n_projects);
    let projects: Vec<Value> = (start..end).map(|place| project(place, workspace.title.as_deref())).collect();
    workspace.n_projects_served += projects.len() as u64;

    // The gateway leaves out what is empty.
    let mut page = Map::new();
    if !projects.is_empty() {
        page.insert("projects".to_owned(), projects.into());
    }
    if end < workspace.n_projects {
        page.insert("nextPageToken".to_owned(), STANDARD.encode(format!("{TOKEN_PREFIX}{end}")).into());
    }
    Ok(Json(page.into()))
}

fn page_size(size: Option<&str>) -> Result<u32, Refusal> {
    let Some(text) = size.filter(|text| !text.is_empty()) else {
        return Ok(DEFAULT_PAGE);
    };
    let size: i32 = text
        .parse()
        .map_err(|_| invalid(format!("type mismatch, parameter: page_size, error: invalid value {text}")))?;
    match u32::try_from(size) {
        Ok(0) => Ok(DEFAULT_PAGE),
        Ok(size) => Ok(size.min(LONGEST_PAGE)),
        Err(_) => Err(invalid("page size cannot be negative")),
    }
}

fn offset(token: Option<&str>) -> Result<u32, Refusal> {
    let Some(token) = token.filter(|token| !token.is_empty()) else {
        return Ok(0);
    };
    let decoded = STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let offset = decoded.as_deref().and_then(|text| text.strip_prefix(TOKEN_PREFIX)?.parse().ok());
    offset.ok_or_else(|| invalid("invalid page token"))
}

fn project(place: u32, title_of_added: Option<&str>) -> Value {
    let (id, title) = match place {
        0 => ("default".to_owned(), "Default".to_owned()),
        1 => ("project-sample".to_owned(), "Sample Project".to_owned()),
        _ => {
            let title = title_of_added.map_or_else(|| format!("Project {}", place + 1), str::to_owned);
            (format!("project-{:03}", place + 1), title)
        }
    };
    json!({"name": format!("projects/{id}"), "state": "ACTIVE", "title": title})
}

fn parameter(query: &str, names: [&str; 2]) -> Option<String> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    pairs.into_iter().find(|(name, _)| names.contains(&name.as_ref())).map(|(_, value)| value.into_owned())
}
