//! The control calls of Backlog: put a shared file or a custom field, set up a project, read the stored issues.

use super::Backlog;
use super::custom_field::BacklogCustomField;
use super::file::{BacklogFile, Content, Project};
use crate::answer::{WrongInput, read, refusal, wrong_method};
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileInput {
    id: u64,
    dir: String,
    name: String,
    content: Option<String>,
    content_base64: Option<String>,
    size: Option<u64>,
    project: Option<Value>,
    content_type: Option<String>,
    truncate_after: Option<u64>,
    redirect_to: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProjectInput {
    project_key: String,
    text_formatting_rule: String,
}

/// Builds everything under `/_control/backlog`.
pub(super) fn router(backlog: Arc<Backlog>) -> Router {
    Router::new()
        .route("/files", post(put_file))
        .route("/files/:id", delete(remove_file))
        .route("/custom-fields", post(put_custom_field))
        .route("/projects", post(set_up_project))
        .route("/issues", get(issues))
        .method_not_allowed_fallback(wrong_method)
        .with_state(backlog)
}

async fn put_file(State(backlog): State<Arc<Backlog>>, body: Bytes) -> Result<Response, WrongInput> {
    let input: FileInput = read(&body)?;
    let file = backlog.read_file(input).map_err(WrongInput)?;
    let put = json!({
        "id": file.id,
        "size": file.content.size_bytes(),
        "project": file.project,
        "url": format!(
            "{}/api/v2/projects/{}/files/{}",
            backlog.base_url, file.project.project_key, file.id
        ),
    });
    backlog.put_file(file).map_err(WrongInput)?;
    Ok((StatusCode::CREATED, Json(put)).into_response())
}

async fn remove_file(State(backlog): State<Arc<Backlog>>, Path(id): Path<String>) -> Result<Response, WrongInput> {
    let id: u64 = id.parse().map_err(|_| WrongInput(format!("file id `{id}` is not an integer")))?;
    Ok(match backlog.space().files.remove(&id) {
        Some(_) => StatusCode::NO_CONTENT.into_response(),
        None => refusal(StatusCode::NOT_FOUND, &format!("there is no file {id}")),
    })
}

async fn put_custom_field(State(backlog): State<Arc<Backlog>>, body: Bytes) -> Result<Response, WrongInput> {
    let field: BacklogCustomField = read(&body)?;
    backlog.put_custom_field(field).map_err(WrongInput)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn set_up_project(State(backlog): State<Arc<Backlog>>, body: Bytes) -> Result<Response, WrongInput> {
    let ProjectInput { project_key, text_formatting_rule } = read(&body)?;
    backlog.set_text_formatting(&project_key, &text_formatting_rule).map_err(WrongInput)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn issues(State(backlog): State<Arc<Backlog>>) -> Json<Vec<Value>> {
    Json(backlog.issues())
}

impl Backlog {
    fn read_file(&self, input: FileInput) -> Result<BacklogFile, String> {
        let FileInput { id, dir, name, .. } = input;
        let content = match (input.content, input.content_base64, input.size) {
            (Some(text), None, None) => Content::Bytes(text.into_bytes().into()),
            (None, Some(encoded), None) => Content::Bytes(decoded(&encoded)?.into()),
            (None, None, Some(size_bytes)) => Content::Generated(size_bytes),
            (None, None, None) if input.redirect_to.is_some() => Content::Generated(0),
            _ => return Err("one of `content`, `content_base64` and `size` is needed".to_owned()),
        };
        let project = match input.project {
            Some(project) => self.read_project(project)?,
            None => Project::default(),
        };
        let default = BacklogFile::default();
        Ok(BacklogFile {
            id,
            dir,
            name,
            content,
            project,
            content_type: input.content_type.unwrap_or(default.content_type),
            truncate_after: input.truncate_after,
            redirect_to: input.redirect_to,
        })
    }

    // A key or an id names a project that is there; an object may also create one.
    fn read_project(&self, project: Value) -> Result<Project, String> {
        let id_or_key = match project {
            Value::String(key) => key,
            Value::Number(id) => id.to_string(),
            object => {
                return serde_json::from_value(object).map_err(|error| format!("`project`: {error}"));
            }
        };
        self.space().project(&id_or_key).cloned().ok_or_else(|| {
            format!("there is no project `{id_or_key}`; create it with {{\"id\": …, \"projectKey\": …}}")
        })
    }
}

fn decoded(encoded: &str) -> Result<Vec<u8>, String> {
    STANDARD.decode(encoded).map_err(|error| format!("`content_base64`: {error}"))
}
