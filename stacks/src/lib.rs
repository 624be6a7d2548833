//! The stacks of this deployment: pure functions from a stage to templates.

mod api_policy;
mod costs;
mod integration;
mod resource;
mod stack;
mod stage;
mod test_plan;
mod waves;
mod yaml;

pub mod lookup;
pub mod rights;
pub mod workflow;

pub use contracts::SecretForm;
pub use costs::idle_costs;
pub use resource::{BucketRef, ConnectionRef, DailyCount, QueueRef, SecretRef, SigningKeyRef, TableRef, TopicRef};
pub use stack::{
    Api, CodeParameter, DeployedTemplate, Feeding, FunctionSpec, FurtherStack, IssueWires, KnownStack, MachineRef,
    OpenEndpoint, ParameterSource, Publishers, Registration, Replaced, RetiredStack, SecretSource, SecretSpec, Sender,
    Signing, Site, SiteFile, SiteSettings, SourceLine, Stack, Webhook,
};
pub use stage::{
    AccountId, AlarmTarget, AlarmTopic, AlarmsTo, Architecture, BacklogSettings, Contradiction, Domain, EmailAddress,
    FieldText, FieldValue, Host, Hosted, IssueSettings, LogRetention, NameOrId, OwnHost, PolicyArn, Publisher,
    RateRule, Region, Schedule, Section, SenderList, SenderRange, Senders, Stage, StageError, StageName, TopicArn,
};
pub use test_plan::{Branch, Effect, Entry, StandInFile, TestPlan};
pub use waves::{waves, with_needed};

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

/// Every stack of every integration that a stage has a section for, in the order of [`NAMES`].
///
/// The own stack of an integration comes after its further ones. Panics if a stack needs an output that no stack has,
/// which a test of this crate finds.
pub fn all(stage: &Stage) -> Vec<Stack> {
    let stacks: Vec<Stack> = INTEGRATIONS.iter().flat_map(|integration| integration.stacks(stage)).collect();
    if let Some((stack, of, output)) = waves::missing_output(&stacks) {
        panic!("stack `{stack}`: no stack `{of}` has the output `{output}`");
    }
    stacks
}

/// Every stack that a stage may have had with another stage file and does not have with this one, in the order of
/// [`NAMES`].
pub fn retired(stage: &Stage) -> Vec<RetiredStack> {
    INTEGRATIONS.iter().flat_map(|integration| integration.retired(stage)).collect()
}

/// Every stack that a stage has, or may have had with another stage file.
pub fn known(stage: &Stage) -> Vec<Box<dyn KnownStack>> {
    let all = all(stage).into_iter().map(|stack| Box::new(stack) as Box<dyn KnownStack>);
    all.chain(retired(stage).into_iter().map(|stack| Box::new(stack) as Box<dyn KnownStack>)).collect()
}

/// The name of the stack whose own topic the alarms of every stack of a stage go to; `None` if they go to none.
pub fn alarm_stack(stage: &Stage) -> Option<&'static str> {
    let (key, target) = stage.alarm_section()?;
    let integration = INTEGRATIONS.iter().find(|integration| integration.section.key == key)?;
    matches!(target, AlarmTarget::Own(_)).then_some(integration.section.name)
}
