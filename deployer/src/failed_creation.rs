//! Deleting a stack whose creation failed, so that its name is free for a new one.

use crate::account::{Account, Standing};
use crate::destroy::delete_stack;
use crate::error::Outcome;
use crate::event::Reporter;
use stacks::Stack;

/// Deletes the stack if its creation failed: such a stack holds nothing, and CloudFormation does not update it.
///
/// Waits for the end of any operation in progress first. Does nothing in every other status.
pub async fn clear_failed_creation(account: &Account, stack: &Stack, reporter: &Reporter) -> Outcome<()> {
    clear(account, stack, reporter).await.map_err(|error| error.of_stack(stack.name(), None))
}

async fn clear(account: &Account, stack: &Stack, reporter: &Reporter) -> Outcome<()> {
    let name = stack.full_stack_name();
    let Some(found) = account.find_settled(&name).await? else { return Ok(()) };
    if Standing::of(&found.status) != Standing::CreationFailed {
        return Ok(());
    }
    reporter.note(format!("stack `{name}` is {}: its creation failed earlier; deleting it first", found.status));
    account.mark_changed();
    delete_stack(account, stack, &found.id, reporter).await
}
