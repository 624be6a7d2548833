//! Deleting a stack, again after throttling and while AWS reports its certificate as in use.

use crate::account::Account;
use crate::error::{Error, FailureCause, Outcome, StackFailure};
use crate::event::Reporter;
use crate::stack_events::{StackEvents, THROTTLED, follow_operation};
use stacks::KnownStack;

/// Why a stack cannot be deleted yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NotYet {
    /// AWS throttled the deletion.
    Throttled,
    /// CloudFront used the certificate, and ACM still reports it as in use.
    CertificateInUse,
}

impl NotYet {
    /// How often the stack is deleted again.
    fn limit(self) -> u32 {
        match self {
            Self::Throttled => 5,
            Self::CertificateInUse => 40,
        }
    }

    fn told(self) -> &'static str {
        match self {
            Self::Throttled => THROTTLED,
            Self::CertificateInUse => "AWS still reports the certificate as in use, for up to 20 minutes; retrying",
        }
    }

    /// Tells it from the causes of a failure; `None` if there is another one among them.
    fn of(failure: &StackFailure) -> Option<Self> {
        if failure.is_throttled() {
            Some(Self::Throttled)
        } else if !failure.causes.is_empty() && failure.causes.iter().all(FailureCause::is_certificate_in_use) {
            Some(Self::CertificateInUse)
        } else {
            None
        }
    }
}

/// The state of a stack when the answer to the deletion is missing.
const OUTCOME_UNKNOWN: &str =
    "it is unknown whether CloudFormation started to delete it; the same command follows it, or starts it";

/// Deletes a stack; stacks are deleted at the same time, so that what a quota refuses is asked for again.
pub(crate) async fn delete_stack(
    account: &Account,
    stack: &dyn KnownStack,
    id: &str,
    reporter: &Reporter,
) -> Outcome<()> {
    let mut n_waits = 0;
    loop {
        let failure = match try_to_delete_stack(account, stack, id, reporter).await {
            Err(Error::Stack(failure)) => failure,
            result => return result,
        };
        match NotYet::of(&failure).filter(|not_yet| n_waits < not_yet.limit()) {
            Some(not_yet) => {
                n_waits += 1;
                reporter.note(format!("{}: {}", stack.name(), not_yet.told()));
                tokio::time::sleep(account.pace.pause).await;
            }
            None => return Err(Error::Stack(failure)),
        }
    }
}

async fn try_to_delete_stack(account: &Account, stack: &dyn KnownStack, id: &str, reporter: &Reporter) -> Outcome<()> {
    account.wait_until_settled(id).await?;
    let mut seen = StackEvents::before(account, id).await?;
    account
        .cloudformation
        .delete_stack()
        .stack_name(id)
        .send()
        .await
        .map_err(Error::aws("cloudformation:DeleteStack"))
        .map_err(|error| match error.is_transient() {
            true => error.of_stack(stack.name(), Some(OUTCOME_UNKNOWN)),
            false => error,
        })?;
    let Some(status) = follow_operation(account, stack.name(), id, &mut seen, reporter).await? else { return Ok(()) };
    Err(Error::Stack(StackFailure {
        stack: stack.name().into(),
        outcome: format!("is {status}"),
        causes: seen.failures(stack),
        hint: "delete what uses the resource, then run the command again".into(),
    }))
}

#[cfg(test)]
mod tests;
