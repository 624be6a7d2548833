//! Comments of an issue, and the log of its changes.

use super::{Space, account};
use crate::clock;
use serde_json::{Value, json};

/// A comment, a change, or both.
#[derive(Clone)]
pub(super) struct Comment {
    pub(super) id: u64,
    pub(super) content: Option<String>,
    changes: Vec<Value>,
    notified: Vec<u64>,
    created: u64,
    updated: u64,
}

impl Space {
    /// Adds a comment to an issue, the log of a change, or both.
    pub(super) fn add_comment(
        &mut self,
        issue_id: u64,
        content: Option<&str>,
        changes: Vec<Value>,
        notified: Vec<u64>,
    ) -> Option<Comment> {
        self.n_comments += 1;
        let now = clock::now_seconds();
        let content = content.map(str::to_owned);
        let comment = Comment { id: self.n_comments, content, changes, notified, created: now, updated: now };
        let issue = self.issues.iter_mut().find(|issue| issue.id == issue_id)?;
        issue.comments.push(comment.clone());
        issue.updated = now;
        Some(comment)
    }

    /// Gives a comment of an issue another text; the log of a change has none that could be changed.
    pub(super) fn change_comment(&mut self, issue_id: u64, id: u64, content: &str) -> Option<Comment> {
        let issue = self.issues.iter_mut().find(|issue| issue.id == issue_id)?;
        let comment = issue.comments.iter_mut().find(|comment| comment.id == id && comment.content.is_some())?;
        comment.content = Some(content.to_owned());
        comment.updated = clock::now_seconds();
        Some(comment.clone())
    }

    /// Takes a comment of an issue away.
    pub(super) fn remove_comment(&mut self, issue_id: u64, id: u64) -> Option<Comment> {
        let issue = self.issues.iter_mut().find(|issue| issue.id == issue_id)?;
        let place = issue.comments.iter().position(|comment| comment.id == id && comment.content.is_some())?;
        Some(issue.comments.remove(place))
    }
}

impl Comment {
    /// Shows the comment as Backlog does, with the ids of its project and its issue.
    pub(super) fn shown(&self, project_id: u64, issue_id: u64) -> Value {
        json!({
            "id": self.id,
            "projectId": project_id,
            "issueId": issue_id,
            "content": self.content,
            "changeLog": self.changes,
            "createdUser": account::user(),
            "created": clock::iso_8601(self.created),
            "updated": clock::iso_8601(self.updated),
            "stars": [],
            "notifications": account::notified(&self.notified),
        })
    }
}
