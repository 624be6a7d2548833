//! The query of a list: which entries, in which order, how many of them.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use super::form::Problems;
use super::integer;
use super::issue::{Comment, Issue};

const DEFAULT_COUNT: u64 = 20;
const HIGHEST_COUNT: u64 = 100;
/// The filters by id, with the parameter of a form whose value they compare.
const ID_FILTERS: [(&str, &str); 3] =
    [("issueTypeId[]", "issueTypeId"), ("priorityId[]", "priorityId"), ("statusId[]", "statusId")];
const SORTS: [&str; 18] = [
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
];
/// Filters of the real service that would have no effect here; ignoring them would find too much.
const NOT_SERVED: [&str; 18] = [
    "categoryId[]",
    "versionId[]",
    "milestoneId[]",
    "assigneeId[]",
    "createdUserId[]",
    "resolutionId[]",
    "parentIssueId[]",
    "parentChild",
    "attachment",
    "sharedFile",
    "createdSince",
    "createdUntil",
    "updatedSince",
    "updatedUntil",
    "startDateSince",
    "startDateUntil",
    "dueDateSince",
    "dueDateUntil",
];

/// The decoded pairs of a query, in their order.
pub(super) struct Query(Vec<(String, String)>);

#[axum::async_trait]
impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect()))
    }
}

impl Query {
    /// Selects issues, the newest first unless another order is asked for.
    pub(super) fn issues<'a>(&self, issues: &'a [Issue]) -> Result<Vec<&'a Issue>, Problems> {
        if let Some(name) = NOT_SERVED.iter().find(|name| self.text(name).is_some()) {
            return Err(Problems::one(format!("{name} is a filter that the stand-in does not serve.")));
        }
        let projects = self.ids("projectId[]")?;
        let ids = self.ids("id[]")?;
        let mut filters = Vec::new();
        for (parameter, field) in ID_FILTERS {
            filters.push((field, self.ids(parameter)?));
        }
        let keyword = self.text("keyword").unwrap_or_default().to_lowercase();
        let words: Vec<&str> = keyword.split_whitespace().collect();
        let mut found: Vec<&Issue> = issues
            .iter()
            .filter(|issue| admits(&projects, Some(issue.project.id)) && admits(&ids, Some(issue.id)))
            .filter(|issue| filters.iter().all(|(field, wanted)| admits(wanted, integer(issue.value(field)))))
            .filter(|issue| words.iter().all(|word| mentions(issue, word)))
            .collect();
        self.sort(&mut found)?;
        let offset = self.number("offset")?.unwrap_or_default();
        Ok(page(found, offset, self.count()?))
    }

    /// Selects comments, the newest first unless another order is asked for.
    pub(super) fn comments<'a>(&self, comments: &'a [Comment]) -> Result<Vec<&'a Comment>, Problems> {
        let lowest = self.number("minId")?.unwrap_or_default();
        let highest = self.number("maxId")?.unwrap_or(u64::MAX);
        let mut found: Vec<_> = comments.iter().filter(|comment| (lowest..=highest).contains(&comment.id)).collect();
        if !self.ascending()? {
            found.reverse();
        }
        Ok(page(found, 0, self.count()?))
    }

    fn sort(&self, issues: &mut [&Issue]) -> Result<(), Problems> {
        let sort = self.text("sort").unwrap_or("created");
        if !SORTS.contains(&sort) {
            return Err(Problems::one(format!("sort must be one of {}.", SORTS.join(", "))));
        }
        // What every issue has in common here leaves the order of creation.
        match sort {
            "updated" => issues.sort_by_key(|issue| (issue.updated, issue.id)),
            "status" | "priority" | "issueType" => {
                let field = format!("{sort}Id");
                issues.sort_by_key(|issue| (integer(issue.value(&field)), issue.id));
            }
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

    fn number(&self, name: &str) -> Result<Option<u64>, Problems> {
        self.text(name)
            .map(|value| integer(value).ok_or_else(|| Problems::one(format!("{name} must be an integer."))))
            .transpose()
    }

    // Some clients number the brackets of a list.
    fn ids(&self, wanted: &str) -> Result<Vec<u64>, Problems> {
        let stem = wanted.trim_end_matches("[]");
        let is_wanted = |name: &str| {
            let index = name.strip_prefix(stem).and_then(|rest| rest.strip_prefix('[')?.strip_suffix(']'));
            index.is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let values = self.0.iter().filter(|(name, _)| is_wanted(name));
        values
            .map(|(_, value)| integer(value).ok_or_else(|| Problems::one(format!("{wanted} must be an integer."))))
            .collect()
    }
}

fn admits(wanted: &[u64], id: Option<u64>) -> bool {
    wanted.is_empty() || id.is_some_and(|id| wanted.contains(&id))
}

fn mentions(issue: &Issue, word: &str) -> bool {
    ["summary", "description"].iter().any(|field| issue.value(field).to_lowercase().contains(word))
}

fn page<T>(found: Vec<T>, offset: u64, count: u64) -> Vec<T> {
    let size = |number| usize::try_from(number).unwrap_or(usize::MAX);
    found.into_iter().skip(size(offset)).take(size(count)).collect()
}
