//! Webhooks of a project: kept and shown, and never called.

use super::catalog::no_project;
use super::error::{self, ErrorCode};
use super::form::{Form, Parameters};
use super::path::Segment;
use super::problems::Problems;
use super::query::NoParameters;
use super::{Backlog, Space, integer, user};
use crate::clock;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;

/// Source: developer.nulab.com, "Add Webhook".
const NEW: Parameters = Parameters {
    required: &["name", "hookUrl"],
    optional: &["description", "allEvent", "activityTypeIds[]"],
    custom_fields: false,
};
/// Source: developer.nulab.com, "Update Webhook".
const CHANGES: Parameters = Parameters {
    required: &[],
    optional: &["name", "description", "hookUrl", "allEvent", "activityTypeIds[]"],
    custom_fields: false,
};
const NEVER_EMPTY: [&str; 2] = ["name", "hookUrl"];
/// The highest number of a kind of event. Source: developer.nulab.com, "Get Activity", and Nulab's clients.
const LAST_ACTIVITY_TYPE: u64 = 49;

/// A webhook of a project.
#[derive(Clone)]
pub(super) struct Webhook {
    id: u64,
    project_id: u64,
    name: String,
    description: String,
    hook_url: String,
    all_event: bool,
    activity_type_ids: Vec<u64>,
    created: u64,
    updated: u64,
}

/// Serves `GET /api/v2/projects/{projectIdOrKey}/webhooks`.
pub(super) async fn list(State(backlog): State<Arc<Backlog>>, Segment(project): Segment, _: NoParameters) -> Response {
    let space = backlog.space();
    let Some(project) = space.project(&project).map(|project| project.id) else { return no_project() };
    let of_project = space.webhooks.iter().filter(|webhook| webhook.project_id == project);
    Json(of_project.map(Webhook::shown).collect::<Vec<_>>()).into_response()
}

/// Serves `POST /api/v2/projects/{projectIdOrKey}/webhooks`; unlike for issues, the documented status is 200.
pub(super) async fn add(
    State(backlog): State<Arc<Backlog>>,
    Segment(project): Segment,
    headers: HeaderMap,
    _: NoParameters,
    body: Bytes,
) -> Result<Response, Problems> {
    let form = Form::read(&headers, &body);
    form.check(&NEW)?;
    check(&form)?;
    let mut space = backlog.space();
    let Some(project_id) = space.project(&project).map(|project| project.id) else { return Ok(no_project()) };
    space.n_webhooks += 1;
    let now = clock::now_seconds();
    let mut webhook = Webhook {
        id: space.n_webhooks,
        project_id,
        name: String::new(),
        description: String::new(),
        hook_url: String::new(),
        all_event: false,
        activity_type_ids: Vec::new(),
        created: now,
        updated: now,
    };
    webhook.change(&form);
    space.webhooks.push(webhook.clone());
    Ok(Json(webhook.shown()).into_response())
}

/// Serves `GET /api/v2/projects/{projectIdOrKey}/webhooks/{webhookId}`.
pub(super) async fn one(
    State(backlog): State<Arc<Backlog>>,
    Path((project, id)): Path<(String, String)>,
    _: NoParameters,
) -> Response {
    let space = backlog.space();
    match space.place_of_webhook(&project, &id) {
        Ok(place) => Json(space.webhooks[place].shown()).into_response(),
        Err(refusal) => *refusal,
    }
}

/// Serves `PATCH /api/v2/projects/{projectIdOrKey}/webhooks/{webhookId}`.
pub(super) async fn change(
    State(backlog): State<Arc<Backlog>>,
    Path((project, id)): Path<(String, String)>,
    headers: HeaderMap,
    _: NoParameters,
    body: Bytes,
) -> Result<Response, Problems> {
    let form = Form::read(&headers, &body);
    form.check(&CHANGES)?;
    check(&form)?;
    let mut space = backlog.space();
    Ok(match space.place_of_webhook(&project, &id) {
        Ok(place) => {
            let webhook = &mut space.webhooks[place];
            webhook.change(&form);
            webhook.updated = clock::now_seconds();
            Json(webhook.shown()).into_response()
        }
        Err(refusal) => *refusal,
    })
}

/// Serves `DELETE /api/v2/projects/{projectIdOrKey}/webhooks/{webhookId}`.
pub(super) async fn remove(
    State(backlog): State<Arc<Backlog>>,
    Path((project, id)): Path<(String, String)>,
    _: NoParameters,
) -> Response {
    let mut space = backlog.space();
    match space.place_of_webhook(&project, &id) {
        Ok(place) => Json(space.webhooks.remove(place).shown()).into_response(),
        Err(refusal) => *refusal,
    }
}

impl Space {
    fn place_of_webhook(&self, project: &str, id: &str) -> Result<usize, Box<Response>> {
        let project = self.project(project).ok_or_else(|| Box::new(no_project()))?.id;
        let is_it = |webhook: &Webhook| webhook.project_id == project && integer(id) == Some(webhook.id);
        let none = || Box::new(error::answer(StatusCode::NOT_FOUND, ErrorCode::NoResource, "No webhook."));
        self.webhooks.iter().position(is_it).ok_or_else(none)
    }
}

impl Webhook {
    fn change(&mut self, form: &Form) {
        for (name, value) in
            [("name", &mut self.name), ("description", &mut self.description), ("hookUrl", &mut self.hook_url)]
        {
            if let Some(next) = form.sent(name) {
                *value = next.to_owned();
            }
        }
        if let Some(all) = form.sent("allEvent") {
            self.all_event = all == "true";
        }
        if form.sent("activityTypeIds[]").is_some() {
            self.activity_type_ids = form.numbers("activityTypeIds[]");
        }
    }

    fn shown(&self) -> Value {
        json!({
            "id": self.id,
            "name": self.name,
            "description": self.description,
            "hookUrl": self.hook_url,
            "allEvent": self.all_event,
            "activityTypeIds": self.activity_type_ids,
            "createdUser": user::user(),
            "created": clock::iso_8601(self.created),
            "updatedUser": user::user(),
            "updated": clock::iso_8601(self.updated),
        })
    }
}

/// Demands what every webhook has. The real service calls no private address; here every one is.
fn check(form: &Form) -> Result<(), Problems> {
    if let Some(name) =
        NEVER_EMPTY.into_iter().find(|name| form.sent(name).is_some_and(|value| value.trim().is_empty()))
    {
        return Err(Problems::one(format!("{name} must not be empty.")));
    }
    let is_url = |url: &str| {
        url.parse::<Uri>().is_ok_and(|url| matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some())
    };
    if form.sent("hookUrl").is_some_and(|url| !is_url(url)) {
        return Err(Problems::one("hookUrl must be a URL with http:// or https://."));
    }
    match form.numbers("activityTypeIds[]").into_iter().find(|id| !(1..=LAST_ACTIVITY_TYPE).contains(id)) {
        Some(id) => Err(Problems::one(format!("activityTypeIds[] {id} is no kind of event."))),
        None => Ok(()),
    }
}
