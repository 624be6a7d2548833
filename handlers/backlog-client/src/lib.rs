//! The calls of Backlog's API that handlers make about issues, and how Backlog refuses any call.

mod answer;
mod call;
mod markup;
mod refusal;
mod text;

pub use call::key_header;
pub use markup::Markup;
pub use refusal::{Refusal, forbidden, rate_limit, refused_key, shows_key, unreachable};
pub use text::{SUMMARY_LIMIT, shorten_line, shorten_summary, shorten_text};

use answer::Answer;
use contracts::Origin;
use contracts::backlog::{BacklogApiKey, CustomFields, IssueTypeId, MilestoneId, PriorityId, ProjectId, UserId};
use refusal::without_effect;
use runtime::{Abandoned, Failure, Secret};
use serde::Deserialize;
use web::Client;

/// The name of this SaaS in a cause.
pub const BACKLOG: &str = "Backlog";
/// The status "closed", which every project has under this number.
///
/// Source: backlog.com, "changes of the API for added statuses": the four standard ones keep 1 to 4.
const CLOSED: u64 = 4;
/// How many issues one answer holds at most. Source: developer.nulab.com, "Get Issue List".
const LONGEST_LIST: &str = "100";

/// The issues of a space, and the key that opens them.
///
/// Every failure is without secrets. One that may pass (`Failure::Retry`) says nothing about
/// whether a call that writes had its effect: before an issue is created again, it must be looked
/// for with [`Issues::find_by_line`].
pub struct Issues<'a> {
    origin: &'a Origin,
    key: &'a Secret<BacklogApiKey>,
    client: Client,
}

/// An issue that is to be; texts that are longer than Backlog takes are cut.
#[derive(Clone, Debug)]
pub struct NewIssue<'a> {
    /// Project of the issue.
    pub project: ProjectId,
    /// Type of the issue; one of its project.
    pub issue_type: IssueTypeId,
    /// Priority of the issue.
    pub priority: PriorityId,
    /// Whose it is; a member of the project.
    pub assignee: Option<UserId>,
    /// Milestone of the issue; one of its project.
    pub milestone: Option<MilestoneId>,
    /// Values of its custom fields; of fields of its project.
    pub custom_fields: &'a CustomFields,
    /// What it is about, in one line.
    pub summary: &'a str,
    /// All there is to say, with the marker as a line of its own.
    pub description: &'a str,
    /// The line by which it can be found, which stays whatever is cut.
    pub marker: &'a str,
}

/// An issue that is there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Issue {
    /// Number of the issue in its space.
    pub id: u64,
    /// Key of the issue, such as `SUB-1`.
    #[serde(rename = "issueKey")]
    pub key: String,
}

/// The result of a change to an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Change {
    /// It is made.
    Made,
    /// Backlog has no such issue: a person deleted it.
    NoIssue,
}

/// An issue of a list, as far as it is compared.
#[derive(Deserialize)]
struct Listed {
    #[serde(flatten)]
    issue: Issue,
    #[serde(default)]
    description: Option<String>,
}

/// A comment, or the log of a change, which may have no text.
#[derive(Deserialize)]
struct Commented {
    #[serde(rename = "id")]
    _id: u64,
    #[serde(default)]
    content: Option<String>,
}

/// An issue, as far as its status goes.
#[derive(Deserialize)]
struct WithStatus {
    status: Status,
}

#[derive(Deserialize)]
struct Status {
    id: u64,
}

impl<'a> Issues<'a> {
    /// The issues of the space at this address.
    ///
    /// Fails if the system has no usable certificates.
    pub fn new(origin: &'a Origin, key: &'a Secret<BacklogApiKey>) -> Result<Self, Failure> {
        Ok(Self { origin, key, client: web::client()? })
    }

    /// Creates an issue; a failure says whether the issue may exist nevertheless.
    ///
    /// Source: developer.nulab.com, "Add Issue".
    pub async fn create(&self, new: NewIssue<'_>) -> Result<Issue, Abandoned> {
        let [project, issue_type, priority] =
            [new.project.number(), new.issue_type.number(), new.priority.number()].map(|number| number.to_string());
        let assignee = new.assignee.map(|user| user.number().to_string());
        let milestone = new.milestone.map(|milestone| milestone.number().to_string());
        let summary = shorten_summary(new.summary);
        let description = text::shorten_around(new.description, new.marker);
        let mut form = vec![
            ("projectId", project.as_str()),
            ("issueTypeId", &issue_type),
            ("priorityId", &priority),
            ("summary", &summary),
            ("description", &description),
        ];
        // What is not wanted is left out: an empty value is no number, which Backlog refuses.
        form.extend(assignee.as_deref().map(|number| ("assigneeId", number)));
        form.extend(milestone.as_deref().map(|number| ("milestoneId[]", number)));
        form.extend(new.custom_fields.parameters());
        match self.post(&["issues"], &form).await? {
            Answer::Good(body) => Ok(body.read("the issue that it created")?),
            // Nothing is named in the path, so it speaks of the project.
            Answer::Nothing(said) | Answer::Wrong(said) => Err(without_effect(said.permanent())),
        }
    }

    /// The newest issue of a project whose description has exactly this line.
    ///
    /// A line of its own is demanded because the search is loose, and because an address or an id
    /// may be the beginning of another one, or be quoted by a person.
    pub async fn find_by_line(&self, project: ProjectId, line: &str) -> Result<Option<Issue>, Failure> {
        if let Some(issue) = self.find(project, line, Some(line)).await? {
            return Ok(Some(issue));
        }
        // Nothing promises that the search has a new issue at once, or how it takes an address apart.
        self.find(project, line, None).await
    }

    /// Adds a comment to an issue.
    ///
    /// Source: developer.nulab.com, "Add Comment".
    pub async fn comment(&self, issue_key: &str, comment: &str) -> Result<Change, Failure> {
        let content = text::shorten(comment);
        self.post(&["issues", issue_key, "comments"], &[("content", &content)]).await?.change()
    }

    /// Whether the newest comments of an issue hold this one; an issue that is not there has none.
    ///
    /// For when it is not known whether a comment took effect.
    /// Source: developer.nulab.com, "Get Comment List".
    pub async fn has_comment(&self, issue_key: &str, comment: &str) -> Result<bool, Failure> {
        let query = [("order", "desc"), ("count", LONGEST_LIST)];
        let comments: Vec<Commented> = match self.get(&["issues", issue_key, "comments"], &query).await? {
            Answer::Good(body) => body.read("a list of comments")?,
            Answer::Nothing(_) => return Ok(false),
            Answer::Wrong(said) => return Err(said.permanent()),
        };
        let sent = text::shorten(comment);
        let is_it = |other: &Commented| {
            let other = other.content.as_deref().unwrap_or_default();
            other.trim().lines().map(str::trim_end).eq(sent.trim().lines().map(str::trim_end))
        };
        Ok(comments.iter().any(is_it))
    }

    /// Closes an issue with a comment; one that is closed already gets the comment alone.
    ///
    /// Source: developer.nulab.com, "Update Issue".
    pub async fn close(&self, issue_key: &str, comment: &str) -> Result<Change, Failure> {
        let shortened = text::shorten(comment);
        let form = [("statusId", &*CLOSED.to_string()), ("comment", &shortened)];
        match self.patch(&["issues", issue_key], &form).await? {
            Answer::Wrong(said) if said.status() == 400 => match self.is_closed(issue_key).await? {
                Some(true) => self.comment(issue_key, comment).await,
                Some(false) => Err(said.permanent()),
                None => Ok(Change::NoIssue),
            },
            answer => answer.change(),
        }
    }

    /// The newest issue with this line among those that a search yields, or among the newest.
    async fn find(&self, project: ProjectId, line: &str, keyword: Option<&str>) -> Result<Option<Issue>, Failure> {
        let project = project.number().to_string();
        let mut query =
            vec![("projectId[]", project.as_str()), ("sort", "created"), ("order", "desc"), ("count", LONGEST_LIST)];
        query.extend(keyword.map(|keyword| ("keyword", keyword)));
        let found: Vec<Listed> = match self.get(&["issues"], &query).await? {
            Answer::Good(body) => body.read("a list of issues")?,
            Answer::Nothing(said) | Answer::Wrong(said) => return Err(said.permanent()),
        };
        let has_line = |listed: &Listed| {
            let description = listed.description.as_deref().unwrap_or_default();
            description.lines().any(|other| other.trim() == line.trim())
        };
        Ok(found.into_iter().find(has_line).map(|listed| listed.issue))
    }

    /// Whether an issue is closed; `None` if it is not there.
    async fn is_closed(&self, issue_key: &str) -> Result<Option<bool>, Failure> {
        match self.get(&["issues", issue_key], &[]).await? {
            Answer::Good(body) => {
                let issue: WithStatus = body.read("the issue")?;
                Ok(Some(issue.status.id == CLOSED))
            }
            Answer::Nothing(_) => Ok(None),
            Answer::Wrong(said) => Err(said.permanent()),
        }
    }
}

#[cfg(test)]
mod tests;
