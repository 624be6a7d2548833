//! A stored issue with its comments: how it comes to be and how it changes.

use super::comment::Comment;
use super::custom_field::{self, Values};
use super::file::Project;
use super::form::Form;
use super::problems::Problems;
use super::{Space, integer, user, vocabulary};
use crate::clock;
use serde_json::{Value, json};

/// The fields that a form can set and change, with the names that change logs use for them.
const FIELDS: [(&str, &str); 12] = [
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
    ("parentIssueId", "parentIssue"),
];

/// The fields that take several values, with the names that change logs use for them.
pub(super) const LISTS: [(&str, &str); 3] =
    [("categoryId[]", "component"), ("versionId[]", "version"), ("milestoneId[]", "milestone")];

/// One issue of a project.
#[derive(Clone)]
pub(super) struct Issue {
    pub(super) id: u64,
    pub(super) key_id: u64,
    pub(super) project: Project,
    /// The place of the project among all projects, which decides its issue types.
    pub(super) place: u64,
    /// The values as a form sends them, in the order of the fields.
    values: [String; FIELDS.len()],
    /// Numbers in the order of the lists.
    lists: [Vec<u64>; LISTS.len()],
    pub(super) custom: Values,
    /// Who was notified of the issue when it was created.
    pub(super) notified: Vec<u64>,
    pub(super) created: u64,
    pub(super) updated: u64,
    pub(super) comments: Vec<Comment>,
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
        self.check_place(&project, place, None, form)?;
        let issue_type = form.number("issueTypeId").unwrap_or_default();
        let fields = self.custom_fields(&project);
        let custom = custom_field::merged(&fields, issue_type, &Values::new(), &form.custom_fields())?;
        let key_id = self.last_key_ids.entry(project.id).or_default();
        *key_id += 1;
        let key_id = *key_id;
        self.n_issues += 1;
        let issue = Issue {
            id: self.n_issues,
            key_id,
            project,
            place,
            values,
            lists: LISTS.map(|(name, _)| form.numbers(name)),
            custom,
            notified: form.numbers("notifiedUserId[]"),
            created: now,
            updated: now,
            comments: Vec::new(),
        };
        self.issues.push(issue.clone());
        Ok(issue)
    }

    /// Finds an issue by its number in the space or by its key.
    pub(super) fn issue(&self, id_or_key: &str) -> Option<&Issue> {
        let id = integer(id_or_key);
        self.issues.iter().find(|issue| id == Some(issue.id) || issue.key() == id_or_key)
    }

    /// Takes an issue away; its number is not given again.
    pub(super) fn remove_issue(&mut self, id: u64) -> Option<Issue> {
        let place = self.issues.iter().position(|issue| issue.id == id)?;
        Some(self.issues.remove(place))
    }

    /// Changes an issue that is there as a checked form says, or says why nothing would change.
    pub(super) fn change_issue(&mut self, id: u64, form: &Form) -> Result<(), Problems> {
        let Some(issue) = self.issues.iter().find(|issue| issue.id == id) else { return Ok(()) };
        self.check_place(&issue.project, issue.place, Some(id), form)?;
        let issue_type = form.number("issueTypeId").or(integer(issue.value("issueTypeId"))).unwrap_or_default();
        let fields = self.custom_fields(&issue.project);
        let sent = form.custom_fields();
        let custom = match sent.is_empty() {
            true => issue.custom.clone(),
            false => custom_field::merged(&fields, issue_type, &issue.custom, &sent)?,
        };
        let custom_changes: Vec<Value> = fields
            .iter()
            .filter(|field| custom.get(&field.id) != issue.custom.get(&field.id))
            .map(|field| {
                let written = |values: &Values| values.get(&field.id).map(|values| values.join(", "));
                json!({"field": field.name, "newValue": written(&custom), "originalValue": written(&issue.custom)})
            })
            .collect();
        let Some(issue) = self.issues.iter_mut().find(|issue| issue.id == id) else { return Ok(()) };
        let mut changes = issue.change(form);
        changes.extend(custom_changes);
        issue.custom = custom;
        let comment = Some(form.text("comment")).filter(|comment| !comment.trim().is_empty());
        if changes.is_empty() && comment.is_none() {
            return Err(Problems::one("Nothing changes: give a new value or a comment."));
        }
        self.add_comment(id, comment, changes, form.numbers("notifiedUserId[]"));
        Ok(())
    }

    /// Demands that what belongs to a project, or is a member of it, is one of its own.
    pub(super) fn check_place(
        &self,
        project: &Project,
        place: u64,
        issue: Option<u64>,
        form: &Form,
    ) -> Result<(), Problems> {
        let unknown = |name: &str, id: u64, what: &str| {
            Err(Problems::one(format!("{name} {id} is not {what} of project {}.", project.project_key)))
        };
        if let Some(id) = form.number("issueTypeId").filter(|id| vocabulary::issue_type(place, *id).is_none()) {
            return unknown("issueTypeId", id, "an issue type");
        }
        if let Some(id) = form.number("assigneeId").filter(|id| user::member(*id).is_none()) {
            return unknown("assigneeId", id, "a member");
        }
        for (name, known, what) in [
            ("categoryId[]", vocabulary::category as fn(u64, u64) -> Option<&'static str>, "a category"),
            ("versionId[]", vocabulary::milestone, "a version"),
            ("milestoneId[]", vocabulary::milestone, "a milestone"),
        ] {
            if let Some(id) = form.numbers(name).into_iter().find(|id| known(place, *id).is_none()) {
                return unknown(name, id, what);
            }
        }
        if let Some(id) = form.numbers("notifiedUserId[]").into_iter().find(|id| user::member(*id).is_none()) {
            return unknown("notifiedUserId[]", id, "a member");
        }
        // Nothing can be uploaded here, so that no number is one.
        if let Some(id) = form.numbers("attachmentId[]").first() {
            return Err(Problems::one(format!("attachmentId[] {id} is not an attachment that was uploaded.")));
        }
        self.check_parent(project, issue, form)
    }

    /// A child has one parent, which is no child itself. Source: Backlog help, "Subtasking".
    fn check_parent(&self, project: &Project, issue: Option<u64>, form: &Form) -> Result<(), Problems> {
        let Some(id) = form.number("parentIssueId") else { return Ok(()) };
        let parent = self.issues.iter().find(|other| other.id == id && other.project == *project);
        let can_be = parent.is_some_and(|parent| parent.value("parentIssueId").is_empty() && issue != Some(id));
        let has_children = issue.is_some_and(|issue| self.has_children(issue));
        if can_be && !has_children {
            return Ok(());
        }
        Err(Problems::one(format!(
            "parentIssueId {id} is not an issue of project {} that can be a parent.",
            project.project_key
        )))
    }

    /// Whether an issue has others below it.
    pub(super) fn has_children(&self, id: u64) -> bool {
        let id = id.to_string();
        self.issues.iter().any(|other| other.value("parentIssueId") == id)
    }
}

impl Issue {
    /// Shows one of its comments as Backlog does.
    pub(super) fn shown_comment(&self, comment: &Comment) -> Value {
        comment.shown(self.project.id, self.id)
    }

    /// Returns the key, for example `SUB-1`.
    pub(super) fn key(&self) -> String {
        format!("{}-{}", self.project.project_key, self.key_id)
    }

    /// Returns a field by the name of its parameter, as a form would send it.
    pub(super) fn value(&self, wanted: &str) -> &str {
        FIELDS.iter().zip(&self.values).find(|((name, _), _)| *name == wanted).map_or("", |(_, value)| value)
    }

    /// Returns the numbers of a field that takes several, by the name of its parameter.
    pub(super) fn numbers(&self, wanted: &str) -> &[u64] {
        LISTS.iter().zip(&self.lists).find(|((name, _), _)| *name == wanted).map_or(&[], |(_, numbers)| numbers)
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
        for (place, (name, field)) in LISTS.iter().enumerate() {
            let next = form.numbers(name);
            if form.sent(name).is_none() || next == self.lists[place] {
                continue;
            }
            let known = if *name == "categoryId[]" { vocabulary::category } else { vocabulary::milestone };
            let names = |ids: &[u64]| -> String {
                ids.iter().filter_map(|id| known(self.place, *id)).collect::<Vec<_>>().join(", ")
            };
            changes.push(json!({"field": field, "newValue": names(&next), "originalValue": names(&self.lists[place])}));
            self.lists[place] = next;
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
            "assigneeId" => return id.and_then(user::member)?["name"].as_str().map(str::to_owned),
            _ => Some(value).filter(|value| !value.is_empty()),
        };
        word.map(str::to_owned)
    }
}
