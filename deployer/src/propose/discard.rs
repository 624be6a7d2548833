//! Discarding change sets that are not executed, and the empty stacks that they leave.

use super::change_set_name;
use crate::account::{Account, OpenChangeSet, Standing};
use crate::error::{Error, Outcome};
use aws_sdk_cloudformation::types::{ChangeSetStatus, ChangeSetSummary};
use aws_smithy_types::DateTime;
use futures_util::future::join_all;
use std::time::{Duration, SystemTime};

/// After so long a change set is abandoned: the command that created it was killed.
const FORGOTTEN: Duration = Duration::from_secs(3600);
/// How long an answer to CreateChangeSet is waited for when the command is interrupted.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// A change set that was neither executed nor discarded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftChangeSet {
    /// What may be left, and why it could not be discarded.
    pub what: String,
    /// Commands that remove it.
    pub remedy: String,
}

/// Discards every change set of this process that is not executed; returns those that may be left.
pub async fn discard_open(account: &Account) -> Vec<LeftChangeSet> {
    let open = account.open_change_sets().proposed();
    let results = join_all(open.iter().map(|change_set| async move {
        let account = account.in_region(&change_set.region);
        discard(&account, change_set).await.err().map(|error| left(change_set, &error.to_string()))
    }));
    results.await.into_iter().flatten().collect()
}

/// The change sets of this process that are not executed and may be left, if they are not discarded.
pub fn still_open(account: &Account) -> Vec<LeftChangeSet> {
    let open = account.open_change_sets().proposed();
    open.iter().map(|change_set| left(change_set, "interrupted before it was discarded")).collect()
}

/// Discards a change set that may not have come to be, and its stack if that is nothing else.
pub(super) async fn discard(account: &Account, change_set: &OpenChangeSet) -> Outcome<()> {
    let _wait = account.reporter.wait(format!("CloudFormation to discard the change set {}", change_set.name));
    let mut asked = change_set.asked.clone();
    // The channel carries nothing: it is closed by the end of the call.
    let is_answered = tokio::time::timeout(ANSWER_LIMIT, asked.changed()).await.is_ok();
    delete_change_set(account, &change_set.stack, &change_set.name).await?;
    match change_set.is_new {
        true => delete_empty_stack(account, change_set).await?,
        // Abandoned change sets are deleted too; a failure to list them does not matter here.
        false => {
            delete_abandoned(account, &change_set.stack, Some(&change_set.name)).await.unwrap_or(0);
        }
    }
    if !is_answered {
        return Err(Error::Unreachable {
            operation: "cloudformation:CreateChangeSet",
            reason: "it may still be created".into(),
        });
    }
    account.open_change_sets().forget(&change_set.name);
    Ok(())
}

/// Deletes a change set by its name; one that is not there is as good as deleted.
async fn delete_change_set(account: &Account, stack: &str, name: &str) -> Outcome<()> {
    let delete = async |elapsed: Duration| {
        let call = account.cloudformation.delete_change_set().stack_name(stack).change_set_name(name).send();
        match call.await.map_err(Error::aws("cloudformation:DeleteChangeSet")) {
            // CloudFormation deletes none before it is done with making it.
            Err(error) if has_code(&error, "InvalidChangeSetStatus") && elapsed < account.pace.begin => Ok(None),
            Err(error) if is_gone(&error) => Ok(Some(())),
            answer => answer.map(|_| Some(())),
        }
    };
    account.pace.until(delete).await
}

/// Whether CloudFormation knows neither the change set nor its stack.
fn is_gone(error: &Error) -> bool {
    has_code(error, "ChangeSetNotFound") || error.is_of_missing_stack()
}

/// The service appends `Exception` to some codes and not to others.
fn has_code(error: &Error, code: &str) -> bool {
    error.code().is_some_and(|found| found.strip_suffix("Exception").unwrap_or(found) == code)
}

/// Deletes a stack that has only change sets, unless someone may still decide on one of them.
async fn delete_empty_stack(account: &Account, change_set: &OpenChangeSet) -> Outcome<()> {
    let Some(stack) = account.find_stack(&change_set.stack).await? else { return Ok(()) };
    // Someone else may have executed a proposal of their own.
    let is_only_proposed = Standing::of(&stack.status) == Standing::Proposed;
    if !is_only_proposed || has_other_proposals(account, &stack.id, &change_set.name).await? {
        return Ok(());
    }
    let call = account.cloudformation.delete_stack().stack_name(&stack.id).send();
    call.await.map_err(Error::aws("cloudformation:DeleteStack"))?;
    let is_gone =
        async |elapsed: Duration| match account.retry_transient(async || account.find_stack(&stack.id).await).await? {
            None => Ok(Some(())),
            Some(stack) if elapsed > account.pace.begin => Err(Error::Aws {
                operation: "cloudformation:DeleteStack",
                code: stack.status.to_string(),
                message: format!("the empty stack still exists after {} s", elapsed.as_secs()),
            }),
            Some(_) => Ok(None),
        };
    account.pace.until(is_gone).await
}

/// Deletes the abandoned change sets of a stack that are of this tool, which no process will execute; not this one.
/// Returns how many there were.
pub(super) async fn delete_abandoned(account: &Account, stack: &str, except: Option<&str>) -> Outcome<usize> {
    let mut n_deleted = 0;
    for other in others(account, stack, except).await? {
        let name = other.change_set_name().unwrap_or_default();
        if change_set_name::is_of_this_tool(name) && is_abandoned(&other) {
            delete_change_set(account, stack, name).await?;
            n_deleted += 1;
        }
    }
    Ok(n_deleted)
}

/// Whether a stack has other change sets on which someone may still decide.
async fn has_other_proposals(account: &Account, stack_id: &str, name: &str) -> Outcome<bool> {
    Ok(others(account, stack_id, Some(name)).await?.iter().any(is_looked_at))
}

/// Every change set of a stack, without the one of this name.
async fn others(account: &Account, stack: &str, name: Option<&str>) -> Outcome<Vec<ChangeSetSummary>> {
    let pages = account.cloudformation.list_change_sets().stack_name(stack).into_paginator().items().send();
    let all = pages.try_collect().await.map_err(Error::aws("cloudformation:ListChangeSets"))?;
    Ok(all.into_iter().filter(|summary| name.is_none() || summary.change_set_name() != name).collect())
}

fn is_looked_at(summary: &ChangeSetSummary) -> bool {
    let is_ready = matches!(
        summary.status(),
        Some(ChangeSetStatus::CreatePending | ChangeSetStatus::CreateInProgress | ChangeSetStatus::CreateComplete)
    );
    is_ready && !is_abandoned(summary)
}

fn is_abandoned(summary: &ChangeSetSummary) -> bool {
    let long_ago = DateTime::from(SystemTime::now() - FORGOTTEN);
    summary.creation_time().is_some_and(|made| *made <= long_ago)
        || summary.change_set_name().is_some_and(change_set_name::creator_has_ended)
}

/// What a person reads of a change set that could not be discarded.
fn left(change_set: &OpenChangeSet, why: &str) -> LeftChangeSet {
    let OpenChangeSet { name, stack, region, .. } = change_set;
    let profile = change_set.profile.as_ref().map(|profile| format!(" --profile {profile}")).unwrap_or_default();
    let place = format!("--region {region}{profile} --stack-name {stack}");
    let (what, remedy) = match change_set.is_new {
        true => (
            format!("stack `{stack}` (REVIEW_IN_PROGRESS, without resources) with change set `{name}`"),
            format!("aws cloudformation delete-stack {place}"),
        ),
        false => (
            format!("change set `{name}` of stack `{stack}`"),
            format!("aws cloudformation delete-change-set {place} --change-set-name {name}"),
        ),
    };
    LeftChangeSet { what: format!("{what} may be left in {region}: {why}"), remedy }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::rules::cloudformation::*;
    use crate::account::rules::{ByRules, Rule};
    use crate::pace::Pace;
    use aws_sdk_cloudformation::types::StackStatus;
    use tokio::sync::watch;

    const OWN: &str = "tsugite-1700000000000-abcdef01";

    /// Discards a change set for a stack that is new, or there before; what is left open afterwards.
    async fn check(is_new: bool, pace: Pace, rules: Vec<Rule>) -> Vec<LeftChangeSet> {
        let mut aws = ByRules::with_pace(pace, rules);
        let (end, asked) = watch::channel(());
        drop(end);
        aws.account.open_change_sets().remember(OpenChangeSet {
            name: OWN.into(),
            stack: "n".into(),
            is_new,
            region: "ap-northeast-1".into(),
            profile: None,
            asked,
        });
        let left = discard_open(&aws.account).await;
        assert_eq!(aws.account.open_change_sets().proposed().len(), left.len());
        aws.told();
        left
    }

    fn now() -> DateTime {
        DateTime::from(SystemTime::now())
    }

    #[tokio::test]
    async fn an_empty_stack_goes_with_its_last_change_set() {
        let rules = vec![
            change_set_is_deleted(),
            stack_is(StackStatus::ReviewInProgress),
            change_sets_are(&[(OWN, now()), ("tsugite-1-of-long-ago", DateTime::from_secs(0))]),
            deletion_is_taken(),
            stack_is(StackStatus::ReviewInProgress),
            no_stack(),
        ];
        let pace = Pace { begin: Duration::from_secs(60), ..Pace::of_test() };
        assert_eq!(check(true, pace, rules).await, []);
    }

    #[tokio::test]
    async fn an_empty_stack_stays_for_somebody_who_looks_at_a_change_set_of_it() {
        let rules = vec![
            change_set_is_deleted(),
            stack_is(StackStatus::ReviewInProgress),
            change_sets_are(&[(OWN, now()), ("another-tool-s", now())]),
        ];
        assert_eq!(check(true, Pace::of_test(), rules).await, []);
    }

    #[tokio::test]
    async fn a_stack_that_somebody_else_has_made_meanwhile_stays() {
        let rules = vec![change_set_is_deleted(), stack_is(StackStatus::CreateInProgress)];
        assert_eq!(check(true, Pace::of_test(), rules).await, []);
    }

    #[tokio::test]
    async fn of_others_only_the_change_sets_of_this_tool_go_and_only_abandoned_ones() {
        let rules = vec![
            change_set_is_deleted(),
            change_sets_are(&[
                ("tsugite-1-of-long-ago", DateTime::from_secs(0)),
                ("tsugite-1-of-now", now()),
                ("another-tool-s-of-long-ago", DateTime::from_secs(0)),
            ]),
            change_set_is_deleted(),
        ];
        assert_eq!(check(false, Pace::of_test(), rules).await, []);
    }

    #[tokio::test]
    async fn a_change_set_that_is_still_being_made_is_discarded_afterwards_or_told() {
        let pace = Pace { begin: Duration::from_secs(60), ..Pace::of_test() };
        let rules = vec![
            change_set_is_kept("InvalidChangeSetStatus"),
            change_set_is_kept("InvalidChangeSetStatusException"),
            change_set_is_deleted(),
            change_sets_are(&[]),
        ];
        assert_eq!(check(false, pace, rules).await, []);
        let [left] = &check(false, Pace::of_test(), vec![change_set_is_kept("InvalidChangeSetStatus")]).await[..]
        else {
            panic!("nothing is left")
        };
        assert!(
            left.remedy
                .contains(&format!("delete-change-set --region ap-northeast-1 --stack-name n --change-set-name {OWN}"))
        );
    }
}
