//! Custom fields of a project: what they are, and the values that issues have in them.

use super::problems::Problems;
use super::{date, integer};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What the parameter of a custom field begins with; its number follows.
const PREFIX: &str = "customField_";
/// Longest text of a field of one line. Source: Nulab's help, "Overview of custom fields".
const LONGEST_LINE: usize = 255;

/// A custom field of a project, as a test puts it there.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BacklogCustomField {
    /// The number of the field; a field of the same number is replaced.
    pub id: u64,
    /// The key of the project that has it.
    pub project_key: String,
    /// The kind: 1 line, 2 text, 3 number, 4 date, 5 list, 6 list of several, 7 check boxes, 8 radio buttons.
    pub type_id: u8,
    /// The name that people see.
    pub name: String,
    /// Whether an issue needs a value.
    #[serde(default)]
    pub required: bool,
    /// The issue types that have the field. Default: all.
    #[serde(default)]
    pub applicable_issue_types: Vec<u64>,
    /// The items of a list, numbered from 1.
    #[serde(default)]
    pub items: Vec<String>,
}

/// The values of an issue, by the number of the field.
pub(super) type Values = BTreeMap<u64, Vec<String>>;

/// Returns the number in the name of a custom field's parameter, such as `customField_10` or `customField_10[0]`.
pub(super) fn number(parameter: &str) -> Option<u64> {
    let rest = parameter.strip_prefix(PREFIX)?;
    let (id, index) = rest.split_once('[').map_or((rest, None), |(id, index)| (id, Some(index)));
    let is_index = |index: &str| index.strip_suffix(']').is_some_and(|index| integer(index).is_some());
    index.is_none_or(is_index).then(|| integer(id)).flatten()
}

impl BacklogCustomField {
    /// Says what keeps the field from being one of Backlog's.
    pub(super) fn check(&self) -> Result<(), String> {
        match (self.type_id, self.items.is_empty()) {
            (0 | 9.., _) => Err(format!("`typeId` is {}; there are 1 to 8", self.type_id)),
            (5..=8, true) => Err("a list needs `items`".to_owned()),
            (1..=4, false) => Err("only a list has `items`".to_owned()),
            _ if self.name.trim().is_empty() => Err("`name` is empty".to_owned()),
            _ => Ok(()),
        }
    }

    /// Describes the field as Backlog does.
    ///
    /// Source: developer.nulab.com, "Get Custom Field List", and Nulab's JavaScript client for the members of a kind.
    pub(super) fn described(&self, project_id: u64, place: usize) -> Value {
        let mut described = json!({
            "id": self.id,
            "projectId": project_id,
            "typeId": self.type_id,
            "name": self.name,
            "description": "",
            "required": self.required,
            "useIssueType": !self.applicable_issue_types.is_empty(),
            "applicableIssueTypes": self.applicable_issue_types,
            "displayOrder": place,
            "version": 1,
        });
        match self.type_id {
            3 => {
                for member in ["min", "max", "initialValue", "unit"] {
                    described[member] = Value::Null;
                }
            }
            4 => {
                for member in ["min", "max", "initialDate"] {
                    described[member] = Value::Null;
                }
            }
            5..=8 => {
                described["items"] = (1..).zip(&self.items).map(|(id, name)| item(id, name)).collect();
                described["allowAddItem"] = false.into();
            }
            _ => {}
        }
        if matches!(self.type_id, 7 | 8) {
            described["allowInput"] = false.into();
        }
        described
    }

    /// Whether issues of a type have the field.
    pub(super) fn applies_to(&self, issue_type: u64) -> bool {
        self.applicable_issue_types.is_empty() || self.applicable_issue_types.contains(&issue_type)
    }

    /// Shows what an issue has in the field, as Backlog does.
    pub(super) fn shown(&self, values: &[String]) -> Value {
        let items = || values.iter().filter_map(|value| integer(value)).filter_map(|id| self.item(id));
        let value = match self.type_id {
            3 => values.first().and_then(|value| value.parse::<f64>().ok()).into(),
            4 => values.first().map(|day| format!("{day}T00:00:00Z")).into(),
            5 | 8 => items().next().unwrap_or_default(),
            6 | 7 => items().collect(),
            _ => values.first().cloned().into(),
        };
        let mut shown = json!({"id": self.id, "fieldTypeId": self.type_id, "name": self.name, "value": value});
        if matches!(self.type_id, 7 | 8) {
            shown["otherValue"] = Value::Null;
        }
        shown
    }

    fn item(&self, id: u64) -> Option<Value> {
        (1..).zip(&self.items).find(|(number, _)| *number == id).map(|(number, name)| item(number, name))
    }

    /// What is wrong with the values that were sent for the field.
    fn wrong(&self, values: &[&str]) -> Option<String> {
        let Self { id, name, .. } = self;
        let is_list_of_several = matches!(self.type_id, 6 | 7);
        if values.len() > 1 && !is_list_of_several {
            return Some(format!("{PREFIX}{id} takes one value."));
        }
        let wrong = |value: &&&str| match self.type_id {
            1 => value.chars().count() > LONGEST_LINE || value.contains(['\n', '\r']),
            3 => !value.is_empty() && !value.parse::<f64>().is_ok_and(f64::is_finite),
            4 => !value.is_empty() && !date::is_date(value),
            5..=8 => !value.is_empty() && integer(value).and_then(|item| self.item(item)).is_none(),
            _ => false,
        };
        let value = values.iter().find(wrong)?;
        let allowed = match self.type_id {
            1 => "one line of at most 255 characters",
            3 => "a number",
            4 => "a date, written as yyyy-MM-dd",
            _ => "the number of one of its items",
        };
        Some(format!("`{value}` is no value of {name} ({PREFIX}{id}): allowed is {allowed}."))
    }
}

/// Checks the values that were sent for an issue of a type, and lays them over those that it has.
///
/// Whether the answer of the real service is worded so is known of a missing value only.
pub(super) fn merged(
    fields: &[&BacklogCustomField],
    issue_type: u64,
    had: &Values,
    sent: &BTreeMap<u64, Vec<&str>>,
) -> Result<Values, Problems> {
    let mut problems = Vec::new();
    let mut values = had.clone();
    for (id, sent) in sent {
        match fields.iter().find(|field| field.id == *id && field.applies_to(issue_type)) {
            None => problems.push(format!("{PREFIX}{id} is not a custom field of the issue type.")),
            Some(field) => problems.extend(field.wrong(sent)),
        }
        let given = sent.iter().filter(|value| !value.is_empty()).map(|value| (*value).to_owned());
        values.insert(*id, given.collect());
    }
    let missing = fields.iter().filter(|field| {
        let has_none = values.get(&field.id).is_none_or(|values| values.iter().all(|value| value.trim().is_empty()));
        field.required && field.applies_to(issue_type) && has_none
    });
    problems.extend(missing.map(|field| format!("Please enter a value for {}.", field.name)));
    if problems.is_empty() { Ok(values) } else { Err(Problems::all(problems)) }
}

fn item(id: u64, name: &str) -> Value {
    json!({"id": id, "name": name, "displayOrder": id - 1})
}
