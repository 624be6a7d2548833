//! The stacks of this deployment: pure functions from a stage to templates.

mod api_policy;
mod costs;
mod integration;
mod resource;
mod stack;
mod stage;
mod test_plan;
mod yaml;

pub mod lookup;
pub mod rights;
pub mod workflow;

pub use contracts::SecretForm;
pub use costs::idle_costs;
pub use resource::{BucketRef, ConnectionRef, DailyCount, QueueRef, SecretRef, SigningKeyRef, TableRef, TopicRef};
pub use stack::{
    Api, CodeParameter, Feeding, FunctionSpec, IssueWires, MachineRef, OpenEndpoint, ParameterSource, Publishers,
    Registration, Replaced, SecretSource, SecretSpec, Sender, Signing, Site, SiteFile, SiteSettings, SourceLine, Stack,
    Webhook,
};
pub use stage::{
    AccountId, AlarmTarget, AlarmTopic, AlarmsTo, Architecture, BacklogSettings, Contradiction, Domain, EmailAddress,
    FieldText, FieldValue, Host, Hosted, IssueSettings, LogRetention, NameOrId, OwnHost, PolicyArn, Publisher,
    RateRule, Region, Schedule, Section, SenderList, SenderRange, Senders, Stage, StageError, StageName, TopicArn,
};
pub use test_plan::{Branch, Effect, Entry, StandInFile, TestPlan};

use integration::{Listed, integrations, name_of};
use stage::SectionKind;

// One line for each integration: the name of its module, from which those of its section and its stack follow.
integrations! {
    backlog_files,
    bytebase_workflow,
    mackerel_incidents,
    question_form,
    sns_slack,
}

impl Stage {
    /// Reads a stage file's text.
    pub fn parse(name: StageName, text: &str) -> Result<Self, StageError> {
        Self::read(name, text, SECTIONS)
    }
}

/// What each integration does, in one sentence without a full stop, by the name of its stack.
pub fn about() -> impl Iterator<Item = (&'static str, &'static str)> {
    INTEGRATIONS.iter().map(|integration| (integration.section.name, integration.about))
}

/// Every stack that a stage has a section for, in the order of [`NAMES`].
pub fn all(stage: &Stage) -> Vec<Stack> {
    INTEGRATIONS.iter().filter_map(|integration| integration.stack(stage)).collect()
}

/// Every stack that a stage has no section for, in the order of [`NAMES`] and without its definition.
///
/// The stage file may have had the section once.
pub fn retired(stage: &Stage) -> Vec<Stack> {
    let missing = INTEGRATIONS.iter().filter(|integration| stage.section_of(integration.section.key).is_none());
    missing.map(|integration| integration.retired(stage)).collect()
}

/// The name of the stack whose own topic the alarms of every stack of a stage go to; `None` if they go to none.
pub fn alarm_stack(stage: &Stage) -> Option<&'static str> {
    let (key, target) = stage.alarm_section()?;
    let integration = INTEGRATIONS.iter().find(|integration| integration.section.key == key)?;
    matches!(target, AlarmTarget::Own(_)).then_some(integration.section.name)
}
