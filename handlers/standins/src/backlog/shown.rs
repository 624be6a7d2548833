//! The form in which Backlog shows an issue.

use super::issue::Issue;
use super::{Space, integer, user, vocabulary};
use crate::clock;
use serde_json::{Value, json};

impl Space {
    /// Shows an issue as Backlog does.
    pub(super) fn shown(&self, issue: &Issue) -> Value {
        let text = |name| Some(issue.value(name)).filter(|value| !value.is_empty());
        let id = |name| integer(issue.value(name)).unwrap_or_default();
        let named = |id: u64, name: Option<&str>| json!({"id": id, "name": name});
        let date = |name| text(name).map(|date| format!("{date}T00:00:00Z"));
        let hours = |name| text(name).and_then(|hours| hours.parse::<f64>().ok());
        let chosen = |all: Vec<Value>, name: &str| -> Vec<Value> {
            all.into_iter().filter(|one| issue.numbers(name).iter().any(|id| one["id"] == *id)).collect()
        };
        let (project_id, place) = (issue.project.id, issue.place);
        let kind =
            vocabulary::issue_types_of(project_id, place).into_iter().find(|kind| kind["id"] == id("issueTypeId"));
        let fields = self.custom_fields(&issue.project);
        let custom: Vec<Value> = fields
            .iter()
            .filter(|field| field.applies_to(id("issueTypeId")))
            .map(|field| field.shown(issue.custom.get(&field.id).map(Vec::as_slice).unwrap_or_default()))
            .collect();
        json!({
            "id": issue.id,
            "projectId": project_id,
            "issueKey": issue.key(),
            "keyId": issue.key_id,
            "issueType": kind,
            "summary": issue.value("summary"),
            "description": issue.value("description"),
            "resolution": text("resolutionId").and_then(integer).map(|id| named(id, vocabulary::resolution(id))),
            "priority": named(id("priorityId"), vocabulary::priority(id("priorityId"))),
            "status": vocabulary::status_of(project_id, id("statusId")),
            "assignee": text("assigneeId").and_then(integer).and_then(user::member),
            "category": chosen(vocabulary::categories_of(project_id, place), "categoryId[]"),
            "versions": chosen(vocabulary::milestones_of(project_id, place), "versionId[]"),
            "milestone": chosen(vocabulary::milestones_of(project_id, place), "milestoneId[]"),
            "startDate": date("startDate"),
            "dueDate": date("dueDate"),
            "estimatedHours": hours("estimatedHours"),
            "actualHours": hours("actualHours"),
            "parentIssueId": text("parentIssueId").and_then(integer),
            "createdUser": user::user(),
            "created": clock::iso_8601(issue.created),
            "updatedUser": user::user(),
            "updated": clock::iso_8601(issue.updated),
            "customFields": custom,
            "attachments": [],
            "sharedFiles": [],
            "stars": [],
        })
    }

    /// Shows an issue with its comments, the oldest first, and who was notified of it.
    pub(super) fn shown_in_full(&self, issue: &Issue) -> Value {
        let mut shown = self.shown(issue);
        shown["comments"] = issue.comments.iter().map(|comment| issue.shown_comment(comment)).collect();
        shown["notifications"] = user::notified(&issue.notified);
        shown
    }
}
