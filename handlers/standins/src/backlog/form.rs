//! The forms that Backlog reads: nothing else is a body, and every parameter is checked by its name.

use super::problems::Problems;
use super::{custom_field, date, integer, vocabulary};
use crate::media;
use axum::http::HeaderMap;
use std::collections::BTreeMap;

const FORM: &str = "application/x-www-form-urlencoded";
const LONGEST_SUMMARY: usize = 255;
const LONGEST_DESCRIPTION: usize = 100_000;
const INTEGERS: [&str; 13] = [
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
    "activityTypeIds[]",
];
const DATES: [&str; 2] = ["startDate", "dueDate"];
const HOURS: [&str; 2] = ["estimatedHours", "actualHours"];
const BOOLEANS: [&str; 1] = ["allEvent"];

/// The decoded pairs of a form, in their order.
pub(super) struct Form {
    pairs: Vec<(String, String)>,
    /// A hint for the sender of a body that was not read.
    hint: &'static str,
}

/// The parameters of a call: those that it needs, and the others that it has.
pub(super) struct Parameters {
    pub(super) required: &'static [&'static str],
    pub(super) optional: &'static [&'static str],
    /// Whether values of custom fields are taken as well.
    pub(super) custom_fields: bool,
}

impl Form {
    /// Decodes a body; one of another type counts as empty, for Backlog reads no other.
    pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Self {
        if !media::is(headers, FORM) {
            let hint = "Parameters are read from a body of application/x-www-form-urlencoded.";
            return Self { pairs: Vec::new(), hint };
        }
        let pairs = form_urlencoded::parse(body).into_owned();
        Self { pairs: pairs.map(|(name, value)| (listed(name), value)).collect(), hint: "" }
    }

    /// Returns the first value of a parameter, or nothing if the parameter was not sent.
    pub(super) fn sent(&self, wanted: &str) -> Option<&str> {
        self.pairs.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }

    /// Returns every value of a parameter that takes several and was checked to hold integers.
    pub(super) fn numbers(&self, wanted: &str) -> Vec<u64> {
        self.pairs.iter().filter(|(name, _)| name == wanted).filter_map(|(_, value)| integer(value)).collect()
    }

    /// Returns the first value of a parameter, empty if it was not sent.
    pub(super) fn text(&self, wanted: &str) -> &str {
        self.sent(wanted).unwrap_or_default()
    }

    /// Returns a parameter that was checked to be an integer.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        integer(self.text(name))
    }

    /// Returns what was sent for custom fields: by the number of a field its values, in their order.
    pub(super) fn custom_fields(&self) -> BTreeMap<u64, Vec<&str>> {
        let mut sent: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
        for (name, value) in &self.pairs {
            if let Some(id) = custom_field::number(name) {
                sent.entry(id).or_default().push(value);
            }
        }
        sent
    }

    /// Demands that what is required is there, that nothing else is than what is taken, and that all is well-formed.
    pub(super) fn check(&self, parameters: &Parameters) -> Result<(), Problems> {
        let Parameters { required, optional, custom_fields } = parameters;
        let missing = required.iter().filter(|name| self.text(name).trim().is_empty()).map(|name| {
            if INTEGERS.contains(name) {
                format!("{name} is required and must be an integer.")
            } else {
                format!("{name} is required.")
            }
        });
        let others = self
            .pairs
            .iter()
            .filter(|(name, value)| !(value.trim().is_empty() && required.contains(&name.as_str())))
            .filter_map(|(name, value)| {
                let is_taken = required.contains(&name.as_str())
                    || optional.contains(&name.as_str())
                    || *custom_fields && custom_field::number(name).is_some();
                if is_taken { malformation(name, value) } else { Some(Problems::not_served(name)) }
            });
        let problems: Vec<_> = missing.chain(others).collect();
        if problems.is_empty() { Ok(()) } else { Err(Problems::all(problems).with_hint(self.hint)) }
    }
}

// Some clients number the brackets of a list. A custom field needs its numbers.
fn listed(name: String) -> String {
    if custom_field::number(&name).is_some() {
        return name;
    }
    match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
        Some((stem, index)) if index.bytes().all(|byte| byte.is_ascii_digit()) => format!("{stem}[]"),
        _ => name,
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
    if DATES.contains(&name) && !value.is_empty() && !date::is_date(value) {
        return Some(format!("{name} must be a date, written as yyyy-MM-dd."));
    }
    let is_hours = |hours: f64| hours.is_finite() && hours >= 0.0;
    if HOURS.contains(&name) && !value.is_empty() && !value.parse().is_ok_and(is_hours) {
        return Some(format!("{name} must be a number."));
    }
    if BOOLEANS.contains(&name) && !["true", "false"].contains(&value) {
        return Some(format!("{name} must be true or false."));
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
