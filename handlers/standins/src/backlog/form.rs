//! The forms that Backlog reads: nothing else is a body, and every parameter is checked by its name.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::error::{self, ErrorCode};
use super::{integer, vocabulary};
use crate::media;

const FORM: &str = "application/x-www-form-urlencoded";
const LONGEST_SUMMARY: usize = 255;
const LONGEST_DESCRIPTION: usize = 100_000;
const INTEGERS: [&str; 12] = [
    "projectId",
    "issueTypeId",
    "priorityId",
    "statusId",
    "resolutionId",
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
pub(super) struct Form(Vec<(String, String)>);

/// What is wrong with a form, one sentence per problem.
pub(super) struct Problems(Vec<String>);

impl Form {
    /// Decodes a body; one of another type counts as empty, for Backlog reads no other.
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Self {
        if media::is(headers, FORM) {
            Self(form_urlencoded::parse(body).into_owned().collect())
        } else {
            Self(Vec::new())
        }
    }

    /// Returns the first value of a parameter, or nothing if the parameter was not sent.
    pub(super) fn sent(&self, wanted: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }

    /// Returns every value of a parameter that takes several and was checked to hold integers.
    pub(super) fn numbers(&self, wanted: &str) -> Vec<u64> {
        self.0.iter().filter(|(name, _)| name == wanted).filter_map(|(_, value)| integer(value)).collect()
    }

    /// Returns the first value of a parameter, empty if it was not sent.
    pub(super) fn text(&self, wanted: &str) -> &str {
        self.sent(wanted).unwrap_or_default()
    }

    /// Returns a parameter that was checked to be an integer.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        integer(self.text(name))
    }

    /// Demands that the required parameters are there and that every parameter is well-formed.
    pub(super) fn check(&self, required: &[&str]) -> Result<(), Problems> {
        let missing = required.iter().filter(|name| self.text(name).trim().is_empty()).map(|name| {
            if INTEGERS.contains(name) {
                format!("{name} is required and must be an integer.")
            } else {
                format!("{name} is required.")
            }
        });
        let malformed = self
            .0
            .iter()
            .filter(|(name, value)| !(value.trim().is_empty() && required.contains(&name.as_str())))
            .filter_map(|(name, value)| malformation(name, value));
        let problems: Vec<_> = missing.chain(malformed).collect();
        if problems.is_empty() { Ok(()) } else { Err(Problems(problems)) }
    }
}

impl Problems {
    /// Describes a single problem.
    pub(super) fn one(problem: impl Into<String>) -> Self {
        Self(vec![problem.into()])
    }
}

impl IntoResponse for Problems {
    fn into_response(self) -> Response {
        let hint = format!("Parameters are read from a body of {FORM}.");
        error::answer_all(StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest, &self.0, &hint)
    }
}

fn malformation(name: &str, value: &str) -> Option<String> {
    // The only id that may be taken away again is the one that an issue can be without.
    let emptied = name == "resolutionId" && value.is_empty();
    if INTEGERS.contains(&name) && !emptied && integer(value).is_none() {
        return Some(format!("{name} must be an integer."));
    }
    if name == "priorityId" && vocabulary::priority(integer(value)?).is_none() {
        return Some("priorityId must be 2, 3 or 4.".to_owned());
    }
    if DATES.contains(&name) && !value.is_empty() && !is_date(value) {
        return Some(format!("{name} must be written as yyyy-MM-dd."));
    }
    let is_hours = |hours: f64| hours.is_finite() && hours >= 0.0;
    if HOURS.contains(&name) && !value.is_empty() && !value.parse().is_ok_and(is_hours) {
        return Some(format!("{name} must be a number."));
    }
    match name {
        "summary" => wrong_summary(value),
        "description" => too_long(name, value, LONGEST_DESCRIPTION),
        _ => None,
    }
}

fn wrong_summary(summary: &str) -> Option<String> {
    if summary.contains(['\n', '\r']) {
        return Some("summary must be a single line.".to_owned());
    }
    too_long("summary", summary, LONGEST_SUMMARY)
}

fn too_long(name: &str, value: &str, longest: usize) -> Option<String> {
    (value.chars().count() > longest).then(|| format!("{name} must have at most {longest} characters."))
}

// Only the form is checked, not the calendar.
fn is_date(value: &str) -> bool {
    value.len() == 10
        && value.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}
