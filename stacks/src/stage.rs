//! A stage: one YAML file that says where a deployment goes and how it is set.

mod position;
mod settings;

pub use settings::{Architecture, BacklogFilesSettings, BacklogSettings, LogRetention, Region, SenderRange, StageName};

use contracts::Origin;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// A SaaS that handlers call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Backlog of Nulab.
    Backlog,
}

/// Everything a stage file says; each field is explained in `stages/example.yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Name of the file without its ending.
    pub name: StageName,
    /// AWS region.
    pub region: Region,
    /// Profile of the AWS configuration. Default: the usual chain of credentials.
    pub profile: Option<String>,
    /// Processor of the functions.
    pub architecture: Architecture,
    /// How long logs are kept.
    pub log_retention_days: LogRetention,
    /// Tags of every stack and of all that is in it.
    pub tags: BTreeMap<String, String>,
    /// The Backlog space.
    pub backlog: BacklogSettings,
    /// Settings of the stack `backlog-files`.
    pub backlog_files: BacklogFilesSettings,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StageFile {
    region: Region,
    #[serde(default)]
    profile: Option<String>,
    #[serde(default)]
    architecture: Architecture,
    #[serde(default)]
    log_retention_days: LogRetention,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    backlog: BacklogSettings,
    backlog_files: BacklogFilesSettings,
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
            profile: file.profile,
            architecture: file.architecture,
            log_retention_days: file.log_retention_days,
            tags: file.tags,
            backlog: file.backlog,
            backlog_files: file.backlog_files,
        };
        stage.check_host(text)?;
        Ok(stage)
    }

    /// Whether this is the stage on this machine, with stand-ins for every SaaS.
    pub fn is_local(&self) -> bool {
        self.name.is_local()
    }

    /// Where a service answers; `None` on the local stage, where stand-ins do.
    pub fn service_origin(&self, service: Service) -> Option<Origin> {
        match service {
            Service::Backlog => self.backlog.host.as_ref().map(|host| host.origin()),
        }
    }

    fn check_host(&self, text: &str) -> Result<(), StageError> {
        let wrong =
            |path: &[&str], message: &str| StageError { line: position::line_of(text, path), message: message.into() };
        match (self.is_local(), &self.backlog.host) {
            (true, Some(_)) => Err(wrong(
                &["backlog", "host"],
                "backlog.host: found a host; the local stage has none, a stand-in answers there",
            )),
            (false, None) => Err(wrong(
                &["backlog"],
                "backlog: missing field `host`; allowed is the host of your space, such as `example.backlog.com`",
            )),
            _ => Ok(()),
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
    let message = message.strip_prefix(&format!("{path}: ")).unwrap_or(message);
    let message = keys.first().and_then(|key| message.strip_prefix(&format!("{key}: "))).unwrap_or(message);
    let named = message.split('`').nth(1).unwrap_or_default();
    let line = if message.starts_with("duplicate ") {
        position::second_line_of(text, named)
    } else {
        if message.starts_with("unknown field") && keys.last() != Some(&named) {
            keys.push(named);
        }
        position::line_of(text, &keys)
    };
    let message = match path.as_str() {
        "." => message.to_owned(),
        path => format!("{path}: {message}"),
    };
    StageError { line: line.or_else(|| error.inner().location().map(|location| location.line())), message }
}

#[cfg(test)]
mod tests;
