//! Applies a proposal and follows it until the stack has settled; a failure lists its first cause first.

mod failure;
mod swap;
#[cfg(test)]
mod tests;

use crate::account::Account;
use crate::error::{Error, Outcome, StackFailure};
use crate::event::Reporter;
use crate::failed_creation::clear_failed_creation;
use crate::function_code::put_back;
use crate::propose::{Plan, Proposal, discard_now, execute, propose};
use crate::stack_events::{StackEvents, THROTTLED, follow_operation};
use aws_sdk_cloudformation::types::StackStatus;
use failure::{creation_failed_meanwhile, failure, lost_sight_of};
use stacks::Stack;

/// How often a throttled operation is retried.
const MAX_RETRIES: u32 = 3;
/// The state of a stack when the answer to the execution is missing.
const OUTCOME_UNKNOWN: &str =
    "it is unknown whether CloudFormation started the change; the same command follows it, or starts it";

/// Applies a proposal that was agreed to; returns when the stack has settled.
///
/// An operation that AWS throttled is proposed and applied again after a pause, if the changes are the same.
pub async fn apply(account: &Account, plan: &Plan<'_>, agreed: &Proposal, reporter: &Reporter) -> Outcome<()> {
    let applied = apply_patiently(account, plan, agreed, reporter).await;
    applied.map_err(|error| error.of_stack(plan.stack.name(), None))
}

async fn apply_patiently(account: &Account, plan: &Plan<'_>, agreed: &Proposal, reporter: &Reporter) -> Outcome<()> {
    let mut proposal = agreed.clone();
    let mut n_pauses = 0;
    loop {
        let swapped = swap_code(account, plan, &proposal, reporter).await;
        let applied = apply_once(account, plan.stack, &proposal, reporter).await;
        if swapped && applied.is_err() {
            put_code_back(account, plan.stack, reporter).await;
        }
        let failure = match applied {
            Err(Error::Stack(failure)) if failure.is_throttled() && n_pauses < MAX_RETRIES => failure,
            result => return result,
        };
        n_pauses += 1;
        reporter.note(format!("{}: {THROTTLED}", plan.stack.name()));
        tokio::time::sleep(account.pace.pause).await;
        // A creation that was throttled was rolled back.
        clear_failed_creation(account, plan.stack, reporter).await?;
        proposal = propose(account, plan, reporter).await?;
        // No person agreed to other changes.
        if !proposal.is_empty() && proposal.changes != agreed.changes {
            if let Some(id) = &proposal.change_set {
                discard_now(account, id).await;
            }
            return Err(Error::Stack(failure));
        }
    }
}

/// Gives functions their new code before CloudFormation does, if that is all that changes; `false` if none was
/// touched.
///
/// The local stage has no use for it: its CloudFormation takes no longer. If it fails, CloudFormation does it alone.
async fn swap_code(account: &Account, plan: &Plan<'_>, proposal: &Proposal, reporter: &Reporter) -> bool {
    let stack = plan.stack;
    if account.local.is_some() || stack.stage().protected || !swap::is_only_code(&proposal.changes) {
        return false;
    }
    let step = reporter.begin(format!("new code for {}", stack.name()));
    let swapped =
        step.run(swap::swap(account, plan, &proposal.changes), |()| "running; CloudFormation records it".into());
    if let Err(error) = swapped.await {
        reporter.note(format!("{}: CloudFormation alone gives functions their new code: {error}", stack.name()));
    }
    // Some may have it even then.
    true
}

/// Gives functions the code that the stack has after a failure.
async fn put_code_back(account: &Account, stack: &Stack, reporter: &Reporter) {
    if let Err(error) = put_back(account, stack).await {
        reporter.warn(format!(
            "{}: functions may have other code than the stack: {error}; deploy again to correct it",
            stack.name()
        ));
    }
}

async fn apply_once(account: &Account, stack: &Stack, proposal: &Proposal, reporter: &Reporter) -> Outcome<()> {
    let Some(id) = &proposal.change_set else {
        return match proposal.is_empty() {
            true => Ok(()),
            false => Err(Error::Stack(creation_failed_meanwhile(stack))),
        };
    };
    let mut seen = StackEvents::before(account, &id.stack_id).await?;
    execute(account, id).await.map_err(|error| match error.is_transient() {
        true => error.of_stack(stack.name(), Some(OUTCOME_UNKNOWN)),
        false => error,
    })?;
    let status =
        follow_operation(account, stack.name(), &id.stack_id, &mut seen, reporter).await.map_err(
            |error| match error {
                error @ Error::Stack(_) => error,
                error => Error::Stack(lost_sight_of(stack, &error)),
            },
        )?;
    match status {
        None => Err(Error::Stack(StackFailure::deleted_meanwhile(stack.name()))),
        Some(StackStatus::CreateComplete | StackStatus::UpdateComplete) => Ok(()),
        Some(status) => Err(Error::Stack(failure(account, stack, &id.stack_id, &status, &seen).await)),
    }
}
