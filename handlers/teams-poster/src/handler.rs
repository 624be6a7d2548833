//! What the function does with one question.

use crate::{card, workflow};
use contracts::question::Question;
use contracts::teams_poster::{Contract as ThisContract, Links as Declared};
use contracts::trace::Made;
use contracts::{Contract, Published};
use runtime::{Delivery, Done, Failure, timeout_at};
use std::time::Duration;

runtime::linker!(Live: dynamodb, secretsmanager, sqs);

type Links = Declared<Live>;

/// Longer than an invocation, so that none is still running when the claim ends.
const LEASE: Duration = Duration::from_secs(2 * ThisContract::LIMITS.timeout_seconds as u64);

/// Shows the question once, as far as that can be known.
///
/// Teams cannot be asked what it shows. After an attempt whose end is not known the card is posted
/// again: a second card bears the same number, while a missing one would go unnoticed.
pub async fn handle(links: &Links, delivery: Delivery<Published<Question>>) -> Result<Done, Failure> {
    let Links { shown, workflow, time_zone } = links;
    let number = delivery.published_id().to_owned();
    let deadline = delivery.deadline;
    let Published { timestamp, message: question, .. } = delivery.message;
    // What the form has cleaned stays as it is; another publisher may send anything.
    let question = question.cleaned();
    let asked_at = timestamp.and_then(|moment| time_zone.write_iso(&moment));
    let message = card::message(&question, &number, asked_at.as_deref());

    let show = async |_| {
        let posting = timeout_at(deadline, workflow::post(workflow, &message));
        let late = || Err(Failure::retry("Teams did not answer in the time of one invocation"));
        posting.await.unwrap_or_else(|_| late())?;
        Ok(Done::worked(Made::Message, format!("showed question {number} in {} bytes", message.len())))
    };
    shown.once(&number, LEASE, show).await
}

#[cfg(test)]
mod tests;
