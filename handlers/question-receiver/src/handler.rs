//! What the function does with one request.

use contracts::question::Question;
use contracts::question_receiver::{BODY_LIMIT_BYTES, Links as Declared};
use runtime::{Failure, Live, Reply, Request};

type Links = Declared<Live>;

/// Publishes the question, or says why not; nothing of what was asked is in a reply or a failure.
pub async fn handle(links: &Links, request: Request) -> Result<Reply, Failure> {
    let Links { questions } = links;
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
    let message_id = questions.publish(&question).await?;
    Ok(Reply::Accepted { message_id })
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
