//! Settings that several integrations share.

use super::read_by;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// Something of Backlog that a person knows by its name and the API by its number.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(
    untagged,
    expecting = "allowed is a name or a whole number; a name that looks like something else, such as 1.0 or true, needs quotes"
)]
pub enum NameOrId {
    /// The number.
    Id(u64),
    /// The name, exactly as Backlog shows it.
    Name(String),
}

impl fmt::Display for NameOrId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(formatter, "{id}"),
            Self::Name(name) => formatter.write_str(name),
        }
    }
}

/// How issues are made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a section with its settings below it")]
pub struct IssueSettings {
    /// The project, by key, name or number. Default: the project of the section `backlog`.
    #[serde(default, deserialize_with = "super::present")]
    pub project: Option<NameOrId>,
    /// Type of the issues.
    #[serde(rename = "type")]
    pub kind: NameOrId,
    /// Priority of the issues.
    pub priority: NameOrId,
    /// The assignee, by name, user id or number. Default: none.
    #[serde(default, deserialize_with = "super::present")]
    pub assignee: Option<NameOrId>,
    /// Milestone of the issues. Default: none.
    #[serde(default, deserialize_with = "super::present")]
    pub milestone: Option<NameOrId>,
    /// Values of custom fields, by the names of the fields. Default: none.
    #[serde(default, deserialize_with = "super::present")]
    pub custom_fields: Option<BTreeMap<String, FieldValue>>,
}

/// What every issue has in a custom field.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "allowed is a text, a number, a date, the name of an item, or a list of names of items")]
pub enum FieldValue {
    /// One value.
    One(FieldText),
    /// Several items of a list.
    Several(Vec<FieldText>),
}

impl FieldValue {
    /// The values as written.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let texts = match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Several(texts) => texts,
        };
        texts.iter().map(|text| text.0.as_str())
    }
}

/// A text, or a number as it would be written.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "TextOrNumber")]
pub struct FieldText(String);

#[derive(Deserialize)]
#[serde(untagged)]
enum TextOrNumber {
    Text(String),
    Whole(i64),
    Decimal(f64),
}

impl From<TextOrNumber> for FieldText {
    fn from(value: TextOrNumber) -> Self {
        Self(match value {
            TextOrNumber::Text(text) => text,
            TextOrNumber::Whole(number) => number.to_string(),
            TextOrNumber::Decimal(number) => number.to_string(),
        })
    }
}

/// How many requests one address may make within five minutes before AWS WAF refuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub struct RateRule(u32);

impl RateRule {
    /// The number of requests.
    pub fn requests(self) -> u32 {
        self.0
    }
}

impl TryFrom<u32> for RateRule {
    type Error = String;

    fn try_from(requests: u32) -> Result<Self, String> {
        // Source: AWS WAF API reference, RateBasedStatement: at least 10. More than the API lets through in
        // five minutes would never be reached.
        match requests {
            10..=1500 => Ok(Self(requests)),
            _ => Err(format!("{requests} is not a number of requests in five minutes; allowed is 10 to 1500")),
        }
    }
}

/// A domain whose zone is in Route 53.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a section with its settings below it")]
pub struct Domain {
    /// The full name, such as `questions.example.com`.
    pub name: DomainName,
    /// Id of the hosted zone in Route 53.
    pub zone_id: ZoneId,
}

/// A full domain name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct DomainName(String);

read_by!(DomainName, |text: String| {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A certificate's first name holds 64 characters.
    if text.len() <= 64 && text.split('.').count() >= 2 && text.split('.').all(is_label) {
        Ok(DomainName(text))
    } else {
        Err(format!(
            "`{text}` is not a domain; allowed is a name of up to 64 lower-case letters, digits, `-` and `.`, such as `questions.example.com`"
        ))
    }
});

impl DomainName {
    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Id of a hosted zone of Route 53, such as `Z0123456789ABCDEFGHIJ`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ZoneId(String);

read_by!(ZoneId, |text: String| {
    let is_id = text.starts_with('Z')
        && (2..=32).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if is_id {
        Ok(ZoneId(text))
    } else {
        Err(format!("`{text}` is not the id of a hosted zone; allowed is one such as `Z0123456789ABCDEFGHIJ`"))
    }
});

impl ZoneId {
    /// The id as Route 53 writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
