//! What exists of a stack before a proposal is made.

use crate::account::{Account, StackSummary, Standing, describe_status};
use crate::error::{Error, Outcome, StackFailure};
use crate::event::Reporter;
use crate::outputs::recovery_hint;
use aws_sdk_cloudformation::types::StackStatus;
use stacks::Stack;

/// What exists of a stack.
pub(super) enum Existing {
    /// Nothing, or only change sets: the proposal creates the stack.
    None,
    /// The stack, ready for an update.
    Updatable(StackSummary),
    /// A stack whose creation failed; it can only be deleted.
    CreationFailed,
}

/// Finds what exists of a stack, after the end of any operation in progress.
///
/// A stack that is only proposed, perhaps by someone else at this moment, can take a second proposal.
pub(super) async fn find_existing(account: &Account, stack: &Stack, reporter: &Reporter) -> Outcome<Existing> {
    let name = stack.full_stack_name();
    let Some(found) = account.find_settled(&name).await? else { return Ok(Existing::None) };
    match Standing::of(&found.status) {
        Standing::Absent | Standing::Proposed => Ok(Existing::None),
        Standing::CreationFailed => {
            reporter.note(format!(
                "stack `{name}` is {}: its creation failed earlier, and it has to be deleted first",
                found.status
            ));
            Ok(Existing::CreationFailed)
        }
        _ => match stuck(stack, account, &found.status) {
            Some(failure) => Err(Error::Stack(failure)),
            None => Ok(Existing::Updatable(found)),
        },
    }
}

/// The failure for a stack that takes no change until a person has repaired it.
fn stuck(stack: &Stack, account: &Account, status: &StackStatus) -> Option<StackFailure> {
    let hint = recovery_hint(stack, account, status)?;
    let outcome = describe_status(status).unwrap_or_default();
    Some(StackFailure { stack: stack.name().into(), outcome, causes: vec![], hint })
}
