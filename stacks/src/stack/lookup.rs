//! What is looked up in Backlog before a stack is deployed.

use crate::stage::{FieldValue, NameOrId};
use std::collections::BTreeMap;
use std::fmt;

/// A lookup in Backlog: mostly the number of something that the stage names.
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
    /// A user to whom issues can be assigned.
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

    /// The lookups that it depends on, in order: the project, and the issue type.
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

    /// A value of the right form for when Backlog is not asked; no Backlog has it.
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
