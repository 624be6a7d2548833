//! The calls that read issues and their comments.

use super::path::Segment;
use super::problems::Problems;
use super::query::{NoParameters, Query};
use super::update::{no_comment, no_issue};
use super::{Backlog, integer};
use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::sync::Arc;

/// Serves `GET /api/v2/issues/{issueIdOrKey}`.
pub(super) async fn issue(
    State(backlog): State<Arc<Backlog>>,
    Segment(id_or_key): Segment,
    _: NoParameters,
) -> Response {
    let space = backlog.space();
    space.issue(&id_or_key).map_or_else(no_issue, |issue| Json(space.shown(issue)).into_response())
}

/// Serves `GET /api/v2/issues`.
pub(super) async fn issues(State(backlog): State<Arc<Backlog>>, query: Query) -> Result<Response, Problems> {
    let space = backlog.space();
    let shown: Vec<_> = query.issues(&space)?.into_iter().map(|issue| space.shown(issue)).collect();
    Ok(Json(shown).into_response())
}

/// Serves `GET /api/v2/issues/count`.
pub(super) async fn n_issues(State(backlog): State<Arc<Backlog>>, query: Query) -> Result<Response, Problems> {
    let count = query.n_issues(&backlog.space())?;
    Ok(Json(json!({"count": count})).into_response())
}

/// Serves `GET /api/v2/issues/{issueIdOrKey}/comments`.
pub(super) async fn comments(
    State(backlog): State<Arc<Backlog>>,
    Segment(id_or_key): Segment,
    query: Query,
) -> Result<Response, Problems> {
    let space = backlog.space();
    let Some(issue) = space.issue(&id_or_key) else { return Ok(no_issue()) };
    let found = query.comments(&issue.comments)?;
    Ok(Json(found.into_iter().map(|comment| issue.shown_comment(comment)).collect::<Vec<_>>()).into_response())
}

/// Serves `GET /api/v2/issues/{issueIdOrKey}/comments/count`.
pub(super) async fn n_comments(
    State(backlog): State<Arc<Backlog>>,
    Segment(id_or_key): Segment,
    _: NoParameters,
) -> Response {
    let space = backlog.space();
    space.issue(&id_or_key).map_or_else(no_issue, |issue| Json(json!({"count": issue.comments.len()})).into_response())
}

/// Serves `GET /api/v2/issues/{issueIdOrKey}/comments/{commentId}`.
pub(super) async fn comment(
    State(backlog): State<Arc<Backlog>>,
    Path((id_or_key, id)): Path<(String, String)>,
    _: NoParameters,
) -> Response {
    let space = backlog.space();
    let Some(issue) = space.issue(&id_or_key) else { return no_issue() };
    let found = issue.comments.iter().find(|comment| integer(&id) == Some(comment.id));
    found.map_or_else(no_comment, |comment| Json(issue.shown_comment(comment)).into_response())
}

/// Serves the lists of an issue that are always empty here, since nothing can be attached to one.
pub(super) async fn nothing_attached(
    State(backlog): State<Arc<Backlog>>,
    Segment(id_or_key): Segment,
    _: NoParameters,
) -> Response {
    backlog.space().issue(&id_or_key).map_or_else(no_issue, |_| Json(json!([])).into_response())
}
