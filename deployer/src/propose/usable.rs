//! What there is of a stack before a proposal is made.

use super::Plan;
use crate::account::{Account, StackSummary, Standing, remark};
use crate::destroy::delete_stack;
use crate::error::{Error, Outcome, StackFailure};
use crate::event::Reporter;
use crate::outputs::way_out;
use aws_sdk_cloudformation::types::StackStatus;
use stacks::Stack;

/// What there is of a stack.
pub(super) enum Usable {
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
pub(super) async fn find_usable(account: &Account, plan: &Plan<'_>, reporter: &Reporter) -> Outcome<Usable> {
    let stack = plan.stack;
    let name = stack.full_stack_name();
    let Some(mut there) = account.find_stack(&name).await? else { return Ok(Usable::New) };
    if Standing::of(&there.status).is_moving() {
        reporter.note(format!("stack `{name}` is {}: waiting for its end", there.status));
        let Some(settled) = account.wait_until_settled(&there.id).await? else { return Ok(Usable::New) };
        there.status = settled;
    }
    let status = &there.status;
    match Standing::of(status) {
        Standing::Absent | Standing::Proposed => Ok(Usable::New),
        Standing::NotCreated if !plan.clears => {
            reporter.note(format!("stack `{name}` is {status}: it never came to be and has to be removed first"));
            Ok(Usable::NotCleared)
        }
        Standing::NotCreated => {
            reporter.note(format!("stack `{name}` is {status}: it never came to be and is removed"));
            account.changes();
            delete_stack(account, stack, &there.id, reporter).await?;
            Ok(Usable::New)
        }
        _ => match stuck(stack, account, status) {
            Some(failure) => Err(Error::Stack(failure)),
            None => Ok(Usable::There(there)),
        },
    }
}

/// What is said of a stack that takes no change before somebody has seen to it.
fn stuck(stack: &Stack, account: &Account, status: &StackStatus) -> Option<StackFailure> {
    let hint = way_out(stack, account, status)?;
    let outcome = remark(status).unwrap_or_default();
    Some(StackFailure { stack: stack.name().into(), outcome, causes: vec![], hint })
}
