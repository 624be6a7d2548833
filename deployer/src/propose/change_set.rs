//! One change set: requested, described when CloudFormation has created it, executed.

use super::template::send_template;
use super::{Plan, change_set_name};
use crate::account::{Account, OpenChangeSet, StackSummary};
use crate::attempts::Attempts;
use crate::change::Change;
use crate::error::{Error, FailureCause, Outcome, StackFailure};
use crate::random::random_word;
use crate::validation::{Validated, validation_findings};
use aws_sdk_cloudformation::types::{
    Capability, ChangeSetStatus, ChangeSetType, DeploymentConfig, DeploymentConfigMode, Parameter, Tag,
};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::{oneshot, watch};

/// A change set that CloudFormation was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChangeSetId {
    /// Id of the stack.
    pub(crate) stack_id: String,
    /// The name that was chosen for it; it also makes repeated requests to execute it the same one.
    pub(crate) name: String,
}

/// The result of creating a change set.
pub(super) enum Described {
    /// It can be executed.
    Ready(Vec<Change>),
    /// The stack is as it should be.
    NothingToDo,
    /// CloudFormation refuses the change, for these reasons.
    Failed(Vec<FailureCause>),
}

/// What a stack is to be.
pub(super) struct Wanted<'a> {
    pub(super) template: &'a str,
    pub(super) parameters: Vec<Parameter>,
    pub(super) tags: Vec<Tag>,
}

/// Asks for a change set, which is remembered before.
///
/// The call ends even if nothing waits for it any more: discarding the change set has to know that it will not
/// come to be afterwards.
pub(super) async fn create(
    account: &Account,
    plan: &Plan<'_>,
    wanted: Wanted<'_>,
    existing: Option<&StackSummary>,
) -> Outcome<ChangeSetId> {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let name = change_set_name::choose(since_1970.as_millis(), &random_word(4)?);
    let stack = plan.stack.full_stack_name();
    let (body, url) = send_template(account, plan.stack, wanted.template).await?.into_parameters();
    let attempts = Attempts::default();
    let call = account
        .cloudformation
        .create_change_set()
        .stack_name(&stack)
        // The SDK asks again if an answer is lost: it must mean the same.
        .client_token(&name)
        .change_set_name(&name)
        .change_set_type(match existing {
            Some(_) => ChangeSetType::Update,
            None => ChangeSetType::Create,
        })
        .set_template_body(body)
        .set_template_url(url)
        .set_parameters(Some(wanted.parameters))
        .set_tags(Some(wanted.tags))
        .capabilities(Capability::CapabilityIam)
        .set_deployment_config(plan.express.then(|| {
            // Source: CloudFormation API reference, DeploymentConfig.
            DeploymentConfig::builder().mode(DeploymentConfigMode::Express).disable_rollback(false).build()
        }))
        .customize()
        .interceptor(attempts.clone());
    let (end, asked) = watch::channel(());
    account.open_change_sets().remember(OpenChangeSet {
        name: name.clone(),
        stack: stack.clone(),
        is_new: existing.is_none(),
        region: account.region.clone(),
        profile: plan.stack.stage().profile.clone(),
        asked,
    });
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        let _ = tell.send(call.send().await);
        drop(end);
    });
    let given_up =
        |_| Error::Unreachable { operation: "cloudformation:CreateChangeSet", reason: "the call was abandoned".into() };
    match told.await.map_err(given_up)?.map_err(Error::aws("cloudformation:CreateChangeSet")) {
        Ok(answer) => Ok(ChangeSetId { stack_id: answer.stack_id.unwrap_or(stack), name }),
        // The name is unique: the answer to an earlier attempt was lost.
        Err(error) if error.code() == Some("AlreadyExistsException") && attempts.number() > 1 => {
            let stack_id = account.find_stack(&stack).await?.map_or(stack, |there| there.id);
            Ok(ChangeSetId { stack_id, name })
        }
        Err(error) => {
            if attempts.was_refused(&error) {
                account.open_change_sets().forget(&name);
            }
            match existing {
                Some(_) if error.is_of_missing_stack() => {
                    Err(Error::Stack(StackFailure::deleted_meanwhile(plan.stack.name())))
                }
                _ => Err(error),
            }
        }
    }
}

/// The tags of a stack, which CloudFormation gives its resources as well.
pub(super) fn tags(plan: &Plan<'_>) -> Vec<Tag> {
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let stage = plan.stack.stage();
    let mut tags = vec![tag("tsugite:stage", stage.name.as_str()), tag("tsugite:stack", plan.stack.name())];
    tags.extend(stage.tags.iter().map(|(key, value)| tag(key, value)));
    tags
}

/// Waits until CloudFormation is done with a change set.
pub(super) async fn describe(account: &Account, id: &ChangeSetId) -> Outcome<Described> {
    let _wait = account.reporter.wait(format!("CloudFormation to make the change set {}", id.name));
    account.pace.until(async |_| account.retry_transient(async || describe_once(account, id).await).await).await
}

/// What a change set would do; `None` if CloudFormation is not done with it.
async fn describe_once(account: &Account, id: &ChangeSetId) -> Outcome<Option<Described>> {
    let mut pages = account
        .cloudformation
        .describe_change_set()
        .stack_name(&id.stack_id)
        .change_set_name(&id.name)
        .into_paginator()
        .send();
    let mut changes = Vec::new();
    let mut settled = None;
    let mut arn = String::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(Error::aws("cloudformation:DescribeChangeSet"))?;
        settled = match page.status() {
            Some(ChangeSetStatus::CreateComplete) => Some(Ok(())),
            Some(ChangeSetStatus::Failed) => Some(Err(page.status_reason().unwrap_or_default().to_owned())),
            _ => None,
        };
        let resources = page.changes().iter().filter_map(|change| change.resource_change());
        changes.extend(resources.map(Change::read));
        arn = page.change_set_id.unwrap_or_default();
    }
    changes.sort();
    Ok(match settled {
        None => None,
        Some(Ok(())) => {
            // Warnings do not stop the change; they are reported here.
            validation_findings(account, Validated::ChangeSet(&arn)).await;
            Some(Described::Ready(changes))
        }
        Some(Err(reason)) if is_nothing_to_do(&reason) => Some(Described::NothingToDo),
        Some(Err(reason)) => Some(Described::Failed(failure_reasons(account, &arn, reason).await)),
    })
}

/// The wording differs between services and over time; both known ones are matched loosely.
fn is_nothing_to_do(reason: &str) -> bool {
    let reason = reason.to_lowercase();
    reason.contains("didn't contain changes") || reason.contains("no updates are to be performed")
}

/// The reasons of an early validation, which the change set itself only counts.
async fn failure_reasons(account: &Account, arn: &str, reason: String) -> Vec<FailureCause> {
    let mut reasons = validation_findings(account, Validated::ChangeSet(arn)).await;
    if reasons.is_empty() || !reason.contains("DescribeEvents") {
        reasons.insert(0, FailureCause::of_stack(reason));
    }
    reasons
}

/// Has a change set executed; one whose execution is refused stays open.
pub(crate) async fn execute(account: &Account, id: &ChangeSetId) -> Outcome<()> {
    let attempts = Attempts::default();
    let call = account
        .cloudformation
        .execute_change_set()
        .stack_name(&id.stack_id)
        .change_set_name(&id.name)
        // The SDK asks again if an answer is lost: it must mean the same.
        .client_request_token(&id.name)
        .customize()
        .interceptor(attempts.clone());
    account.open_change_sets().begin_execution(&id.name);
    let answer = call.send().await.map_err(Error::aws("cloudformation:ExecuteChangeSet"));
    let answer = match answer {
        // It is executed already: the answer to an earlier request was lost.
        Err(error) if error.code() == Some("InvalidChangeSetStatus") && attempts.number() > 1 => Ok(()),
        answer => answer.map(|_| ()),
    };
    match answer {
        Err(error) if attempts.was_refused(&error) => {
            account.open_change_sets().take_back_execution(&id.name);
            Err(error)
        }
        answer => {
            account.mark_changed();
            account.open_change_sets().forget(&id.name);
            answer
        }
    }
}
