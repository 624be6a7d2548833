//! A stage: one YAML file that says where a deployment goes and how it is set.

mod check;
mod file;
mod position;
mod section;
mod settings;
mod words;

pub use section::{AlarmTarget, Contradiction, Section};
pub(crate) use section::{SectionKind, Shared};
pub use settings::{
    AccountId, AlarmTopic, AlarmsTo, Architecture, BacklogSettings, Domain, EmailAddress, FieldText, FieldValue, Host,
    Hosted, IssueSettings, LogRetention, NameOrId, OwnHost, PolicyArn, Publisher, RateRule, Region, Schedule,
    SenderList, SenderRange, Senders, StageName, TopicArn,
};
pub(crate) use settings::{present, publishers, senders, senders_or};

use contracts::{Origin, Saas, TimeZone};
use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Everything a stage file says; each field is explained in `stages/example.yaml`.
#[derive(Clone, Debug)]
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
    /// Whether only careful ways lead to it: no code goes past CloudFormation, no operation ends before all is ready.
    pub protected: bool,
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
    /// The settings of each integration that the stage has a stack of, by the key of their section.
    sections: BTreeMap<&'static str, Arc<dyn Section>>,
    /// The file as it was read, in which a setting is found again.
    pub text: String,
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
    /// Reads a stage file's text, whose sections are of these kinds.
    pub(crate) fn read(name: StageName, text: &str, kinds: &'static [SectionKind]) -> Result<Self, StageError> {
        let (region, file) = file::read(text, kinds)?;
        let stage = Self {
            name,
            region,
            account: file.account,
            profile: file.profile.flatten(),
            permissions_boundary: file.permissions_boundary,
            protected: file.protected.unwrap_or_default(),
            architecture: file.architecture.unwrap_or_default(),
            log_retention_days: file.log_retention_days.unwrap_or_default(),
            tags: file.tags.unwrap_or_default().0,
            time_zone: file.time_zone.unwrap_or_default(),
            alarm_topic: file.alarm_topic,
            backlog: file.backlog,
            sections: file.sections,
            text: text.to_owned(),
        };
        stage.check(kinds)?;
        Ok(stage)
    }

    /// The settings of an integration; `None` if the stage has no section for it.
    pub fn section<T: Section>(&self) -> Option<&T> {
        self.sections.values().find_map(|section| (&**section as &dyn Any).downcast_ref())
    }

    /// The same stage without the section with this key, as if it had left the stage file.
    pub fn without_section(&self, key: &str) -> Self {
        let mut stage = self.clone();
        stage.sections.retain(|known, _| *known != key);
        stage
    }

    /// The integration that takes the alarms of every stack, by the key of its section, and its topic; `None` if
    /// alarms go to no stack of this stage.
    pub(crate) fn alarm_section(&self) -> Option<(&'static str, AlarmTarget)> {
        let Some(AlarmTopic::Stack(name)) = &self.alarm_topic else { return None };
        let key = name.replace('-', "_");
        let (key, section) = self.sections.get_key_value(key.as_str())?;
        Some((key, section.alarm_target()?))
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
    pub fn with_senders(&self, list: SenderList, ranges: &[SenderRange]) -> Self {
        let mut stage = self.clone();
        for section in stage.sections.values_mut() {
            if let Some(changed) = section.with_senders(list, ranges) {
                *section = changed;
            }
        }
        stage
    }

    /// Where a SaaS answers that the stage file names a host of; `None` on the local stage, where stand-ins do, and
    /// for every other SaaS.
    pub fn origin_of(&self, saas: &Saas) -> Option<Origin> {
        self.hosted().find(|(_, hosted)| hosted.saas == saas)?.1.origin
    }

    /// Every SaaS whose host the stage file names or should name, by the key of the section.
    fn hosted(&self) -> impl Iterator<Item = (&'static str, Hosted)> {
        let shared = self.backlog.as_ref().map(|backlog| ("backlog", backlog.hosted()));
        let sections = self.sections.iter().filter_map(|(key, section)| Some((*key, section.hosted()?)));
        shared.into_iter().chain(sections)
    }
}

#[cfg(test)]
mod tests;
