//! What a deployment would do: a change set, described and judged before anything changes.

mod usable;

use crate::account::{Account, StackSummary};
use crate::apply::{Validated, validation_findings};
use crate::artifact::artifact_bucket;
use crate::change::{Change, ChangeKind};
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use crate::lookup::BacklogIds;
use crate::statement::statements_of;
use aws_sdk_cloudformation::types::{Capability, ChangeSetStatus, ChangeSetType, Parameter, Tag, TemplateStage};
use aws_smithy_types::DateTime;
use contracts::{Origin, SettingValue};
use serde_json::Value as Json;
use stacks::{ParameterSource, Service, Stack};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use usable::{Usable, find_usable};

/// After so long nobody is looking at a change set any more: whoever made it was interrupted.
const FORGOTTEN: Duration = Duration::from_secs(3600);

/// What a stack is deployed with, beside its definition.
#[derive(Clone)]
pub struct Plan<'a> {
    /// The stack.
    pub stack: &'a Stack,
    /// Keys of the archives by package.
    pub code_keys: &'a BTreeMap<String, String>,
    /// Outputs of the stack that had to be there before.
    pub outputs_before: &'a BTreeMap<String, String>,
    /// Numbers that were looked up in Backlog.
    pub backlog_ids: &'a BacklogIds,
    /// Where the stand-ins answer, on the local stage.
    pub stand_ins: Option<&'a (dyn StandIns + Send + Sync)>,
    /// Whether a stack that never came to be is removed first; if not, the proposal can only be looked at.
    pub clears: bool,
}

/// Addresses of stand-ins for services.
pub trait StandIns: std::fmt::Debug {
    /// Where a service's stand-in answers.
    fn origin(&self, service: Service) -> Outcome<Origin>;
}

/// A change that is ready to be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Name of the stack in our sources.
    pub stack: &'static str,
    /// Whether the stack is new.
    pub is_new: bool,
    /// What happens to which resource; empty if there is nothing to do.
    pub changes: Vec<Change>,
    /// IAM statements that the stack gains, in words.
    pub gained: Vec<String>,
    /// IAM statements that the stack loses, in words.
    pub lost: Vec<String>,
    pub(crate) change_set: Option<ChangeSetId>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChangeSetId {
    pub(crate) stack_id: String,
    pub(crate) change_set: String,
}

impl ChangeSetId {
    /// What makes repeated requests to execute it the same one: its name.
    pub(crate) fn token(&self) -> &str {
        // arn:aws:cloudformation:REGION:ACCOUNT:changeSet/NAME/ID
        self.change_set.rsplit('/').nth(1).unwrap_or("tsugite")
    }
}

impl Proposal {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.change_set.is_none() && self.changes.is_empty()
    }
}

/// Asks CloudFormation what a deployment of the stack would change.
pub async fn propose(account: &Account, plan: &Plan<'_>, reporter: &Reporter) -> Outcome<Proposal> {
    let template = plan.stack.template();
    let existing = match find_usable(account, plan, reporter).await? {
        Usable::New => None,
        Usable::There(stack) => Some(stack),
        Usable::NotCleared => return Ok(of_template(plan.stack, &template)),
    };
    let id = create_change_set(account, plan, &template, existing.as_ref()).await?;
    let changes = match describe(account, &id).await? {
        Described::Ready(changes) => Some(changes),
        Described::NothingToDo => None,
        Described::Failed(reason) => {
            let reasons = failure_reasons(account, &id, reason).await;
            discard_change_set(account, &id, existing.is_none()).await?;
            return Err(Error::ChangeSet { stack: plan.stack.name().into(), reasons });
        }
    };
    if changes.is_none() {
        discard_change_set(account, &id, existing.is_none()).await?;
    }
    let (gained, lost) = match (&changes, &existing) {
        (None, _) => (vec![], vec![]),
        (Some(_), existing) => statement_changes(account, existing.as_ref(), &template).await?,
    };
    Ok(Proposal {
        stack: plan.stack.name(),
        is_new: existing.is_none(),
        change_set: changes.is_some().then_some(id),
        changes: changes.unwrap_or_default(),
        gained,
        lost,
    })
}

/// Takes back a proposal that is not applied.
pub async fn discard(account: &Account, proposal: &Proposal) -> Outcome<()> {
    match &proposal.change_set {
        Some(id) => discard_change_set(account, id, proposal.is_new).await,
        None => Ok(()),
    }
}

/// What a new stack would be, for a name that is not free yet.
fn of_template(stack: &Stack, template: &str) -> Proposal {
    let template = read_template(template);
    let resources = template["Resources"].as_object().into_iter().flatten();
    let changes = resources.map(|(logical_id, resource)| Change {
        kind: ChangeKind::Added,
        logical_id: logical_id.clone(),
        resource_type: resource["Type"].as_str().unwrap_or_default().to_owned(),
        properties: vec![],
    });
    Proposal {
        stack: stack.name(),
        is_new: true,
        changes: changes.collect(),
        gained: statements_of(&template).into_iter().collect(),
        lost: vec![],
        change_set: None,
    }
}

async fn create_change_set(
    account: &Account,
    plan: &Plan<'_>,
    template: &str,
    existing: Option<&StackSummary>,
) -> Outcome<ChangeSetId> {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let stage = plan.stack.stage();
    let mut tags = vec![tag("tsugite:stage", stage.name.as_str()), tag("tsugite:stack", plan.stack.name())];
    tags.extend(stage.tags.iter().map(|(key, value)| tag(key, value)));
    let change_set = format!("tsugite-{}", since_1970.as_millis());
    let answer = account
        .cloudformation
        .create_change_set()
        .stack_name(plan.stack.full_stack_name())
        // The SDK asks again if an answer is lost: it must mean the same.
        .client_token(&change_set)
        .change_set_name(&change_set)
        .change_set_type(match existing {
            Some(_) => ChangeSetType::Update,
            None => ChangeSetType::Create,
        })
        .template_body(template)
        .set_parameters(Some(parameters(account, plan)?))
        .set_tags(Some(tags))
        .capabilities(Capability::CapabilityIam)
        .send()
        .await
        .map_err(Error::aws("cloudformation:CreateChangeSet"))?;
    Ok(ChangeSetId { stack_id: answer.stack_id.unwrap_or_default(), change_set: answer.id.unwrap_or_default() })
}

fn parameters(account: &Account, plan: &Plan<'_>) -> Outcome<Vec<Parameter>> {
    let stage = plan.stack.stage();
    plan.stack
        .parameters()
        .iter()
        .map(|(name, source)| {
            let value = match source {
                ParameterSource::ArtifactBucket => artifact_bucket(account, stage),
                ParameterSource::CodeKey(package) => plan.code_keys.get(*package).cloned().unwrap_or_default(),
                ParameterSource::ServiceUrl(service) => match (stage.service_origin(*service), plan.stand_ins) {
                    (Some(origin), _) => origin.render(),
                    (None, Some(stand_ins)) => stand_ins.origin(*service)?.render(),
                    (None, None) => String::new(),
                },
                ParameterSource::OutputBefore(output) => {
                    // Only a dry run is without it: nothing is there yet that could tell.
                    plan.outputs_before.get(*output).cloned().unwrap_or_else(|| "not-there-yet".into())
                }
                ParameterSource::BacklogId(lookup) => plan.backlog_ids.number(lookup),
            };
            Ok(Parameter::builder().parameter_key(name).parameter_value(value).build())
        })
        .collect()
}

enum Described {
    Ready(Vec<Change>),
    NothingToDo,
    Failed(String),
}

async fn describe(account: &Account, id: &ChangeSetId) -> Outcome<Described> {
    let began = Instant::now();
    loop {
        match account.look(async || look_at(account, id).await).await? {
            Some(described) => return Ok(described),
            None => tokio::time::sleep(account.poll_interval(began.elapsed())).await,
        }
    }
}

/// What a change set would do; `None` if CloudFormation is not done with it.
async fn look_at(account: &Account, id: &ChangeSetId) -> Outcome<Option<Described>> {
    let mut pages = account
        .cloudformation
        .describe_change_set()
        .stack_name(&id.stack_id)
        .change_set_name(&id.change_set)
        .into_paginator()
        .send();
    let mut changes = Vec::new();
    let mut settled = None;
    while let Some(page) = pages.next().await {
        let page = page.map_err(Error::aws("cloudformation:DescribeChangeSet"))?;
        settled = match page.status() {
            Some(ChangeSetStatus::CreateComplete) => Some(Ok(())),
            Some(ChangeSetStatus::Failed) => Some(Err(page.status_reason().unwrap_or_default().to_owned())),
            _ => None,
        };
        let resources = page.changes().iter().filter_map(|change| change.resource_change());
        changes.extend(resources.map(Change::read));
    }
    changes.sort();
    Ok(settled.map(|settled| match settled {
        Ok(()) => Described::Ready(changes),
        Err(reason) if is_nothing_to_do(&reason) => Described::NothingToDo,
        Err(reason) => Described::Failed(reason),
    }))
}

/// The wording differs between services and over time; both known ones are matched loosely.
fn is_nothing_to_do(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    reason.contains("didn't contain changes") || reason.contains("no updates are to be performed")
}

/// The reasons of an early validation, which the change set itself only counts.
async fn failure_reasons(account: &Account, id: &ChangeSetId, reason: String) -> Vec<String> {
    let mut reasons = validation_findings(account, Validated::ChangeSet(&id.change_set)).await;
    if reasons.is_empty() || !reason.contains("DescribeEvents") {
        reasons.insert(0, reason);
    }
    reasons
}

/// Removes a change set, and the empty stack that a first one leaves behind.
async fn discard_change_set(account: &Account, id: &ChangeSetId, is_new: bool) -> Outcome<()> {
    account
        .cloudformation
        .delete_change_set()
        .stack_name(&id.stack_id)
        .change_set_name(&id.change_set)
        .send()
        .await
        .map_err(Error::aws("cloudformation:DeleteChangeSet"))?;
    if !is_new {
        return Ok(());
    }
    // Somebody else may have made it come true, or be about to propose something else.
    let there = account.find_stack(&id.stack_id).await?;
    if there.is_some_and(|stack| stack.status.is_only_proposed()) && !has_other_proposals(account, id).await? {
        account
            .cloudformation
            .delete_stack()
            .stack_name(&id.stack_id)
            .send()
            .await
            .map_err(Error::aws("cloudformation:DeleteStack"))?;
    }
    Ok(())
}

/// Whether a stack has other change sets that somebody may be looking at.
async fn has_other_proposals(account: &Account, ours: &ChangeSetId) -> Outcome<bool> {
    let answer = account.cloudformation.list_change_sets().stack_name(&ours.stack_id).send().await;
    let answer = answer.map_err(Error::aws("cloudformation:ListChangeSets"))?;
    let long_ago = DateTime::from(SystemTime::now() - FORGOTTEN);
    Ok(answer.summaries().iter().any(|summary| {
        let is_ready = matches!(
            summary.status(),
            Some(ChangeSetStatus::CreatePending | ChangeSetStatus::CreateInProgress | ChangeSetStatus::CreateComplete)
        );
        let is_recent = summary.creation_time().is_none_or(|made| *made > long_ago);
        is_ready && is_recent && summary.change_set_id() != Some(&ours.change_set)
    }))
}

async fn statement_changes(
    account: &Account,
    existing: Option<&StackSummary>,
    template: &str,
) -> Outcome<(Vec<String>, Vec<String>)> {
    let after = statements_of(&read_template(template));
    let before = match existing {
        None => BTreeSet::new(),
        Some(stack) => {
            let answer = account
                .cloudformation
                .get_template()
                .stack_name(&stack.id)
                .template_stage(TemplateStage::Original)
                .send()
                .await
                .map_err(Error::aws("cloudformation:GetTemplate"))?;
            statements_of(&read_template(answer.template_body().unwrap_or_default()))
        }
    };
    let only_in = |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).cloned().collect();
    Ok((only_in(&after, &before), only_in(&before, &after)))
}

fn read_template(text: &str) -> Json {
    serde_yaml::from_str(text).unwrap_or(Json::Null)
}
