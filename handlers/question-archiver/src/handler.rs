//! What the function does with one question.

use contracts::Published;
use contracts::question::{Question, receipt};
use contracts::question_archiver::{ArchivedQuestion, Links as Declared};
use contracts::trace::Made;
use jiff::Timestamp;
use runtime::{Delivery, Done, Failure};
use std::time::Duration;

runtime::linker!(Live: dynamodb, sqs);

type Links = Declared<Live>;

/// Largest item that DynamoDB takes, in bytes of names and values.
///
/// Source: Amazon DynamoDB developer guide, service quotas.
const ITEM_LIMIT_BYTES: usize = 400 * 1024;
/// More than all names and the numbers that the table adds.
const ITEM_FRAME_BYTES: usize = 256;

/// Keeps the question, once however often it is delivered.
pub async fn handle(links: &Links, delivery: Delivery<Published<Question>>) -> Result<Done, Failure> {
    let Links { archive, keep_days } = links;
    let id = delivery.published_id().to_owned();
    let Published { timestamp, message: Question { project_id, text }, .. } = delivery.message;
    let asked_at = asked_at(timestamp.as_deref(), Timestamp::now());
    let question = ArchivedQuestion { receipt: receipt(&id).to_owned(), project_id, text, asked_at };

    // The form refuses such a text, but a publisher of the topic is free to send one.
    let n_bytes = ITEM_FRAME_BYTES + 2 * id.len() + question.project_id.len() + question.text.len();
    if n_bytes > ITEM_LIMIT_BYTES {
        return Err(Failure::permanent(format!(
            "question {id} has {n_bytes} bytes as an item, and DynamoDB accepts {ITEM_LIMIT_BYTES}"
        )));
    }
    let life = keep_days.map(|days| Duration::from_secs(days.seconds()));
    let is_new = archive.insert(&id, &question, life).await?;
    let made = Made::Item(id.clone());
    Ok(match is_new {
        true => Done::worked(made, format!("kept question {id}")),
        false => Done::repeated(made, format!("question {id} is already kept")),
    })
}

/// When the question was published, in one form, so that items sort by it.
///
/// Only a message that came past the topic has no such time; then it is the moment of arrival. A
/// second delivery does not change it, because the first item stays.
fn asked_at(published_at: Option<&str>, now: Timestamp) -> String {
    let moment = published_at.and_then(|text| text.parse().ok()).unwrap_or(now);
    format!("{moment:.3}")
}

#[cfg(test)]
mod tests;
