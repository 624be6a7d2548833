//! What the function does with one notification.

use crate::notice::Notice;
use crate::slack::Shown;
use crate::{blocks, slack};
use contracts::slack_notifier::{Contract, Links as Declared};
use contracts::trace::Made;
use contracts::{Contract as _, PlainText, Published};
use runtime::{Attempt, Delivery, Done, Failure, timeout_at};
use std::time::Duration;

runtime::linker!(Live: dynamodb, secretsmanager, sqs);

type Links = Declared<Live>;

/// How long a notification is claimed: longer than the function that claimed it can live.
const LEASE: Duration = Duration::from_secs(2 * Contract::LIMITS.timeout_seconds as u64);

/// Shows a notification in Slack, once.
///
/// A webhook cannot be asked what it has shown. If an attempt came to no end that is known, the
/// next one shows the notification again: twice is better than never.
pub async fn handle(links: &Links, delivery: Delivery<Published<PlainText>>) -> Result<Done, Failure> {
    let Links { shown, webhook, time_zone } = links;
    if Notice::is_needless(&delivery.message) {
        return Ok(Done::Ignored("an alarm that was just made is well".into()));
    }
    let show = async |attempt: Attempt| {
        let notice = Notice::of(&delivery.message, time_zone);
        let message = slack::Message {
            blocks: blocks::payload(&notice).to_string(),
            text: blocks::text_payload(&notice).to_string(),
        };
        // Inside of the claim, so that the claim is given back when the time is over.
        let posting = timeout_at(delivery.deadline, slack::post(webhook, &message)).await;
        let shown =
            posting.unwrap_or_else(|_| Err(Failure::retry("Slack did not answer in the time of one invocation")))?;
        let how = match shown {
            Shown::Blocks => String::new(),
            Shown::Text { refusal } => format!(" in plain text, since Slack rejected its blocks ({refusal})"),
        };
        let again = if attempt == Attempt::Again { ", after an earlier attempt" } else { "" };
        Ok(Done::worked(Made::Message, format!("shown as {}{how}{again}", notice.kind)))
    };
    shown.once(delivery.published_id(), LEASE, show).await
}

#[cfg(test)]
mod tests;
