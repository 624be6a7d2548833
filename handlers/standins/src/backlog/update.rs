//! The calls that write issues: create one, change it, comment on it, take it away.

use super::catalog::no_project;
use super::error::{self, ErrorCode};
use super::form::{Form, Parameters};
use super::path::Segment;
use super::problems::Problems;
use super::query::NoParameters;
use super::{Backlog, integer, vocabulary};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Source: developer.nulab.com, "Add Issue".
const NEW: Parameters = Parameters {
    required: &["projectId", "summary", "issueTypeId", "priorityId"],
    optional: &[
        "parentIssueId",
        "description",
        "startDate",
        "dueDate",
        "estimatedHours",
        "actualHours",
        "categoryId[]",
        "versionId[]",
        "milestoneId[]",
        "assigneeId",
        "notifiedUserId[]",
        "attachmentId[]",
    ],
    custom_fields: true,
};
/// Source: developer.nulab.com, "Update Issue".
const CHANGES: Parameters = Parameters {
    required: &[],
    optional: &[
        "summary",
        "parentIssueId",
        "description",
        "statusId",
        "resolutionId",
        "startDate",
        "dueDate",
        "estimatedHours",
        "actualHours",
        "issueTypeId",
        "categoryId[]",
        "versionId[]",
        "milestoneId[]",
        "priorityId",
        "assigneeId",
        "notifiedUserId[]",
        "attachmentId[]",
        "comment",
    ],
    custom_fields: true,
};
/// An issue may lose a date, but never one of these.
const NEVER_EMPTY: [&str; 4] = ["summary", "issueTypeId", "priorityId", "statusId"];
/// Source: developer.nulab.com, "Add Comment".
const NEW_COMMENT: Parameters =
    Parameters { required: &["content"], optional: &["notifiedUserId[]", "attachmentId[]"], custom_fields: false };
/// Source: developer.nulab.com, "Update Comment".
const CHANGED_COMMENT: Parameters = Parameters { required: &["content"], optional: &[], custom_fields: false };

/// Serves `POST /api/v2/issues`.
pub(super) async fn create(
    State(backlog): State<Arc<Backlog>>,
    headers: HeaderMap,
    _: NoParameters,
    body: Bytes,
) -> Result<Response, Problems> {
    let form = Form::read(&headers, &body);
    form.check(&NEW)?;
    let mut space = backlog.space();
    let Some((place, project)) = space.project_of_id(form.number("projectId")) else {
        return Ok(no_project());
    };
    let issue = space.add_issue(project, place, &form)?;
    let location = format!("{}/view/{}", backlog.base_url, issue.key());
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(space.shown(&issue))).into_response())
}

/// Serves `PATCH /api/v2/issues/{issueIdOrKey}`.
pub(super) async fn change(
    State(backlog): State<Arc<Backlog>>,
    Segment(id_or_key): Segment,
    headers: HeaderMap,
    _: NoParameters,
    body: Bytes,
) -> Result<Response, Problems> {
    let mut space = backlog.space();
    let Some(id) = space.issue(&id_or_key).map(|issue| issue.id) else {
        return Ok(no_issue());
    };
    let form = Form::read(&headers, &body);
    form.check(&CHANGES)?;
    if let Some(name) =
        NEVER_EMPTY.into_iter().find(|name| form.sent(name).is_some_and(|value| value.trim().is_empty()))
    {
        return Err(Problems::one(format!("{name} must not be empty.")));
    }
    if form.number("statusId").is_some_and(|id| vocabulary::status(id).is_none()) {
        return Err(Problems::one("statusId must be a status of the project."));
    }
    if form.number("resolutionId").is_some_and(|id| vocabulary::resolution(id).is_none()) {
        return Err(Problems::one("resolutionId must be a resolution."));
    }
    space.change_issue(id, &form)?;
    Ok(space.issue(&id_or_key).map_or_else(no_issue, |issue| Json(space.shown(issue)).into_response()))
}

/// Serves `DELETE /api/v2/issues/{issueIdOrKey}`.
pub(super) async fn remove(
    State(backlog): State<Arc<Backlog>>,
    Segment(id_or_key): Segment,
    _: NoParameters,
) -> Response {
    let mut space = backlog.space();
    let Some(id) = space.issue(&id_or_key).map(|issue| issue.id) else { return no_issue() };
    let removed = space.remove_issue(id);
    removed.map_or_else(no_issue, |issue| Json(space.shown(&issue)).into_response())
}

/// Serves `POST /api/v2/issues/{issueIdOrKey}/comments`.
pub(super) async fn comment(
    State(backlog): State<Arc<Backlog>>,
    Segment(id_or_key): Segment,
    headers: HeaderMap,
    _: NoParameters,
    body: Bytes,
) -> Result<Response, Problems> {
    let mut space = backlog.space();
    let Some(issue) = space.issue(&id_or_key) else {
        return Ok(no_issue());
    };
    let form = Form::read(&headers, &body);
    form.check(&NEW_COMMENT)?;
    space.check_place(&issue.project, issue.place, Some(issue.id), &form)?;
    let id = issue.id;
    let comment = space.add_comment(id, Some(form.text("content")), Vec::new(), form.numbers("notifiedUserId[]"));
    let (Some(issue), Some(comment)) = (space.issue(&id_or_key), comment) else {
        return Ok(no_issue());
    };
    let location = format!("{}/view/{}#comment-{}", backlog.base_url, issue.key(), comment.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(issue.shown_comment(&comment))).into_response())
}

/// Serves `PATCH /api/v2/issues/{issueIdOrKey}/comments/{commentId}`.
pub(super) async fn change_comment(
    State(backlog): State<Arc<Backlog>>,
    Path((id_or_key, comment_id)): Path<(String, String)>,
    headers: HeaderMap,
    _: NoParameters,
    body: Bytes,
) -> Result<Response, Problems> {
    let form = Form::read(&headers, &body);
    form.check(&CHANGED_COMMENT)?;
    let mut space = backlog.space();
    let Some(issue) = space.issue(&id_or_key).cloned() else { return Ok(no_issue()) };
    let changed = integer(&comment_id).and_then(|id| space.change_comment(issue.id, id, form.text("content")));
    Ok(changed.map_or_else(no_comment, |comment| Json(issue.shown_comment(&comment)).into_response()))
}

/// Serves `DELETE /api/v2/issues/{issueIdOrKey}/comments/{commentId}`.
pub(super) async fn remove_comment(
    State(backlog): State<Arc<Backlog>>,
    Path((id_or_key, comment_id)): Path<(String, String)>,
    _: NoParameters,
) -> Response {
    let mut space = backlog.space();
    let Some(issue) = space.issue(&id_or_key).cloned() else { return no_issue() };
    let removed = integer(&comment_id).and_then(|id| space.remove_comment(issue.id, id));
    removed.map_or_else(no_comment, |comment| Json(issue.shown_comment(&comment)).into_response())
}

/// Answers for an issue that is not there.
pub(super) fn no_issue() -> Response {
    error::answer(StatusCode::NOT_FOUND, ErrorCode::NoResource, "No issue.")
}

/// Answers for a comment that is not there, or that is the log of a change.
pub(super) fn no_comment() -> Response {
    error::answer(StatusCode::NOT_FOUND, ErrorCode::NoResource, "No comment.")
}
