//! The list of a folder of shared files: its files, and the folders in it.

use super::catalog::no_project;
use super::error::{self, ErrorCode};
use super::file::BacklogFile;
use super::path::Segment;
use super::problems::Problems;
use super::query::Query;
use super::{Backlog, account};
use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Numbers of folders, far from those that tests give to files.
const FIRST_FOLDER_ID: u64 = 1 << 40;
/// When every file was put there.
const CREATED: &str = "2026-08-04T02:01:52Z";

/// Serves `GET /api/v2/projects/{projectIdOrKey}/files/metadata/` for the root.
pub(super) async fn root(
    State(backlog): State<Arc<Backlog>>,
    Segment(project): Segment,
    query: Query,
) -> Result<Response, Problems> {
    listed(&backlog, &project, "", &query)
}

/// Serves `GET /api/v2/projects/{projectIdOrKey}/files/metadata/{path}`.
pub(super) async fn folder(
    State(backlog): State<Arc<Backlog>>,
    path: Result<Path<(String, String)>, PathRejection>,
    query: Query,
) -> Result<Response, Problems> {
    let Ok(Path((project, path))) = path else { return Err(Problems::one("The path is not UTF-8.")) };
    listed(&backlog, &project, &path, &query)
}

fn listed(backlog: &Backlog, project: &str, path: &str, query: &Query) -> Result<Response, Problems> {
    let space = backlog.space();
    let Some(project) = space.project(project) else { return Ok(no_project()) };
    let path = path.trim_matches('/');
    let dir = if path.is_empty() { "/".to_owned() } else { format!("/{path}/") };
    let files: Vec<&Arc<BacklogFile>> = space.files.values().filter(|file| file.project == *project).collect();
    // A folder is there as long as something is in it.
    let folders: BTreeSet<&str> = files.iter().flat_map(|file| folders_of(&file.dir)).collect();
    if dir != "/" && !folders.contains(dir.as_str()) {
        return Ok(error::answer(StatusCode::NOT_FOUND, ErrorCode::NoResource, "No such directory."));
    }
    let inside = |folder: &str| {
        folder
            .strip_prefix(&dir)
            .is_some_and(|rest| rest.trim_end_matches('/').split('/').count() == 1 && !rest.is_empty())
    };
    let mut entries: Vec<(String, Value)> = Vec::new();
    for (id, folder) in (FIRST_FOLDER_ID..).zip(&folders).filter(|(_, folder)| inside(folder)) {
        let name = folder[dir.len()..].trim_end_matches('/');
        entries.push((name.to_owned(), entry(id, project.id, "directory", &dir, name, None)));
    }
    for file in files.iter().filter(|file| file.dir == dir) {
        let size = Some(file.content.size_bytes());
        entries.push((file.name.clone(), entry(file.id, project.id, "file", &dir, &file.name, size)));
    }
    entries.sort_by(|(one, _), (other, _)| one.cmp(other));
    let shown: Vec<Value> = query.part(entries)?.into_iter().map(|(_, entry)| entry).collect();
    Ok(Json(shown).into_response())
}

/// Every folder above a file, each with the slash at its end and without the root.
fn folders_of(dir: &str) -> impl Iterator<Item = &str> {
    dir.match_indices('/').skip(1).map(|(end, _)| &dir[..=end])
}

fn entry(id: u64, project_id: u64, kind: &str, dir: &str, name: &str, size: Option<u64>) -> Value {
    json!({
        "id": id,
        "projectId": project_id,
        "type": kind,
        "dir": dir,
        "name": name,
        "size": size,
        "createdUser": account::user(),
        "created": CREATED,
        "updatedUser": null,
        "updated": CREATED,
    })
}
