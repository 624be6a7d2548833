//! What a deployment would do: a change set, described and judged before anything changes.

use crate::account::{Account, StackStatus, StackSummary};
use crate::artifact::artifact_bucket;
use crate::change::{Change, ChangeKind};
use crate::destroy::delete_stack;
use crate::error::{Error, Outcome, StackFailure};
use crate::event::Reporter;
use crate::lookup::BacklogIds;
use crate::statement::statements_of;
use aws_sdk_cloudformation::types::{Capability, ChangeSetStatus, ChangeSetType, Parameter, Tag, TemplateStage};
use contracts::{Origin, SettingValue};
use serde_json::Value as Json;
use stacks::{ParameterSource, Service, Stack};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

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
    let began = SystemTime::now();
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
            let reasons = failure_reasons(account, &id, reason, began).await;
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

/// What there is of a stack.
enum Usable {
    /// Nothing: it is to be created.
    New,
    /// The stack, ready for an update.
    There(StackSummary),
    /// One that never came to be, and has to go first.
    NotCleared,
}

/// Looks what there is.
///
/// An operation under way is waited for; a stack that never came to be is removed, since nothing
/// can be lost with it. One that is only proposed, perhaps by somebody else at this moment, takes
/// another proposal beside the first.
async fn find_usable(account: &Account, plan: &Plan<'_>, reporter: &Reporter) -> Outcome<Usable> {
    let stack = plan.stack;
    let name = stack.full_stack_name();
    let Some(mut there) = account.find_stack(&name).await? else { return Ok(Usable::New) };
    if there.status.is_moving() {
        reporter.note(format!("stack `{name}` is {}: waiting for its end", there.status.0));
        there.status = account.wait_until_settled(&there.id).await?;
    }
    if there.status == StackStatus::absent() || there.status.is_only_proposed() {
        return Ok(Usable::New);
    }
    if there.status.never_was() && !plan.clears {
        reporter.note(format!("stack `{name}` is {}: it never came to be and has to be removed first", there.status.0));
        return Ok(Usable::NotCleared);
    }
    if there.status.never_was() {
        reporter.note(format!("stack `{name}` is {}: it never came to be and is removed", there.status.0));
        account.changes();
        delete_stack(account, stack, &there.id, reporter).await?;
        return Ok(Usable::New);
    }
    match stuck(stack, account, &there.status) {
        Some(failure) => Err(Error::Stack(failure)),
        None => Ok(Usable::There(there)),
    }
}

/// What is said of a stack that takes no change before somebody has seen to it.
///
/// Source: CloudFormation user guide, "Continue rolling back an update".
fn stuck(stack: &Stack, account: &Account, status: &StackStatus) -> Option<StackFailure> {
    let (why, hint) = match status.0.as_str() {
        "UPDATE_ROLLBACK_FAILED" => (
            "an earlier change failed and could not be undone",
            format!(
                "see in the stack's events what holds it; then type: aws cloudformation continue-update-rollback --region {} --stack-name {}; then deploy again",
                account.region,
                stack.full_stack_name()
            ),
        ),
        "DELETE_FAILED" => (
            "it was to be deleted, and a part of it is left",
            format!(
                "remove it with: cargo xtask destroy {} --stage {}; then deploy again",
                stack.name(),
                stack.stage().name
            ),
        ),
        _ => return None,
    };
    let outcome = format!("is {}", status.0);
    Some(StackFailure { stack: stack.name().into(), outcome, causes: vec![format!("  {why}")], hint })
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
    let answer = account
        .cloudformation
        .create_change_set()
        .stack_name(plan.stack.full_stack_name())
        .change_set_name(format!("tsugite-{}", since_1970.as_millis()))
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
async fn failure_reasons(account: &Account, id: &ChangeSetId, reason: String, began: SystemTime) -> Vec<String> {
    let mut reasons = crate::apply::validation_findings(account, &id.stack_id, Some(&id.change_set), began).await;
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
    if there.is_some_and(|stack| stack.status.is_only_proposed()) && !has_proposals(account, &id.stack_id).await? {
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

/// Whether a stack has change sets; one that is being deleted does not count.
async fn has_proposals(account: &Account, stack_id: &str) -> Outcome<bool> {
    let answer = account.cloudformation.list_change_sets().stack_name(stack_id).send().await;
    let answer = answer.map_err(Error::aws("cloudformation:ListChangeSets"))?;
    Ok(answer.summaries().iter().any(|summary| {
        matches!(
            summary.status(),
            Some(ChangeSetStatus::CreatePending | ChangeSetStatus::CreateInProgress | ChangeSetStatus::CreateComplete)
        )
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
