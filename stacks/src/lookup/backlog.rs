//! What a stage names in Backlog: projects, types, priorities, members, milestones, custom fields.

mod answers;
mod custom_fields;
mod named;

pub use answers::{API, issue_text};

use crate::stage::{FieldValue, NameOrId, Stage};
use std::collections::BTreeMap;
use std::fmt;

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
    /// A person to whom issues can be given.
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
    fn project(&self) -> Option<&NameOrId> {
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
    pub(super) fn owners(&self) -> Vec<Self> {
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
    fn wanted(&self) -> &NameOrId {
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

    /// The path of the setting that names it, in a stack's section.
    pub(super) fn setting(&self, stage: &Stage, section: &str) -> Vec<String> {
        let key = match self {
            Self::Project(wanted) => {
                let shared = stage.backlog.as_ref().map(|backlog| backlog.project.as_str().to_owned());
                if shared.map(NameOrId::Name).as_ref() == Some(wanted) {
                    return ["backlog", "project"].map(str::to_owned).into();
                }
                "project"
            }
            // The section itself, to which lines are to be added.
            Self::CustomFields { .. } => return [section, "issue"].map(str::to_owned).into(),
            Self::TextFormatting(_) => "project",
            Self::IssueType { .. } => "type",
            Self::Priority(_) => "priority",
            Self::Member { .. } => "assignee",
            Self::Milestone { .. } => "milestone",
        };
        [section, "issue", key].map(str::to_owned).into()
    }

    /// What the template says of the parameter that gets the value.
    pub(super) fn description(&self) -> String {
        match self {
            Self::TextFormatting(_) | Self::CustomFields { .. } => format!("In Backlog: {self}"),
            _ => format!("Number in Backlog of {self}"),
        }
    }

    /// What stands for it if Backlog was not asked: a value of the right form.
    pub(super) fn placeholder(&self) -> &'static str {
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
