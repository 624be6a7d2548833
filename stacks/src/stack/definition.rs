//! What the deployer has to know of a stack beside its template.

use crate::stage::{FieldValue, NameOrId};
use contracts::{Saas, SecretForm, Signature};
use std::collections::BTreeMap;
use std::fmt;

/// Where in our sources a resource is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Path from the root of the repository.
    pub file: &'static str,
    /// Line, counted from 1.
    pub line: u32,
}

impl fmt::Display for Definition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.file, self.line)
    }
}

/// A function of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionSpec {
    /// Its logical id.
    pub logical_id: &'static str,
    /// The package and binary that is its code.
    pub package: &'static str,
}

/// The parameter that holds the key of a function's archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeParameter(pub String);

impl CodeParameter {
    /// The parameter of the function with this logical id.
    pub fn of(logical_id: &str) -> Self {
        Self(format!("{logical_id}Code"))
    }
}

/// Who knows the value of a template's parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterSource {
    /// Name of the bucket with the archives.
    ArtifactBucket,
    /// Key of the archive of this package.
    CodeKey(&'static str),
    /// Address of a SaaS, or of its stand-in.
    ServiceUrl(&'static Saas),
    /// This output of the stack that must be there before.
    OutputBefore(&'static str),
    /// What Backlog knows of something that the stage names.
    Backlog(BacklogLookup),
}

/// Something that is looked up in Backlog: mostly the number of what the stage names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BacklogLookup {
    /// A project, as the stage calls it.
    Project(NameOrId),
    /// A type of issue.
    IssueType {
        /// The project that has it.
        project: NameOrId,
        /// What the stage calls it.
        wanted: NameOrId,
    },
    /// A priority, as the stage calls it.
    Priority(NameOrId),
    /// Somebody to whom issues can be given.
    Member {
        /// The project that has them.
        project: NameOrId,
        /// What the stage calls them.
        wanted: NameOrId,
    },
    /// A milestone.
    Milestone {
        /// The project that has it.
        project: NameOrId,
        /// What the stage calls it.
        wanted: NameOrId,
    },
    /// By which rule a project, as the stage calls it, formats texts.
    TextFormatting(NameOrId),
    /// The custom fields of an issue type, with the values that the stage gives.
    CustomFields {
        /// The project that has the type.
        project: NameOrId,
        /// What the stage calls the type.
        issue_type: NameOrId,
        /// The values by the names of their fields.
        values: BTreeMap<String, FieldValue>,
    },
}

impl BacklogLookup {
    /// The project that has it, unless every project has the same.
    pub fn project(&self) -> Option<&NameOrId> {
        match self {
            Self::IssueType { project, .. }
            | Self::Member { project, .. }
            | Self::Milestone { project, .. }
            | Self::TextFormatting(project)
            | Self::CustomFields { project, .. } => Some(project),
            Self::Project(_) | Self::Priority(_) => None,
        }
    }

    /// What is looked up before it, in this order: the project, and the issue type.
    pub fn owners(&self) -> Vec<Self> {
        let project = self.project().cloned();
        let issue_type = match self {
            Self::CustomFields { project, issue_type, .. } => {
                Some(Self::IssueType { project: project.clone(), wanted: issue_type.clone() })
            }
            _ => None,
        };
        project.map(Self::Project).into_iter().chain(issue_type).collect()
    }

    /// What the stage calls it, or what it belongs to.
    pub fn wanted(&self) -> &NameOrId {
        match self {
            Self::Project(wanted)
            | Self::IssueType { wanted, .. }
            | Self::Priority(wanted)
            | Self::Member { wanted, .. }
            | Self::Milestone { wanted, .. }
            | Self::TextFormatting(wanted)
            | Self::CustomFields { issue_type: wanted, .. } => wanted,
        }
    }

    /// What stands for it where Backlog was not asked; it has the right form and is right nowhere.
    pub fn placeholder(&self) -> &'static str {
        match self {
            Self::TextFormatting(_) => "markdown",
            Self::CustomFields { .. } => "",
            _ => "0",
        }
    }
}

impl fmt::Display for BacklogLookup {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Project(_) => "project",
            Self::IssueType { .. } => "issue type",
            Self::Priority(_) => "priority",
            Self::Member { .. } => "member",
            Self::Milestone { .. } => "milestone",
            Self::TextFormatting(project) => return write!(formatter, "formatting of project `{project}`"),
            Self::CustomFields { .. } => "custom fields of issue type",
        };
        write!(formatter, "{kind} `{}`", self.wanted())?;
        match self.project() {
            Some(project) => write!(formatter, " of project `{project}`"),
            None => Ok(()),
        }
    }
}

/// A secret of a stack.
#[derive(Clone, Debug)]
pub struct SecretSpec {
    /// Its logical id.
    pub logical_id: String,
    /// Environment variable that may hold the value at deploy.
    pub name: &'static str,
    /// The SaaS that it opens. Default: none.
    pub saas: Option<&'static Saas>,
    /// What it is.
    pub form: SecretForm,
    /// The screen of that SaaS on which a person finds the value.
    pub place: &'static str,
    /// Who makes the value.
    pub source: SecretSource,
    /// Why a text cannot be the value, judged by its form alone; see `contracts::SecretValue::refusal`.
    pub refusal: fn(&str) -> Option<&'static str>,
}

impl SecretSpec {
    /// Where a person finds the value: the SaaS and its screen.
    pub fn origin(&self) -> String {
        self.saas.map_or(self.place.to_owned(), |saas| format!("{}: {}", saas.name, self.place))
    }
}

/// Who makes the value of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// A person, at deploy.
    Given,
    /// Secrets Manager, when the stack is created.
    Generated,
}

/// An address that somebody has to register in a SaaS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// Name of the SaaS.
    pub saas: &'static str,
    /// The screen and the field, and what else to set there.
    pub place: &'static str,
    /// Output of the stack that holds the address without its token.
    pub address_output: &'static str,
    /// Logical id of the secret that is the last part of the address; none if the address is no secret.
    pub token_secret: Option<String>,
    /// How requests to the address are signed. Default: they are not.
    pub signing: Option<Signing>,
}

/// How the sender of a webhook signs, and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signing {
    /// Logical id of the secret with the key.
    pub secret: String,
    /// The field of the SaaS into which the person pastes the key; none if the SaaS makes it.
    pub pasted_into: Option<&'static str>,
    /// How it signs.
    pub scheme: Signature,
}

/// A resource that stays when another takes its place, because a stack that is deployed later still uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// Output of the stack that names it.
    pub output: &'static str,
    /// What it is.
    pub what: &'static str,
    /// The command that removes it, to be completed with its name.
    pub command: &'static str,
}
