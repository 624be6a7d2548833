//! The stacks of this deployment: pure functions from a stage to templates.

mod backlog_files;
mod bytebase_workflow;
mod mackerel_incidents;
mod question_form;
mod resource;
mod sns_slack;
mod stack;
mod stage;
mod test_plan;
mod yaml;

pub mod rights;
pub mod workflow;

pub use resource::{BucketRef, ConnectionRef, DailyCount, QueueRef, SecretRef, SigningKeyRef, TableRef, TopicRef};
pub use stack::{
    BacklogLookup, CodeParameter, Definition, Feeding, FunctionSpec, IssueWires, MachineRef, OpenEndpoint,
    ParameterSource, Publishers, Registration, Replaced, SecretSource, SecretSpec, Sender, Signing, Site, SiteFile,
    SiteSettings, Stack, Webhook,
};
pub use stage::{
    AccountId, AlarmTopic, AlarmsTo, Architecture, BacklogFilesSettings, BacklogSettings, BytebaseWorkflowSettings,
    Domain, EmailAddress, FieldText, FieldValue, IssueSettings, LogRetention, MackerelIncidentsSettings, NameOrId,
    PolicyArn, Publisher, QuestionFormSettings, RateRule, Region, Schedule, SenderList, SenderRange, Senders, Service,
    SnsSlackSettings, Stage, StageError, StageName, TopicArn,
};
pub use test_plan::{Branch, Effect, Entry, StandInFile, TestPlan};

/// Names of all stacks, in the order in which they are listed.
pub const NAMES: &[&str] = &["backlog-files", "bytebase-workflow", "mackerel-incidents", "question-form", "sns-slack"];

/// Every stack that a stage has no section for, in the order of [`NAMES`] and without its definition.
///
/// The stage file may have had the section once.
pub fn former(stage: &Stage) -> Vec<Stack> {
    let has: Vec<&str> = all(stage).iter().map(Stack::name).collect();
    let missing = NAMES.iter().filter(|name| !has.contains(*name));
    missing
        .map(|name| match *name {
            question_form::NAME => question_form::former(stage),
            name => Stack::former(name, stage, &[]),
        })
        .collect()
}

/// The name of the stack whose topic the alarms of every stack of a stage go to, if it is one of ours.
pub fn alarm_stack(stage: &Stage) -> Option<&'static str> {
    let has_topic = stage.sns_slack.as_ref().is_some_and(|settings| settings.topic.is_none());
    (stage.alarm_topic == Some(AlarmTopic::SnsSlack) && has_topic).then_some(sns_slack::NAME)
}

/// Every stack that a stage has a section for, in the order of [`NAMES`].
pub fn all(stage: &Stage) -> Vec<Stack> {
    [
        stage.backlog_files.as_ref().map(|settings| backlog_files::stack(stage, settings)),
        stage.bytebase_workflow.as_ref().map(|settings| bytebase_workflow::stack(stage, settings)),
        stage.mackerel_incidents.as_ref().map(|settings| mackerel_incidents::stack(stage, settings)),
        stage.question_form.as_ref().map(|settings| question_form::stack(stage, settings)),
        stage.sns_slack.as_ref().map(|settings| sns_slack::stack(stage, settings)),
    ]
    .into_iter()
    .flatten()
    .collect()
}
