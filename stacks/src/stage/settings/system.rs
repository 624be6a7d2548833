//! The settings of each system, and what several of them share.

use super::{SenderRange, read_by};
use contracts::Days;
use contracts::mackerel::OnRecovery;
use serde::Deserialize;
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
    /// Whose the issues are, by name, user id or number. Default: nobody's.
    #[serde(default, deserialize_with = "super::present")]
    pub assignee: Option<NameOrId>,
    /// Milestone of the issues. Default: none.
    #[serde(default, deserialize_with = "super::present")]
    pub milestone: Option<NameOrId>,
}

/// Settings of the stack `mackerel-incidents`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a section with its settings below it")]
pub struct MackerelIncidentsSettings {
    /// How the issue of an alert is made.
    pub issue: IssueSettings,
    /// What becomes of the issue when its alert recovers. Default: a comment.
    #[serde(default)]
    pub on_recovery: OnRecovery,
    /// Only these addresses may call the webhook. Default: all.
    #[serde(default, deserialize_with = "super::senders")]
    pub allowed_senders: Vec<SenderRange>,
}

/// Settings of the stack `sns-slack`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a section with its settings below it, or `{}` for their defaults")]
pub struct SnsSlackSettings {
    /// A topic that is there already. Default: one of the stack's own.
    #[serde(default)]
    pub topic: Option<TopicArn>,
}

/// Settings of the stack `question-form`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a section with its settings below it")]
pub struct QuestionFormSettings {
    /// How the issue of a question is made.
    pub issue: IssueSettings,
    /// How long questions are kept in the table. Default: for ever.
    #[serde(default)]
    pub keep_days: Option<Days>,
    /// The form's own domain. Default: the name that CloudFront gives it.
    #[serde(default, deserialize_with = "super::present")]
    pub domain: Option<Domain>,
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

/// ARN of a standard topic.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct TopicArn(String);

read_by!(TopicArn, |text: String| {
    let parts: Vec<&str> = text.split(':').collect();
    let is_arn = matches!(parts.as_slice(), ["arn", partition, "sns", region, account, name]
        if partition.starts_with("aws")
            && !region.is_empty()
            && account.len() == 12
            && account.bytes().all(|byte| byte.is_ascii_digit())
            && !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')));
    if is_arn {
        Ok(TopicArn(text))
    } else {
        Err(format!(
            "`{text}` is not a standard topic; allowed is an ARN such as `arn:aws:sns:ap-northeast-1:111122223333:alarms`"
        ))
    }
});

impl TopicArn {
    /// The ARN as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The region that it names.
    pub fn region(&self) -> &str {
        self.0.split(':').nth(3).unwrap_or_default()
    }
}

/// Where alarms go.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum AlarmTopic {
    /// The topic of the stack `sns-slack`, hence Slack.
    SnsSlack,
    /// Another topic.
    Arn(TopicArn),
}

read_by!(AlarmTopic, |text: String| {
    match text.as_str() {
        "sns-slack" => Ok(AlarmTopic::SnsSlack),
        _ => TopicArn::try_from(text).map(AlarmTopic::Arn).map_err(|error| format!("{error}, or `sns-slack`")),
    }
});
