//! The calls that write issues: create one, change it, comment on it.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::error::{self, ErrorCode};
use super::form::{Form, Problems};
use super::path::Segment;
use super::{Backlog, vocabulary};

const REQUIRED: [&str; 4] = ["projectId", "summary", "issueTypeId", "priorityId"];
/// An issue may lose a date, but never one of these.
const NEVER_EMPTY: [&str; 4] = ["summary", "issueTypeId", "priorityId", "statusId"];

/// Serves `POST /api/v2/issues`.
pub(super) async fn create(
    State(backlog): State<Arc<Backlog>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problems> {
    let form = Form::read(&headers, &body);
    form.check(&REQUIRED)?;
    let mut space = backlog.space();
    let Some((place, project)) = space.project_of_id(form.number("projectId")) else {
        return Ok(error::answer(StatusCode::NOT_FOUND, ErrorCode::NoResource, "No project."));
    };
    let issue = space.add_issue(project, place, &form)?;
    let location = format!("{}/view/{}", backlog.base_url, issue.key());
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(issue.shown())).into_response())
}

/// Serves `PATCH /api/v2/issues/{issueIdOrKey}`.
pub(super) async fn change(
    State(backlog): State<Arc<Backlog>>,
    Segment(id_or_key): Segment,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problems> {
    let mut space = backlog.space();
    let Some(id) = space.issue(&id_or_key).map(|issue| issue.id) else {
        return Ok(no_issue());
    };
    let form = Form::read(&headers, &body);
    let emptied: Vec<_> = NEVER_EMPTY.into_iter().filter(|name| form.sent(name).is_some()).collect();
    form.check(&emptied)?;
    if form.number("statusId").is_some_and(|id| vocabulary::status(id).is_none()) {
        return Err(Problems::one("statusId must be a status of the project."));
    }
    if form.number("resolutionId").is_some_and(|id| vocabulary::resolution(id).is_none()) {
        return Err(Problems::one("resolutionId must be a resolution."));
    }
    space.change_issue(id, &form)?;
    Ok(space.issue(&id_or_key).map_or_else(no_issue, |issue| Json(issue.shown()).into_response()))
}

/// Serves `POST /api/v2/issues/{issueIdOrKey}/comments`.
pub(super) async fn comment(
    State(backlog): State<Arc<Backlog>>,
    Segment(id_or_key): Segment,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problems> {
    let mut space = backlog.space();
    let Some(id) = space.issue(&id_or_key).map(|issue| issue.id) else {
        return Ok(no_issue());
    };
    let form = Form::read(&headers, &body);
    form.check(&["content"])?;
    let comment = space.comment(id, form.text("content"));
    let (Some(issue), Some(comment)) = (space.issue(&id_or_key), comment) else {
        return Ok(no_issue());
    };
    let location = format!("{}/view/{}#comment-{}", backlog.base_url, issue.key(), comment.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(issue.shown_comment(&comment))).into_response())
}

/// Answers for an issue that is not there.
pub(super) fn no_issue() -> Response {
    error::answer(StatusCode::NOT_FOUND, ErrorCode::NoResource, "No issue.")
}
