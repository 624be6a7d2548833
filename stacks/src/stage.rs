//! A stage: one YAML file that says where a deployment goes and how it is set.

mod check;
mod position;
mod settings;
mod words;

pub use settings::{
    AccountId, AlarmTopic, AlarmsTo, Architecture, BacklogFilesSettings, BacklogSettings, BytebaseWorkflowSettings,
    Domain, EmailAddress, FieldText, FieldValue, IssueSettings, LogRetention, MackerelIncidentsSettings, NameOrId,
    PolicyArn, Publisher, QuestionFormSettings, RateRule, Region, Schedule, SenderList, SenderRange, Senders,
    SnsSlackSettings, StageName, TopicArn,
};

use contracts::{Origin, TimeZone};
use serde::Deserialize;
use settings::{present, tags};
use std::collections::BTreeMap;
use std::fmt;

/// A SaaS that handlers call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Backlog of Nulab.
    Backlog,
    /// Bytebase, wherever it is hosted.
    Bytebase,
    /// Slack, whose address is a secret.
    Slack,
    /// Microsoft Teams, whose address is a secret.
    Teams,
}

impl Service {
    /// The parameter of a template that holds the address; another name would be another parameter of a live stack.
    pub(crate) fn url_parameter(self) -> &'static str {
        match self {
            Self::Backlog => "BacklogUrl",
            Self::Bytebase => "BytebaseUrl",
            Self::Slack => "SlackUrl",
            Self::Teams => "TeamsUrl",
        }
    }
}

/// Everything a stage file says; each field is explained in `stages/example.yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Name of the file without its ending.
    pub name: StageName,
    /// AWS region.
    pub region: Region,
    /// The account that the stage belongs to. Default: that of the credentials.
    pub account: Option<AccountId>,
    /// Profile of the AWS configuration. Default: the usual chain of credentials.
    pub profile: Option<String>,
    /// A policy beyond which no role of a stack may do anything. Default: none.
    pub permissions_boundary: Option<PolicyArn>,
    /// Processor of the functions.
    pub architecture: Architecture,
    /// How long logs are kept.
    pub log_retention_days: LogRetention,
    /// Tags of every stack and of all that is in it.
    pub tags: BTreeMap<String, String>,
    /// In which zone handlers write times.
    pub time_zone: TimeZone,
    /// Where alarms go. Default: they are seen in CloudWatch only.
    pub alarm_topic: Option<AlarmTopic>,
    /// The Backlog space; there if a stack needs it.
    pub backlog: Option<BacklogSettings>,
    /// Settings of the stack `backlog-files`. Default: the stage has no such stack; so for each.
    pub backlog_files: Option<BacklogFilesSettings>,
    /// Settings of the stack `bytebase-workflow`.
    pub bytebase_workflow: Option<BytebaseWorkflowSettings>,
    /// Settings of the stack `mackerel-incidents`.
    pub mackerel_incidents: Option<MackerelIncidentsSettings>,
    /// Settings of the stack `sns-slack`.
    pub sns_slack: Option<SnsSlackSettings>,
    /// Settings of the stack `question-form`.
    pub question_form: Option<QuestionFormSettings>,
    /// The file as it was read, in which a setting is found again.
    pub text: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StageFile {
    region: Region,
    #[serde(default, deserialize_with = "present")]
    account: Option<AccountId>,
    #[serde(default)]
    profile: Option<String>,
    #[serde(default, deserialize_with = "present")]
    permissions_boundary: Option<PolicyArn>,
    #[serde(default)]
    architecture: Architecture,
    #[serde(default)]
    log_retention_days: LogRetention,
    #[serde(default, deserialize_with = "tags")]
    tags: BTreeMap<String, String>,
    #[serde(default)]
    time_zone: TimeZone,
    #[serde(default, deserialize_with = "present")]
    alarm_topic: Option<AlarmTopic>,
    #[serde(default, deserialize_with = "present")]
    backlog: Option<BacklogSettings>,
    #[serde(default, deserialize_with = "present")]
    backlog_files: Option<BacklogFilesSettings>,
    #[serde(default, deserialize_with = "present")]
    bytebase_workflow: Option<BytebaseWorkflowSettings>,
    #[serde(default, deserialize_with = "present")]
    mackerel_incidents: Option<MackerelIncidentsSettings>,
    #[serde(default, deserialize_with = "present")]
    sns_slack: Option<SnsSlackSettings>,
    #[serde(default, deserialize_with = "present")]
    question_form: Option<QuestionFormSettings>,
}

/// What is wrong in a stage file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageError {
    /// Line of the file, counted from 1, if it is known.
    pub line: Option<usize>,
    /// What was found and what is allowed.
    pub message: String,
}

impl fmt::Display for StageError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for StageError {}

impl Stage {
    /// Reads a stage file's text.
    pub fn parse(name: StageName, text: &str) -> Result<Self, StageError> {
        // What is no YAML at all has its place in the text, not in our structure.
        if let Err(error) = serde_yaml::from_str::<serde_yaml::Value>(text)
            && !error.to_string().contains("duplicate")
        {
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default().to_owned();
            return Err(StageError { line: error.location().map(|at| at.line()), message });
        }
        let reader = serde_yaml::Deserializer::from_str(text);
        let file: StageFile = serde_path_to_error::deserialize(reader).map_err(|error| error_in(text, &error))?;
        let stage = Self {
            name,
            region: file.region,
            account: file.account,
            profile: file.profile,
            permissions_boundary: file.permissions_boundary,
            architecture: file.architecture,
            log_retention_days: file.log_retention_days,
            tags: file.tags,
            time_zone: file.time_zone,
            alarm_topic: file.alarm_topic,
            backlog: file.backlog,
            backlog_files: file.backlog_files,
            bytebase_workflow: file.bytebase_workflow,
            mackerel_incidents: file.mackerel_incidents,
            sns_slack: file.sns_slack,
            question_form: file.question_form,
            text: text.to_owned(),
        };
        stage.check()?;
        Ok(stage)
    }

    /// Whether this is the stage on this machine, with stand-ins for every SaaS.
    pub fn is_local(&self) -> bool {
        self.name.is_local()
    }

    /// Where a setting stands, for an error that is only found later: file, line and path.
    pub fn place_of(&self, path: &[&str]) -> String {
        let line = self.line_of(path).map_or(String::new(), |line| format!(":{line}"));
        format!("stacks/stages/{}.yaml{line}: {}", self.name.as_str(), path.join("."))
    }

    /// The line of a setting, counted from 1; `None` if the file does not say it.
    pub fn line_of(&self, path: &[&str]) -> Option<usize> {
        position::line_of(&self.text, path)
    }

    /// The same stage with the senders of a list that was fetched.
    pub fn with_senders(&self, list: SenderList, ranges: Vec<SenderRange>) -> Self {
        let mut stage = self.clone();
        let senders = stage.mackerel_incidents.as_mut().map(|settings| &mut settings.allowed_senders);
        if let Some(Senders::Published(of, fetched)) = senders
            && *of == list
        {
            *fetched = Some(ranges);
        }
        stage
    }

    /// Where a service answers; `None` on the local stage, where stand-ins do.
    pub fn service_origin(&self, service: Service) -> Option<Origin> {
        match service {
            Service::Backlog => self.backlog.as_ref()?.host.as_ref().map(|host| host.origin()),
            Service::Bytebase => self.bytebase_workflow.as_ref()?.host.as_ref().map(|host| host.origin()),
            Service::Slack | Service::Teams => None,
        }
    }
}

/// An error with the line of the value that is wrong, not of the object around it.
fn error_in(text: &str, error: &serde_path_to_error::Error<serde_yaml::Error>) -> StageError {
    let inner = error.inner().to_string();
    // The position is a field of its own, and the path stands in front already.
    let message = inner.split(" at line ").next().unwrap_or_default();
    let path = error.path().to_string();
    let mut keys: Vec<&str> = match path.as_str() {
        "." => vec![],
        path => path.split(['.', '[', ']']).filter(|key| !key.is_empty()).collect(),
    };
    let repeated = (1..=keys.len()).rev().map(|n_keys| format!("{}: ", keys[..n_keys].join(".")));
    let message = repeated.into_iter().find_map(|path| message.strip_prefix(&path)).unwrap_or(message);
    let named = message.split('`').nth(1).unwrap_or_default();
    let line = if message.starts_with("duplicate ") {
        position::second_line_of(text, named)
    } else {
        if message.starts_with("unknown field") && keys.last() != Some(&named) {
            keys.push(named);
        }
        position::line_of(text, &keys)
    };
    let message = words::of_stage_file(message);
    let message = match path.as_str() {
        "." => message,
        path => format!("{path}: {message}"),
    };
    StageError { line: line.or_else(|| error.inner().location().map(|location| location.line())), message }
}

#[cfg(test)]
mod tests;
