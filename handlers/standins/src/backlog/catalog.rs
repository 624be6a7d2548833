//! The calls that read what there is in a project and in every project: types, statuses, people, fields.

use super::error::{self, ErrorCode};
use super::file::Project;
use super::path::Segment;
use super::problems::Problems;
use super::query::{NoParameters, Query};
use super::{Backlog, Space, account, vocabulary};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;

/// Serves `GET /api/v2/projects`.
pub(super) async fn projects(State(backlog): State<Arc<Backlog>>, query: Query) -> Result<Response, Problems> {
    query.only(&["archived", "all"])?;
    // The only user is in every project.
    query.boolean("all")?;
    let space = backlog.space();
    // None is archived here.
    let shown: Vec<Value> = match query.boolean("archived")? {
        Some(true) => Vec::new(),
        _ => space.projects.iter().map(|project| shown_project(&space, project)).collect(),
    };
    Ok(Json(shown).into_response())
}

/// Serves `GET /api/v2/projects/{projectIdOrKey}`.
pub(super) async fn project(
    State(backlog): State<Arc<Backlog>>,
    Segment(id_or_key): Segment,
    _: NoParameters,
) -> Response {
    of_project(&backlog, &id_or_key, |space, project, _| shown_project(space, project))
}

/// Serves `GET /api/v2/projects/{projectIdOrKey}/issueTypes`.
pub(super) async fn issue_types(
    State(backlog): State<Arc<Backlog>>,
    Segment(id_or_key): Segment,
    _: NoParameters,
) -> Response {
    of_project(&backlog, &id_or_key, |_, project, place| vocabulary::issue_types_of(project.id, place).into())
}

/// Serves `GET /api/v2/projects/{projectIdOrKey}/statuses`.
pub(super) async fn statuses(
    State(backlog): State<Arc<Backlog>>,
    Segment(id_or_key): Segment,
    _: NoParameters,
) -> Response {
    of_project(&backlog, &id_or_key, |_, project, _| vocabulary::statuses_of(project.id).into())
}

/// Serves `GET /api/v2/projects/{projectIdOrKey}/users`.
pub(super) async fn members(
    State(backlog): State<Arc<Backlog>>,
    Segment(id_or_key): Segment,
    _: NoParameters,
) -> Response {
    of_project(&backlog, &id_or_key, |_, _, _| account::members().into())
}

/// Serves `GET /api/v2/projects/{projectIdOrKey}/categories`.
pub(super) async fn categories(
    State(backlog): State<Arc<Backlog>>,
    Segment(id_or_key): Segment,
    _: NoParameters,
) -> Response {
    of_project(&backlog, &id_or_key, |_, project, place| vocabulary::categories_of(project.id, place).into())
}

/// Serves `GET /api/v2/projects/{projectIdOrKey}/versions`.
pub(super) async fn milestones(
    State(backlog): State<Arc<Backlog>>,
    Segment(id_or_key): Segment,
    _: NoParameters,
) -> Response {
    of_project(&backlog, &id_or_key, |_, project, place| vocabulary::milestones_of(project.id, place).into())
}

/// Serves `GET /api/v2/projects/{projectIdOrKey}/customFields`.
pub(super) async fn custom_fields(
    State(backlog): State<Arc<Backlog>>,
    Segment(id_or_key): Segment,
    _: NoParameters,
) -> Response {
    of_project(&backlog, &id_or_key, |space, project, _| {
        let fields = space.custom_fields(project);
        (0..).zip(fields).map(|(place, field)| field.described(project.id, place)).collect()
    })
}

/// Serves `GET /api/v2/priorities`.
pub(super) async fn priorities(_: NoParameters) -> Json<Vec<Value>> {
    Json(vocabulary::priorities())
}

/// Serves `GET /api/v2/resolutions`.
pub(super) async fn resolutions(_: NoParameters) -> Json<Vec<Value>> {
    Json(vocabulary::resolutions())
}

/// Answers for a project that is not there.
pub(super) fn no_project() -> Response {
    error::answer(StatusCode::NOT_FOUND, ErrorCode::NoResource, "No project.")
}

fn of_project(backlog: &Backlog, id_or_key: &str, shown: impl Fn(&Space, &Project, u64) -> Value) -> Response {
    let space = backlog.space();
    let project = space.project(id_or_key);
    let found = project.and_then(|project| space.project_of_id(Some(project.id)));
    match found {
        Some((place, project)) => Json(shown(&space, &project, place)).into_response(),
        None => no_project(),
    }
}

fn shown_project(space: &Space, project: &Project) -> Value {
    json!({
        "id": project.id,
        "projectKey": project.project_key,
        "name": format!("{} プロジェクト", project.project_key),
        "chartEnabled": false,
        "useResolvedForChart": false,
        "subtaskingEnabled": true,
        "projectLeaderCanEditProjectLeader": false,
        "useWiki": true,
        "useFileSharing": true,
        "useWikiTreeView": true,
        "useSubversion": false,
        "useGit": false,
        "useOriginalImageSizeAtWiki": false,
        "textFormattingRule": space.text_formatting(project),
        "archived": false,
        "displayOrder": 0,
        "useDevAttributes": true,
    })
}
