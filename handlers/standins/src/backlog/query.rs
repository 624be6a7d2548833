//! The query of a list: which entries, in which order, how many of them.

use super::comment::Comment;
use super::issue::Issue;
use super::problems::Problems;
use super::{Space, USER_ID, date, integer};
use crate::clock;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};

const DEFAULT_COUNT: u64 = 20;
const HIGHEST_COUNT: u64 = 100;
const KEY: &str = "apiKey";
const SORTS: [&str; 19] = [
    "issueType",
    "category",
    "version",
    "milestone",
    "summary",
    "status",
    "priority",
    "attachment",
    "sharedFile",
    "created",
    "createdUser",
    "updated",
    "updatedUser",
    "assignee",
    "startDate",
    "dueDate",
    "estimatedHours",
    "actualHours",
    "childIssue",
];

/// Whether an issue has a number in some field.
type Has = fn(&Issue, u64) -> bool;
/// The filters by number: an issue passes if it has one of those that are asked for.
const NUMBERS: [(&str, Has); 12] = [
    ("projectId[]", |issue, id| issue.project.id == id),
    ("id[]", |issue, id| issue.id == id),
    ("issueTypeId[]", |issue, id| integer(issue.value("issueTypeId")) == Some(id)),
    ("priorityId[]", |issue, id| integer(issue.value("priorityId")) == Some(id)),
    ("statusId[]", |issue, id| integer(issue.value("statusId")) == Some(id)),
    ("resolutionId[]", |issue, id| integer(issue.value("resolutionId")) == Some(id)),
    ("assigneeId[]", |issue, id| integer(issue.value("assigneeId")) == Some(id)),
    ("createdUserId[]", |_, id| id == USER_ID),
    ("parentIssueId[]", |issue, id| integer(issue.value("parentIssueId")) == Some(id)),
    ("categoryId[]", |issue, id| issue.numbers("categoryId[]").contains(&id)),
    ("versionId[]", |issue, id| issue.numbers("versionId[]").contains(&id)),
    ("milestoneId[]", |issue, id| issue.numbers("milestoneId[]").contains(&id)),
];

/// The day of an issue that a filter compares, written as yyyy-MM-dd.
type Day = fn(&Issue) -> String;
/// The filters by day, which `Since` and `Until` follow; both days are included.
const DAYS: [(&str, Day); 4] = [
    ("created", |issue| clock::iso_8601(issue.created)[..10].to_owned()),
    ("updated", |issue| clock::iso_8601(issue.updated)[..10].to_owned()),
    ("startDate", |issue| issue.value("startDate").to_owned()),
    ("dueDate", |issue| issue.value("dueDate").to_owned()),
];
const OTHERS: [&str; 9] =
    ["keyword", "parentChild", "attachment", "sharedFile", "hasDueDate", "sort", "order", "offset", "count"];

/// The decoded pairs of a query, in their order and without the key.
pub(super) struct Query(Vec<(String, String)>);

/// The query of a call that takes no parameter but the key.
pub(super) struct NoParameters;

#[axum::async_trait]
impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let pairs = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
        // A key in another spelling is still a key, and no name of a parameter.
        let others = pairs.into_owned().filter(|(name, _)| !name.eq_ignore_ascii_case(KEY));
        Ok(Self(others.map(|(name, value)| (listed(name), value)).collect()))
    }
}

#[axum::async_trait]
impl<S: Send + Sync> FromRequestParts<S> for NoParameters {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let Ok(query) = Query::from_request_parts(parts, state).await;
        query.only(&[]).map(|()| Self).map_err(IntoResponse::into_response)
    }
}

impl Query {
    /// Selects issues, the newest first unless another order is asked for.
    pub(super) fn issues<'a>(&self, space: &'a Space) -> Result<Vec<&'a Issue>, Problems> {
        let mut found = self.matching(space)?;
        self.sort(&mut found)?;
        let offset = self.number("offset")?.unwrap_or_default();
        Ok(page(found, offset, self.count()?))
    }

    /// Counts the issues that a list would have in all its parts.
    pub(super) fn n_issues(&self, space: &Space) -> Result<usize, Problems> {
        let mut found = self.matching(space)?;
        // What would be refused in a list is refused here as well.
        self.sort(&mut found)?;
        self.number("offset")?;
        self.count()?;
        Ok(found.len())
    }

    /// Selects comments, the newest first unless another order is asked for.
    pub(super) fn comments<'a>(&self, comments: &'a [Comment]) -> Result<Vec<&'a Comment>, Problems> {
        self.only(&["minId", "maxId", "count", "order"])?;
        let lowest = self.number("minId")?.unwrap_or_default();
        let highest = self.number("maxId")?.unwrap_or(u64::MAX);
        let mut found: Vec<_> = comments.iter().filter(|comment| (lowest..=highest).contains(&comment.id)).collect();
        if !self.ascending()? {
            found.reverse();
        }
        Ok(page(found, 0, self.count()?))
    }

    /// Selects a part of a list that is in ascending order.
    pub(super) fn part<T>(&self, mut entries: Vec<T>) -> Result<Vec<T>, Problems> {
        self.only(&["order", "offset", "count"])?;
        if self.text("order") == Some("desc") {
            entries.reverse();
        } else {
            self.ascending()?;
        }
        Ok(page(entries, self.number("offset")?.unwrap_or_default(), self.count()?))
    }

    /// Refuses every parameter that is not one of these, by its name.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), Problems> {
        let unknown = self.0.iter().filter(|(name, _)| !known.contains(&name.as_str()));
        let problems: Vec<String> = unknown.map(|(name, _)| Problems::not_served(name)).collect();
        if problems.is_empty() { Ok(()) } else { Err(Problems::all(problems)) }
    }

    /// Returns a parameter that is true or false.
    pub(super) fn boolean(&self, name: &str) -> Result<Option<bool>, Problems> {
        match self.text(name) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Problems::one(format!("{name} must be true or false."))),
        }
    }

    fn matching<'a>(&self, space: &'a Space) -> Result<Vec<&'a Issue>, Problems> {
        let days = DAYS.iter().flat_map(|(stem, _)| [format!("{stem}Since"), format!("{stem}Until")]);
        let days: Vec<String> = days.collect();
        let known = NUMBERS.iter().map(|(name, _)| *name).chain(OTHERS).chain(days.iter().map(String::as_str));
        self.only(&known.collect::<Vec<_>>())?;
        let mut found: Vec<&Issue> = space.issues.iter().collect();
        for (name, has) in NUMBERS {
            let wanted = self.numbers(name)?;
            found.retain(|issue| wanted.is_empty() || wanted.iter().any(|id| has(issue, *id)));
        }
        for (stem, day) in DAYS {
            let (since, until) = (self.day(&format!("{stem}Since"))?, self.day(&format!("{stem}Until"))?);
            found.retain(|issue| {
                let day = day(issue);
                // A day is written so that later ones are greater; none is before all.
                since.is_none_or(|since| *day >= *since) && until.is_none_or(|until| !day.is_empty() && *day <= *until)
            });
        }
        if let Some(wanted) = self.boolean("hasDueDate")? {
            found.retain(|issue| issue.value("dueDate").is_empty() != wanted);
        }
        for name in ["attachment", "sharedFile"] {
            // No issue here has either.
            if self.boolean(name)? == Some(true) {
                found.clear();
            }
        }
        self.keep_kin(space, &mut found)?;
        let keyword = self.text("keyword").unwrap_or_default().to_lowercase();
        found.retain(|issue| keyword.split_whitespace().all(|word| mentions(issue, word)));
        Ok(found)
    }

    /// Source: developer.nulab.com, "Get Issue List": 0 all, 1 not child, 2 child, 3 neither, 4 parent.
    fn keep_kin(&self, space: &Space, found: &mut Vec<&Issue>) -> Result<(), Problems> {
        let is_child = |issue: &Issue| !issue.value("parentIssueId").is_empty();
        let is_parent = |issue: &Issue| space.has_children(issue.id);
        match self.number("parentChild")? {
            None | Some(0) => {}
            Some(1) => found.retain(|issue| !is_child(issue)),
            Some(2) => found.retain(|issue| is_child(issue)),
            Some(3) => found.retain(|issue| !is_child(issue) && !is_parent(issue)),
            Some(4) => found.retain(|issue| is_parent(issue)),
            Some(_) => {
                return Err(Problems::one(
                    "parentChild must be between 0 and 4; the stand-in serves no grandchildren.",
                ));
            }
        }
        Ok(())
    }

    fn sort(&self, issues: &mut [&Issue]) -> Result<(), Problems> {
        let sort = self.text("sort").unwrap_or("created");
        if !SORTS.contains(&sort) {
            return Err(Problems::one(format!("sort must be one of {}.", SORTS.join(", "))));
        }
        let list = |issue: &Issue, name: &str| issue.numbers(name).first().copied();
        let hours = |issue: &Issue| issue.value(sort).parse::<f64>().map_or(0, |hours| (hours * 100.0) as u64);
        // What every issue has in common here leaves the order of creation.
        match sort {
            "updated" => issues.sort_by_key(|issue| (issue.updated, issue.id)),
            "status" | "priority" | "issueType" | "assignee" => {
                let field = format!("{sort}Id");
                issues.sort_by_key(|issue| (integer(issue.value(&field)), issue.id));
            }
            "category" | "version" | "milestone" => {
                let field = format!("{sort}Id[]");
                issues.sort_by_key(|issue| (list(issue, &field), issue.id));
            }
            "childIssue" => issues.sort_by_key(|issue| (integer(issue.value("parentIssueId")), issue.id)),
            "estimatedHours" | "actualHours" => issues.sort_by_key(|issue| (hours(issue), issue.id)),
            "summary" | "startDate" | "dueDate" => issues.sort_by_key(|issue| (issue.value(sort), issue.id)),
            _ => issues.sort_by_key(|issue| issue.id),
        }
        if !self.ascending()? {
            issues.reverse();
        }
        Ok(())
    }

    fn ascending(&self) -> Result<bool, Problems> {
        match self.text("order") {
            Some("asc") => Ok(true),
            None | Some("desc") => Ok(false),
            Some(_) => Err(Problems::one("order must be asc or desc.")),
        }
    }

    fn count(&self) -> Result<u64, Problems> {
        let count = self.number("count")?.unwrap_or(DEFAULT_COUNT);
        if (1..=HIGHEST_COUNT).contains(&count) {
            return Ok(count);
        }
        Err(Problems::one(format!("count must be between 1 and {HIGHEST_COUNT}.")))
    }

    fn text(&self, wanted: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }

    fn day(&self, name: &str) -> Result<Option<&str>, Problems> {
        match self.text(name) {
            Some(day) if !date::is_date(day) => {
                Err(Problems::one(format!("{name} must be a date, written as yyyy-MM-dd.")))
            }
            day => Ok(day),
        }
    }

    fn number(&self, name: &str) -> Result<Option<u64>, Problems> {
        self.text(name)
            .map(|value| integer(value).ok_or_else(|| Problems::one(format!("{name} must be an integer."))))
            .transpose()
    }

    fn numbers(&self, wanted: &str) -> Result<Vec<u64>, Problems> {
        let values = self.0.iter().filter(|(name, _)| name == wanted);
        values
            .map(|(_, value)| integer(value).ok_or_else(|| Problems::one(format!("{wanted} must be an integer."))))
            .collect()
    }
}

// Some clients number the brackets of a list.
fn listed(name: String) -> String {
    match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
        Some((stem, index)) if index.bytes().all(|byte| byte.is_ascii_digit()) => format!("{stem}[]"),
        _ => name,
    }
}

fn mentions(issue: &Issue, word: &str) -> bool {
    ["summary", "description"].iter().any(|field| issue.value(field).to_lowercase().contains(word))
}

fn page<T>(found: Vec<T>, offset: u64, count: u64) -> Vec<T> {
    let size = |number| usize::try_from(number).unwrap_or(usize::MAX);
    found.into_iter().skip(size(offset)).take(size(count)).collect()
}
