//! A stored issue with its comments, and the form in which Backlog shows it.

use serde_json::{Value, json};

use super::file::Project;
use super::form::{Form, Problems};
use super::{Space, account, integer, vocabulary};
use crate::clock;

/// The fields that a form can set and change, with the names that change logs use for them.
const FIELDS: [(&str, &str); 11] = [
    ("summary", "summary"),
    ("description", "description"),
    ("issueTypeId", "issueType"),
    ("priorityId", "priority"),
    ("statusId", "status"),
    ("resolutionId", "resolution"),
    ("assigneeId", "assigner"),
    ("startDate", "startDate"),
    ("dueDate", "limitDate"),
    ("estimatedHours", "estimatedHours"),
    ("actualHours", "actualHours"),
];

/// The only field here that takes several values.
const MILESTONES: &str = "milestoneId[]";

/// One issue of a project.
#[derive(Clone)]
pub(super) struct Issue {
    pub(super) id: u64,
    pub(super) key_id: u64,
    pub(super) project: Project,
    /// The place of the project among all projects, which decides its issue types.
    place: u64,
    /// The values as a form sends them, in the order of the fields.
    values: [String; FIELDS.len()],
    milestones: Vec<u64>,
    pub(super) created: u64,
    pub(super) updated: u64,
    pub(super) comments: Vec<Comment>,
}

/// A comment, a change, or both.
#[derive(Clone)]
pub(super) struct Comment {
    pub(super) id: u64,
    pub(super) content: Option<String>,
    changes: Vec<Value>,
    created: u64,
}

impl Space {
    /// Stores a new issue, whose form was checked; the next number of its project becomes its own.
    pub(super) fn add_issue(&mut self, project: Project, place: u64, form: &Form) -> Result<Issue, Problems> {
        let now = clock::now_seconds();
        let mut values: [String; FIELDS.len()] = FIELDS.map(|(name, _)| form.text(name).to_owned());
        for ((name, _), value) in FIELDS.iter().zip(&mut values) {
            match *name {
                "statusId" => *value = "1".to_owned(),
                "resolutionId" => value.clear(),
                _ => {}
            }
        }
        check_place(&project, place, form)?;
        let milestones = form.numbers(MILESTONES);
        let key_id = self.last_key_ids.entry(project.id).or_default();
        *key_id += 1;
        let key_id = *key_id;
        let id = self.issues.len() as u64 + 1;
        let (created, updated, comments) = (now, now, Vec::new());
        let issue = Issue { id, key_id, project, place, values, milestones, created, updated, comments };
        self.issues.push(issue.clone());
        Ok(issue)
    }

    /// Finds an issue by its number in the space or by its key.
    pub(super) fn issue(&self, id_or_key: &str) -> Option<&Issue> {
        let id = integer(id_or_key);
        self.issues.iter().find(|issue| id == Some(issue.id) || issue.key() == id_or_key)
    }

    /// Adds a comment to an issue that is there.
    pub(super) fn comment(&mut self, id: u64, content: &str) -> Option<Comment> {
        self.add_comment(id, Some(content), Vec::new())
    }

    /// Changes an issue that is there as a checked form says, or says why nothing would change.
    pub(super) fn change_issue(&mut self, id: u64, form: &Form) -> Result<(), Problems> {
        let Some(issue) = self.issues.iter_mut().find(|issue| issue.id == id) else { return Ok(()) };
        check_place(&issue.project, issue.place, form)?;
        let changes = issue.change(form);
        let comment = Some(form.text("comment")).filter(|comment| !comment.trim().is_empty());
        if changes.is_empty() && comment.is_none() {
            return Err(Problems::one("Nothing changes: give a new value or a comment."));
        }
        self.add_comment(id, comment, changes);
        Ok(())
    }

    fn add_comment(&mut self, id: u64, content: Option<&str>, changes: Vec<Value>) -> Option<Comment> {
        self.n_comments += 1;
        let now = clock::now_seconds();
        let comment = Comment { id: self.n_comments, content: content.map(str::to_owned), changes, created: now };
        let issue = self.issues.iter_mut().find(|issue| issue.id == id)?;
        issue.comments.push(comment.clone());
        issue.updated = now;
        Some(comment)
    }
}

impl Issue {
    /// Returns the key, for example `SUB-1`.
    pub(super) fn key(&self) -> String {
        format!("{}-{}", self.project.project_key, self.key_id)
    }

    /// Returns a field by the name of its parameter, as a form would send it.
    pub(super) fn value(&self, wanted: &str) -> &str {
        FIELDS.iter().zip(&self.values).find(|((name, _), _)| *name == wanted).map_or("", |(_, value)| value)
    }

    /// Shows the issue as Backlog does.
    pub(super) fn shown(&self) -> Value {
        let text = |name| Some(self.value(name)).filter(|value| !value.is_empty());
        let id = |name| integer(self.value(name)).unwrap_or_default();
        let named = |id: u64, name: Option<&str>| json!({"id": id, "name": name});
        let date = |name| text(name).map(|date| format!("{date}T00:00:00Z"));
        let hours = |name| text(name).and_then(|hours| hours.parse::<f64>().ok());
        let kind = vocabulary::issue_types_of(self.project.id, self.place);
        let kind = kind.into_iter().find(|kind| kind["id"] == id("issueTypeId"));
        let mut milestones = vocabulary::milestones_of(self.project.id, self.place);
        milestones.retain(|milestone| self.milestones.iter().any(|id| milestone["id"] == *id));
        json!({
            "id": self.id,
            "projectId": self.project.id,
            "issueKey": self.key(),
            "keyId": self.key_id,
            "issueType": kind,
            "summary": self.value("summary"),
            "description": self.value("description"),
            "resolution": text("resolutionId").and_then(integer).map(|id| named(id, vocabulary::resolution(id))),
            "priority": named(id("priorityId"), vocabulary::priority(id("priorityId"))),
            "status": vocabulary::status_of(self.project.id, id("statusId")),
            "assignee": text("assigneeId").and_then(integer).and_then(account::member),
            "category": [],
            "versions": [],
            "milestone": milestones,
            "startDate": date("startDate"),
            "dueDate": date("dueDate"),
            "estimatedHours": hours("estimatedHours"),
            "actualHours": hours("actualHours"),
            "parentIssueId": null,
            "createdUser": account::user(),
            "created": clock::iso_8601(self.created),
            "updatedUser": account::user(),
            "updated": clock::iso_8601(self.updated),
            "customFields": [],
            "attachments": [],
            "sharedFiles": [],
            "stars": [],
        })
    }

    /// Shows one of the comments as Backlog does.
    pub(super) fn shown_comment(&self, comment: &Comment) -> Value {
        json!({
            "id": comment.id,
            "projectId": self.project.id,
            "issueId": self.id,
            "content": comment.content,
            "changeLog": comment.changes,
            "createdUser": account::user(),
            "created": clock::iso_8601(comment.created),
            "updated": clock::iso_8601(comment.created),
            "stars": [],
            "notifications": [],
        })
    }

    /// Shows the issue with its comments, the oldest first.
    pub(super) fn shown_in_full(&self) -> Value {
        let mut shown = self.shown();
        shown["comments"] = self.comments.iter().map(|comment| self.shown_comment(comment)).collect();
        shown
    }

    /// Takes over what a form changes, and returns the log of it.
    fn change(&mut self, form: &Form) -> Vec<Value> {
        let mut changes = Vec::new();
        for (place, (name, field)) in FIELDS.iter().enumerate() {
            let Some(next) = form.sent(name).filter(|next| *next != self.values[place]) else { continue };
            let (old, new) = (self.readable(name, &self.values[place]), self.readable(name, next));
            changes.push(json!({"field": field, "newValue": new, "originalValue": old}));
            self.values[place] = next.to_owned();
        }
        let milestones = form.numbers(MILESTONES);
        if form.sent(MILESTONES).is_some() && milestones != self.milestones {
            let names = |ids: &[u64]| -> String {
                let names = ids.iter().filter_map(|id| vocabulary::milestone(self.place, *id));
                names.collect::<Vec<_>>().join(", ")
            };
            let (old, new) = (names(&self.milestones), names(&milestones));
            changes.push(json!({"field": "milestone", "newValue": new, "originalValue": old}));
            self.milestones = milestones;
        }
        changes
    }

    // A change log says names where the form says ids.
    fn readable(&self, name: &str, value: &str) -> Option<String> {
        let id = integer(value);
        let word = match name {
            "statusId" => id.and_then(vocabulary::status),
            "priorityId" => id.and_then(vocabulary::priority),
            "resolutionId" => id.and_then(vocabulary::resolution),
            "issueTypeId" => id.and_then(|id| vocabulary::issue_type(self.place, id)),
            "assigneeId" => return id.and_then(account::member)?["name"].as_str().map(str::to_owned),
            _ => Some(value).filter(|value| !value.is_empty()),
        };
        word.map(str::to_owned)
    }
}

/// Demands that what belongs to a project, or is a member of it, is one of its own.
fn check_place(project: &Project, place: u64, form: &Form) -> Result<(), Problems> {
    let unknown = |name: &str, id: u64, what: &str| {
        Err(Problems::one(format!("{name} {id} is not {what} of project {}.", project.project_key)))
    };
    if let Some(id) = form.number("issueTypeId").filter(|id| vocabulary::issue_type(place, *id).is_none()) {
        return unknown("issueTypeId", id, "an issue type");
    }
    if let Some(id) = form.number("assigneeId").filter(|id| account::member(*id).is_none()) {
        return unknown("assigneeId", id, "a member");
    }
    match form.numbers(MILESTONES).into_iter().find(|id| vocabulary::milestone(place, *id).is_none()) {
        Some(id) => unknown(MILESTONES, id, "a milestone"),
        None => Ok(()),
    }
}
