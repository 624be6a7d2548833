//! The calls that read: projects with their types and statuses, issues and comments.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::error::{self, ErrorCode};
use super::file::Project;
use super::path::Segment;
use super::query::Query;
use super::update::no_issue;
use super::{Backlog, account, vocabulary};

/// Serves `GET /api/v2/projects`.
pub(super) async fn projects(State(backlog): State<Arc<Backlog>>) -> Json<Vec<Value>> {
    Json(backlog.space().projects.iter().map(shown_project).collect())
}

/// Serves `GET /api/v2/projects/{projectIdOrKey}`.
pub(super) async fn project(State(backlog): State<Arc<Backlog>>, Segment(id_or_key): Segment) -> Response {
    of_project(&backlog, &id_or_key, |project, _| shown_project(project))
}

/// Serves `GET /api/v2/projects/{projectIdOrKey}/issueTypes`.
pub(super) async fn issue_types(State(backlog): State<Arc<Backlog>>, Segment(id_or_key): Segment) -> Response {
    of_project(&backlog, &id_or_key, |project, place| vocabulary::issue_types_of(project.id, place).into())
}

/// Serves `GET /api/v2/projects/{projectIdOrKey}/statuses`.
pub(super) async fn statuses(State(backlog): State<Arc<Backlog>>, Segment(id_or_key): Segment) -> Response {
    of_project(&backlog, &id_or_key, |project, _| vocabulary::statuses_of(project.id).into())
}

/// Serves `GET /api/v2/projects/{projectIdOrKey}/users`.
pub(super) async fn members(State(backlog): State<Arc<Backlog>>, Segment(id_or_key): Segment) -> Response {
    of_project(&backlog, &id_or_key, |_, _| account::members().into())
}

/// Serves `GET /api/v2/projects/{projectIdOrKey}/versions`.
pub(super) async fn milestones(State(backlog): State<Arc<Backlog>>, Segment(id_or_key): Segment) -> Response {
    of_project(&backlog, &id_or_key, |project, place| vocabulary::milestones_of(project.id, place).into())
}

/// Serves `GET /api/v2/priorities`.
pub(super) async fn priorities() -> Json<Vec<Value>> {
    Json(vocabulary::priorities())
}

/// Serves `GET /api/v2/issues/{issueIdOrKey}`.
pub(super) async fn issue(State(backlog): State<Arc<Backlog>>, Segment(id_or_key): Segment) -> Response {
    backlog.space().issue(&id_or_key).map_or_else(no_issue, |issue| Json(issue.shown()).into_response())
}

/// Serves `GET /api/v2/issues`.
pub(super) async fn issues(State(backlog): State<Arc<Backlog>>, query: Query) -> Response {
    let space = backlog.space();
    match query.issues(&space.issues) {
        Ok(found) => Json(found.into_iter().map(super::issue::Issue::shown).collect::<Vec<_>>()).into_response(),
        Err(problems) => problems.into_response(),
    }
}

/// Serves `GET /api/v2/issues/{issueIdOrKey}/comments`.
pub(super) async fn comments(
    State(backlog): State<Arc<Backlog>>,
    Segment(id_or_key): Segment,
    query: Query,
) -> Response {
    let space = backlog.space();
    let Some(issue) = space.issue(&id_or_key) else {
        return no_issue();
    };
    match query.comments(&issue.comments) {
        Ok(found) => {
            let shown: Vec<_> = found.into_iter().map(|comment| issue.shown_comment(comment)).collect();
            Json(shown).into_response()
        }
        Err(problems) => problems.into_response(),
    }
}

fn of_project(backlog: &Backlog, id_or_key: &str, shown: impl Fn(&Project, u64) -> Value) -> Response {
    let space = backlog.space();
    let project = space.project(id_or_key);
    let found = project.and_then(|project| space.project_of_id(Some(project.id)));
    match found {
        Some((place, project)) => Json(shown(&project, place)).into_response(),
        None => error::answer(StatusCode::NOT_FOUND, ErrorCode::NoResource, "No project."),
    }
}

fn shown_project(project: &Project) -> Value {
    json!({
        "id": project.id,
        "projectKey": project.project_key,
        "name": format!("{} プロジェクト", project.project_key),
        "chartEnabled": false,
        "useResolvedForChart": false,
        "subtaskingEnabled": false,
        "projectLeaderCanEditProjectLeader": false,
        "useWiki": true,
        "useFileSharing": true,
        "useWikiTreeView": true,
        "useSubversion": false,
        "useGit": false,
        "useOriginalImageSizeAtWiki": false,
        "textFormattingRule": "markdown",
        "archived": false,
        "displayOrder": 0,
        "useDevAttributes": true,
    })
}
