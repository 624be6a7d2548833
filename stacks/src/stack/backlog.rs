//! How a stack makes issues in Backlog: by the numbers of what its stage names.

use super::{ParameterSource, Stack};
use crate::lookup::{BacklogLookup, Lookup};
use crate::stage::{IssueSettings, NameOrId};
use contracts::backlog::{CustomFields, IssueTypeId, MilestoneId, PriorityId, ProjectId, TextFormatting, UserId};
use contracts::{Kind, Setting, SettingValue, Wire};

/// How an issue is made, by the numbers that Backlog's API takes, and what its texts mean.
pub struct IssueWires {
    /// The project.
    pub project: Wire<Setting<ProjectId>>,
    /// The type.
    pub issue_type: Wire<Setting<IssueTypeId>>,
    /// The priority.
    pub priority: Wire<Setting<PriorityId>>,
    /// Whose it is.
    pub assignee: Wire<Setting<Option<UserId>>>,
    /// The milestone.
    pub milestone: Wire<Setting<Option<MilestoneId>>>,
    /// The values of its custom fields.
    pub custom_fields: Wire<Setting<CustomFields>>,
    /// By which rule its project formats texts.
    pub text_formatting: Wire<Setting<TextFormatting>>,
}

impl Stack {
    /// Has `deploy` check that this exists in Backlog, because a wrong name would silently do nothing.
    pub fn named_in_backlog(&mut self, lookup: BacklogLookup) {
        self.named_in_backlog.push(Lookup::Backlog(lookup));
    }

    /// How issues are made: what the stage names is looked up in Backlog at deploy.
    ///
    /// Panics if the stage has no section `backlog`, which reading the stage file refuses.
    pub fn issue(&mut self, settings: &IssueSettings) -> IssueWires {
        let default = self.stage.backlog.as_ref().map(|backlog| NameOrId::Name(backlog.project.as_str().into()));
        let Some(project) = settings.project.clone().or(default) else {
            panic!("stack `{}`: the stage names no project of Backlog", self.name);
        };
        let kind = BacklogLookup::IssueType { project: project.clone(), wanted: settings.kind.clone() };
        let priority = BacklogLookup::Priority(settings.priority.clone());
        let assignee = settings.assignee.clone();
        let assignee = assignee.map(|wanted| BacklogLookup::Member { project: project.clone(), wanted });
        let milestone = settings.milestone.clone();
        let milestone = milestone.map(|wanted| BacklogLookup::Milestone { project: project.clone(), wanted });
        let custom_fields = BacklogLookup::CustomFields {
            project: project.clone(),
            issue_type: settings.kind.clone(),
            values: settings.custom_fields.clone().unwrap_or_default(),
        };
        let formatting = BacklogLookup::TextFormatting(project.clone());
        IssueWires {
            project: self.looked_up("BacklogProjectId", BacklogLookup::Project(project)),
            issue_type: self.looked_up("BacklogIssueTypeId", kind),
            priority: self.looked_up("BacklogPriorityId", priority),
            assignee: self.optional("BacklogAssigneeId", assignee),
            milestone: self.optional("BacklogMilestoneId", milestone),
            custom_fields: self.looked_up("BacklogCustomFields", custom_fields),
            text_formatting: self.looked_up("BacklogTextFormatting", formatting),
        }
    }

    /// A value that `deploy` looks up in Backlog.
    fn looked_up<T>(&mut self, name: &str, lookup: BacklogLookup) -> Wire<Setting<T>>
    where
        Setting<T>: Kind,
    {
        self.parameter(name.to_owned(), ParameterSource::LookedUp(Lookup::Backlog(lookup)))
    }

    /// A number that `deploy` looks up in Backlog if the stage names it.
    fn optional<T: SettingValue>(&mut self, name: &str, lookup: Option<BacklogLookup>) -> Wire<Setting<Option<T>>> {
        match lookup {
            Some(lookup) => self.looked_up(name, lookup),
            None => self.setting(&None),
        }
    }
}
