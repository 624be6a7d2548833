//! Custom fields of an issue type: which demand a value, and what the stage gives them.

use crate::lookup::Refusal;
use crate::stage::{FieldValue, NameOrId};
use contracts::SettingValue;
use contracts::backlog::CustomFields;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Longest text of a field of one line. Source: Nulab's help, "Overview of custom fields".
const LINE_CHARS: usize = 255;
/// How long all values may be as they travel, in bytes: a function's variables have 4 KiB together.
///
/// Source: AWS Lambda developer guide, quotas.
const VALUES_BYTES: usize = 2_000;

/// A custom field of a project.
///
/// Source: developer.nulab.com, "Get Custom Field List", and Nulab's JavaScript client.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Field {
    id: u64,
    name: String,
    #[serde(default)]
    type_id: u64,
    #[serde(default)]
    required: bool,
    /// Whether only some issue types have it.
    #[serde(default)]
    use_issue_type: Option<bool>,
    #[serde(default)]
    applicable_issue_types: Option<Vec<u64>>,
    #[serde(default)]
    items: Option<Vec<Item>>,
}

#[derive(Deserialize)]
struct Item {
    id: u64,
    name: String,
}

impl Field {
    fn applies_to(&self, issue_type: u64) -> bool {
        let types = self.applicable_issue_types.as_deref().unwrap_or_default();
        match self.use_issue_type {
            Some(true) => types.contains(&issue_type),
            Some(false) => true,
            None => types.is_empty() || types.contains(&issue_type),
        }
    }

    /// What a value may be, for a person.
    fn allowed(&self) -> String {
        let items = || self.items.iter().flatten().map(|item| item.name.as_str()).collect::<Vec<_>>().join(", ");
        match self.type_id {
            1 => "one line of at most 255 characters".to_owned(),
            2 => "a text".to_owned(),
            3 => "a number".to_owned(),
            4 => "a date such as 2026-01-31".to_owned(),
            5 | 8 => format!("one of: {}", items()),
            6 | 7 => format!("some of: {}", items()),
            other => format!("a value of kind {other}, which is not known"),
        }
    }

    /// A value of the right form, to show what a line looks like.
    fn sample(&self) -> String {
        let first = self.items.iter().flatten().next().map(|item| item.name.as_str());
        match self.type_id {
            3 => "0".to_owned(),
            4 => "2026-01-31".to_owned(),
            6 | 7 => format!("[{}]", quoted(first.unwrap_or_default())),
            _ => quoted(first.unwrap_or("text")),
        }
    }

    /// Adds the value to the fields, unless it is none of this field's.
    fn set(&self, value: &FieldValue, fields: &mut CustomFields) -> Result<(), String> {
        let texts: Vec<&str> = value.texts().collect();
        let wrong =
            |text: &str| Err(format!("`{text}` is no value of the custom field; allowed is {}", self.allowed()));
        if let (1..=5 | 8, [_, second, ..]) = (self.type_id, &texts[..]) {
            return wrong(second);
        }
        let is_right = |text: &str| match self.type_id {
            1 => text.chars().count() <= LINE_CHARS && !text.contains('\n') && !text.trim().is_empty(),
            2 => !text.trim().is_empty(),
            3 => text.parse::<f64>().is_ok_and(f64::is_finite),
            4 => text.len() == "2026-01-31".len() && text.parse::<Date>().is_ok(),
            5..=8 => self.item(text).is_some(),
            _ => false,
        };
        if let Some(text) = texts.iter().find(|text| !is_right(text)) {
            return wrong(text);
        }
        match (self.type_id, &texts[..]) {
            (_, []) => return wrong(""),
            (6 | 7, _) => {
                let items: Vec<u64> = texts.iter().filter_map(|text| self.item(text)).collect();
                fields.set_items(self.id, &items);
            }
            (5 | 8, [text, ..]) => fields.set(self.id, &self.item(text).unwrap_or_default().to_string()),
            (_, [text, ..]) => fields.set(self.id, text),
        }
        Ok(())
    }

    fn item(&self, name: &str) -> Option<u64> {
        self.items.iter().flatten().find(|item| item.name == name).map(|item| item.id)
    }
}

/// The values that the stage gives for issues of a type, or everything that is wrong with them.
pub(super) fn values_of(
    fields: &[Field],
    issue_type: u64,
    type_name: &NameOrId,
    values: &BTreeMap<String, FieldValue>,
) -> Result<String, Vec<Refusal>> {
    let of_type: Vec<&Field> = fields.iter().filter(|field| field.applies_to(issue_type)).collect();
    let mut set = CustomFields::default();
    let mut refused = Vec::new();
    for (name, value) in values {
        let below = vec!["custom_fields".to_owned(), name.clone()];
        let outcome = match of_type.iter().find(|field| field.name == *name) {
            Some(field) => field.set(value, &mut set).map_err(|what| (what, "write another value there".to_owned())),
            None => Err((format!("issue type `{type_name}` has no such custom field"), names_of(&of_type))),
        };
        if let Err((what, hint)) = outcome {
            refused.push(Refusal { below, what, hint });
        }
    }
    let missing: Vec<&&Field> =
        of_type.iter().filter(|field| field.required && !values.contains_key(&field.name)).collect();
    if !missing.is_empty() {
        refused.push(demanded(&missing, type_name, values.is_empty()));
    }
    let rendered = set.render();
    if refused.is_empty() && rendered.len() > VALUES_BYTES {
        let what = format!("the values take {} bytes, and {VALUES_BYTES} fit", rendered.len());
        let hint = "give shorter texts".to_owned();
        refused.push(Refusal { below: vec!["custom_fields".into()], what, hint });
    }
    if refused.is_empty() { Ok(rendered) } else { Err(refused) }
}

/// Names the line that the stage file needs.
fn demanded(missing: &[&&Field], type_name: &NameOrId, is_new: bool) -> Refusal {
    let names: Vec<String> = missing.iter().map(|field| format!("`{}`", field.name)).collect();
    let lines: Vec<String> =
        missing.iter().map(|field| format!("{}: {}", quoted(&field.name), field.sample())).collect();
    let allowed: Vec<String> = missing.iter().map(|field| format!("`{}` is {}", field.name, field.allowed())).collect();
    let line = match is_new {
        true => format!("add the line `custom_fields: {{{}}}` there", lines.join(", ")),
        false => format!("add to its `custom_fields`: `{}`", lines.join("`, `")),
    };
    Refusal {
        below: vec![],
        what: format!("issue type `{type_name}` demands a value in the custom field {}", names.join(", ")),
        hint: format!("{line}; {}", allowed.join("; ")),
    }
}

fn names_of(fields: &[&Field]) -> String {
    match fields {
        [] => "take the line out: it has none".to_owned(),
        _ => format!(
            "write one of these there: {}",
            fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join(", ")
        ),
    }
}

/// A text as YAML takes it, also within braces.
fn quoted(text: &str) -> String {
    let is_plain = text.starts_with(char::is_alphabetic)
        && text.chars().all(|c| c.is_alphanumeric() || " -_/".contains(c))
        && !text.ends_with(' ')
        && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str());
    if is_plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Backlog lists them; the first as in the reference, the others as the clients know them.
    const FIELDS: &str = r#"[
        {"id": 10, "typeId": 5, "name": "Cause", "required": true, "applicableIssueTypes": [3],
         "items": [{"id": 1, "name": "n/a"}, {"id": 2, "name": "Human error"}]},
        {"id": 11, "typeId": 7, "name": "影響: 範囲", "required": true, "useIssueType": true, "applicableIssueTypes": [3, 4],
         "items": [{"id": 7, "name": "社内"}, {"id": 8, "name": "社外"}]},
        {"id": 12, "typeId": 3, "name": "Cost", "required": false, "applicableIssueTypes": [], "unit": null},
        {"id": 13, "typeId": 4, "name": "Until", "required": true, "useIssueType": false, "applicableIssueTypes": []},
        {"id": 14, "typeId": 1, "name": "Title", "required": false, "applicableIssueTypes": null}
    ]"#;

    /// Values as a stage file gives them, for an issue type.
    fn check(issue_type: u64, values: &str, expected: Result<&str, &[&str]>) {
        let fields: Vec<Field> = serde_json::from_str(FIELDS).unwrap();
        let values: BTreeMap<String, FieldValue> = serde_yaml::from_str(values).unwrap();
        let found = values_of(&fields, issue_type, &NameOrId::Name("バグ".into()), &values);
        match (found, expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(refused), Err(words)) => {
                let text = format!("{refused:?}");
                words.iter().for_each(|word| assert!(text.contains(word), "`{word}` is missing in: {text}"));
            }
            (found, expected) => panic!("{values:?}: {found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn values_are_found_by_the_names_of_fields_and_items() {
        check(
            3,
            "{Cause: Human error, '影響: 範囲': [社内, 社外], Cost: 1.5, Until: 2026-02-28, Title: a b}",
            Ok("customField_10=2&customField_12=1.5&customField_14=a+b&customField_13=2026-02-28\
                &customField_11%5B0%5D=7&customField_11%5B1%5D=8"),
        );
        check(4, "{'影響: 範囲': 社外, Until: 2026-02-28}", Ok("customField_13=2026-02-28&customField_11%5B0%5D=8"));
        check(9, "{Until: 2026-02-28}", Ok("customField_13=2026-02-28"));
    }

    #[test]
    fn fields_that_demand_a_value_are_named_with_the_line_to_add() {
        check(
            3,
            "{}",
            Err(&[
                "issue type `バグ` demands a value in the custom field `Cause`, `影響: 範囲`, `Until`",
                "add the line `custom_fields: {Cause: n/a, \\\"影響: 範囲\\\": [社内], Until: 2026-01-31}` there",
                "`Cause` is one of: n/a, Human error",
                "`影響: 範囲` is some of: 社内, 社外",
                "`Until` is a date",
            ]),
        );
        check(
            9,
            "{Cost: 1}",
            Err(&["demands a value in the custom field `Until`", "add to its `custom_fields`: `Until: 2026-01-31`"]),
        );
    }

    #[test]
    fn the_line_to_add_is_one_that_a_stage_file_takes() {
        let fields: Vec<Field> = serde_json::from_str(FIELDS).unwrap();
        let refused = values_of(&fields, 3, &NameOrId::Id(3), &BTreeMap::new()).unwrap_err();
        let line = refused[0].hint.split('`').nth(1).unwrap();
        let written: BTreeMap<String, BTreeMap<String, FieldValue>> = serde_yaml::from_str(line).unwrap();
        assert!(values_of(&fields, 3, &NameOrId::Id(3), &written["custom_fields"]).is_ok(), "{line}");
    }

    #[test]
    fn a_value_that_backlog_would_refuse_is_refused_with_what_is_allowed() {
        for (issue_type, values, word) in [
            (9, "{Until: 2026-02-31}", "a date such as"),
            (9, "{Until: [2026-02-01, 2026-02-02]}", "`2026-02-02` is no value"),
            (9, "{Until: 2026-02-01, Cost: many}", "`many` is no value of the custom field; allowed is a number"),
            (9, "{Until: 2026-02-01, Title: \"a\\nb\"}", "one line"),
            (9, "{Until: 2026-02-01, Title: []}", "one line"),
            (3, "{Cause: Weather}", "one of: n/a, Human error"),
            (9, "{Until: 2026-02-01, Cause: n/a}", "issue type `バグ` has no such custom field"),
            (9, "{Until: 2026-02-01, Causes: n/a}", "write one of these there: Cost, Until, Title"),
        ] {
            check(issue_type, values, Err(&[word, "custom_fields"]));
        }
        let long = format!("{{Until: 2026-02-01, Title: {}}}", "あ".repeat(250));
        check(9, &long, Err(&["bytes, and 2000 fit"]));
    }
}
