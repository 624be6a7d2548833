//! What the function does with one request.

use contracts::TimeZone;
use contracts::question::{Question, receipt};
use contracts::question_receiver::{BODY_LIMIT_BYTES, Links as Declared};
use runtime::{Failure, Reply, Request};
use std::time::{Duration, SystemTime};

runtime::linker!(Live: dynamodb, sns);

type Links = Declared<Live>;

/// How long a day's number is kept: longer than a day is in any zone.
const COUNT_LIFE: Duration = Duration::from_secs(3 * 86_400);

/// Publishes the question, or says why not; nothing of what was asked is in a reply or a failure.
pub async fn handle(links: &Links, request: Request) -> Result<Reply, Failure> {
    let Links { questions, taken, daily_limit, time_zone } = links;
    if request.body.len() > BODY_LIMIT_BYTES {
        return Ok(Reply::TooLarge("the body exceeds 64 KiB"));
    }
    if !is_json(request.header("content-type")) {
        return Ok(Reply::UnsupportedType("the content type is not application/json"));
    }
    let Some(question) = read(&request.body) else {
        return Ok(Reply::BadRequest("the body is not a JSON object with exactly the texts `project_id` and `text`"));
    };
    let question = question.cleaned();
    if let Err(refusal) = question.check() {
        return Ok(Reply::Refused { code: refusal.code(), why: refusal.reason() });
    }
    // Counted before it is published: a question that then fails takes a place, but none is published in excess.
    if !taken.count(&today(time_zone), daily_limit.questions(), COUNT_LIFE).await? {
        return Ok(Reply::LimitReached {
            code: "daily_limit",
            why: "the questions of this day have reached their limit; send it again tomorrow",
        });
    }
    let message_id = questions.publish(&question).await?;
    Ok(Reply::Numbered { number: receipt(&message_id).to_owned(), message_id })
}

/// The date of now in the zone, such as `2026-08-04`.
fn today(time_zone: &TimeZone) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let day = i64::try_from(now).ok().and_then(|now| time_zone.day_of_seconds(now));
    // No clock shows a moment that no calendar holds.
    day.unwrap_or_default()
}

/// Whether a content type is JSON; it must be there, because a page of another origin cannot send
/// it without asking first, so that only the pages that the API allows can ask.
fn is_json(content_type: Option<&str>) -> bool {
    let media_type = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/json")
}

fn read(body: &[u8]) -> Option<Question> {
    let text = std::str::from_utf8(body).ok()?;
    // By itself, serde would take a list of the two values too.
    text.trim_start().starts_with('{').then(|| serde_json::from_str(text).ok())?
}

#[cfg(test)]
mod tests;
