//! New issues: a form and nothing else, checked parameter by parameter.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::error::{self, ErrorCode};
use super::file::Project;
use super::{Backlog, account, integer};
use crate::clock;

const FORM: &str = "application/x-www-form-urlencoded";
const PRIORITIES: [(u64, &str); 3] = [(2, "高"), (3, "中"), (4, "低")];
const REQUIRED: [&str; 4] = ["projectId", "summary", "issueTypeId", "priorityId"];
const INTEGERS: [&str; 10] = [
    "projectId",
    "issueTypeId",
    "priorityId",
    "parentIssueId",
    "assigneeId",
    "categoryId[]",
    "versionId[]",
    "milestoneId[]",
    "notifiedUserId[]",
    "attachmentId[]",
];
const DATES: [&str; 2] = ["startDate", "dueDate"];
const HOURS: [&str; 2] = ["estimatedHours", "actualHours"];

/// The decoded pairs of a form, in their order.
struct Form(Vec<(String, String)>);

/// Serves `POST /api/v2/issues`.
pub(super) async fn create(State(backlog): State<Arc<Backlog>>, headers: HeaderMap, body: Bytes) -> Response {
    let form = if is_form(&headers) {
        Form::decoded(&body)
    } else {
        // Backlog reads no other body, so every parameter is missing.
        Form(Vec::new())
    };
    let problems = form.problems();
    if !problems.is_empty() {
        let hint = format!("Parameters are read from a body of {FORM}.");
        return error::answer_all(StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest, &problems, &hint);
    }
    let Some((project, id, key_id)) = backlog.number_issue(form.text("projectId")) else {
        return error::answer(StatusCode::NOT_FOUND, ErrorCode::NoResource, "No project.");
    };
    let issue_key = format!("{}-{key_id}", project.project_key);
    let location = format!("{}/view/{issue_key}", backlog.base_url);
    let issue = form.issue(&project, id, key_id);
    (StatusCode::CREATED, [(header::LOCATION, location)], Json(issue)).into_response()
}

impl Backlog {
    fn number_issue(&self, project_id: &str) -> Option<(Project, u64, u64)> {
        let mut space = self.space();
        let id = integer(project_id)?;
        let project = space.projects.iter().find(|known| known.id == id)?.clone();
        space.n_issues += 1;
        let n_issues = space.n_issues;
        let key_id = space.last_key_ids.entry(project.id).or_default();
        *key_id += 1;
        Some((project, n_issues, *key_id))
    }
}

impl Form {
    fn decoded(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    fn text(&self, wanted: &str) -> &str {
        self.0.iter().find(|(name, _)| name == wanted).map_or("", |(_, value)| value)
    }

    fn number(&self, name: &str) -> u64 {
        integer(self.text(name)).unwrap_or_default()
    }

    fn problems(&self) -> Vec<String> {
        let missing = REQUIRED.iter().filter(|name| self.text(name).trim().is_empty()).map(|name| {
            if INTEGERS.contains(name) {
                format!("{name} is required and must be an integer.")
            } else {
                format!("{name} is required.")
            }
        });
        let malformed = self
            .0
            .iter()
            .filter(|(name, value)| !(value.is_empty() && REQUIRED.contains(&name.as_str())))
            .filter_map(|(name, value)| malformation(name, value));
        missing.chain(malformed).collect()
    }

    fn issue(&self, project: &Project, id: u64, key_id: u64) -> Value {
        let priority_id = self.number("priorityId");
        let now = clock::iso_8601(clock::now_seconds());
        json!({
            "id": id,
            "projectId": project.id,
            "issueKey": format!("{}-{key_id}", project.project_key),
            "keyId": key_id,
            "issueType": {"id": self.number("issueTypeId"), "projectId": project.id},
            "summary": self.text("summary"),
            "description": self.text("description"),
            "resolution": null,
            "priority": {"id": priority_id, "name": priority_name(priority_id)},
            "status": {"id": 1, "projectId": project.id, "name": "未対応"},
            "assignee": null,
            "createdUser": account::user(),
            "created": now,
            "updatedUser": account::user(),
            "updated": now,
        })
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .and_then(|kind| kind.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case(FORM))
}

fn malformation(name: &str, value: &str) -> Option<String> {
    if INTEGERS.contains(&name) && integer(value).is_none() {
        return Some(format!("{name} must be an integer."));
    }
    if name == "priorityId" && priority_name(integer(value)?).is_none() {
        return Some("priorityId must be 2, 3 or 4.".to_owned());
    }
    if DATES.contains(&name) && !is_date(value) {
        return Some(format!("{name} must be written as yyyy-MM-dd."));
    }
    let is_hours = |hours: f64| hours.is_finite() && hours >= 0.0;
    if HOURS.contains(&name) && !value.parse().is_ok_and(is_hours) {
        return Some(format!("{name} must be a number."));
    }
    None
}

fn priority_name(id: u64) -> Option<&'static str> {
    PRIORITIES.iter().find(|(known, _)| *known == id).map(|(_, name)| *name)
}

// Only the form is checked, not the calendar.
fn is_date(value: &str) -> bool {
    value.len() == 10
        && value.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}
