//! Deleting a stack, as slowly as its services want it.

use crate::account::Account;
use crate::apply::{Seen, follow};
use crate::error::{Error, Outcome, StackFailure};
use crate::event::Reporter;
use stacks::Stack;
use std::time::Duration;

/// How often a stack is deleted again because a service was asked for too much at once.
const THROTTLED_LIMIT: u32 = 5;
/// API Gateway lets an account delete one REST API in so long, whatever its size.
///
/// Source: API Gateway developer guide, "Amazon API Gateway quotas", DeleteRestApi.
const THROTTLED_WAIT: Duration = Duration::from_secs(30);

/// Deletes a stack; stacks are deleted at the same time, so that what a quota refuses is asked for again.
pub(super) async fn delete_stack(account: &Account, stack: &Stack, id: &str, reporter: &Reporter) -> Outcome<()> {
    let mut n_throttled = 0;
    loop {
        match try_to_delete_stack(account, stack, id, reporter).await {
            Err(Error::Stack(failure)) if n_throttled < THROTTLED_LIMIT && is_throttled(&failure) => {
                n_throttled += 1;
                reporter.note(format!("{}: the service wants us to be slower; going on in a moment", stack.name()));
                tokio::time::sleep(THROTTLED_WAIT).await;
            }
            result => return result,
        }
    }
}

/// Whether nothing but the pace was wrong.
fn is_throttled(failure: &StackFailure) -> bool {
    let words = ["Too Many Requests", "TooManyRequests", "Rate exceeded", "Throttl"];
    !failure.causes.is_empty() && failure.causes.iter().all(|cause| words.iter().any(|word| cause.contains(word)))
}

async fn try_to_delete_stack(account: &Account, stack: &Stack, id: &str, reporter: &Reporter) -> Outcome<()> {
    account.wait_until_settled(id).await?;
    let mut seen = Seen::before(account, id).await?;
    account
        .cloudformation
        .delete_stack()
        .stack_name(id)
        .send()
        .await
        .map_err(Error::aws("cloudformation:DeleteStack"))?;
    let status = follow(account, stack.name(), id, &mut seen, reporter).await?;
    if status == "DELETE_COMPLETE" {
        return Ok(());
    }
    Err(Error::Stack(StackFailure {
        stack: stack.name().into(),
        outcome: format!("is {status}"),
        causes: seen.failures(stack),
        hint: "remove what holds the resource, then type the same command again".into(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_failure_of_pace_is_tried_again() {
        let throttled =
            "Api: Resource handler returned message: \"Too Many Requests (Service: ApiGateway, Status Code: 429)\"";
        let held = "Files: The bucket you tried to delete is not empty";
        for (causes, expected) in
            [(vec![throttled], true), (vec![throttled, held], false), (vec![held], false), (vec![], false)]
        {
            let failure = StackFailure {
                stack: "a".into(),
                outcome: "is DELETE_FAILED".into(),
                causes: causes.into_iter().map(str::to_owned).collect(),
                hint: String::new(),
            };
            assert_eq!(is_throttled(&failure), expected, "{failure:?}");
        }
    }
}
