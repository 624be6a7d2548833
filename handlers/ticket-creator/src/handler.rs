//! What the function does with one question.

use crate::ticket::Ticket;
use backlog_client::{Issues, Markup, NewIssue};
use contracts::question::Question;
use contracts::ticket_creator::{Contract as ThisContract, Links as Declared};
use contracts::trace::Made;
use contracts::{Contract, Published};
use runtime::{Abandoned, Attempt, Delivery, Done, Failure, timeout_at};
use std::time::Duration;

runtime::linker!(Live: dynamodb, secretsmanager, sqs);

type Links = Declared<Live>;

/// Longer than an invocation, so that none is still running when the claim ends.
const LEASE: Duration = Duration::from_secs(2 * ThisContract::LIMITS.timeout_seconds as u64);

/// Opens the issue of the question; after an attempt that may have opened it, looks for it first.
pub async fn handle(links: &Links, delivery: Delivery<Published<Question>>) -> Result<Done, Failure> {
    let Links {
        created,
        api_key,
        backlog,
        project,
        issue_type,
        priority,
        assignee,
        milestone,
        custom_fields,
        text_formatting,
    } = links;
    let number = delivery.published_id().to_owned();
    let deadline = delivery.deadline;
    // What the form has cleaned stays as it is; another publisher may send anything.
    let question = delivery.message.message.cleaned();
    let ticket = Ticket::of(&question, &number, Markup(*text_formatting));
    let issues = Issues::new(backlog, api_key)?;
    let new = NewIssue {
        project: *project,
        issue_type: *issue_type,
        priority: *priority,
        assignee: *assignee,
        milestone: *milestone,
        custom_fields,
        summary: &ticket.summary,
        description: &ticket.description,
        marker: &ticket.marker,
    };

    let open = async |attempt| -> Result<Done, Abandoned> {
        if attempt == Attempt::Again
            && let Some(issue) = issues.find_by_line(*project, &ticket.marker).await?
        {
            let found = format!("issue {} was created before for question {number}", issue.key);
            return Ok(Done::worked(Made::Issue(issue.key), found));
        }
        let issue = issues.create(new).await?;
        let created = format!("created issue {} for question {number}", issue.key);
        Ok(Done::worked(Made::Issue(issue.key), created))
    };
    let open_in_time = async |attempt| {
        let late = || Failure::retry("Backlog did not answer in the time of one invocation");
        timeout_at(deadline, open(attempt)).await.unwrap_or_else(|_| Err(late().into()))
    };
    created.once_unless_refused(&number, LEASE, open_in_time).await
}

#[cfg(test)]
mod tests;
