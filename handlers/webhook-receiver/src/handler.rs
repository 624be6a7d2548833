//! What the function does with one request.

use contracts::webhook_receiver::{BODY_LIMIT_BYTES, Links as Declared};
use contracts::{JsonObject, Signature, SigningKey, Unsigned, WebhookToken};
use runtime::{Failure, Reply, Request, Secret};
use std::borrow::Cow;
use subtle::ConstantTimeEq;

runtime::linker!(Live: secretsmanager, sqs);

type Links = Declared<Live, JsonObject>;

/// Queues the event, or says why not.
pub async fn handle(links: &Links, request: Request) -> Result<Reply, Failure> {
    let Links { queue, token, key, signature, interest, headers } = links;
    let key = match (token, key, signature) {
        (Some(token), None, None) => {
            if !has_token(token, &request).await? {
                return Ok(Reply::Unauthorized("the last part of the URL is not the token of this webhook"));
            }
            None
        }
        (None, Some(key), Some(signature)) => match checked_key(key, signature, &request).await? {
            Ok(key) => Some((key, signature)),
            Err(why) => return Ok(Reply::Unauthorized(why)),
        },
        // A definition that lets no sender in; to let everyone in would be worse.
        _ => return Err(Failure::permanent("the receiver needs a token, or a key and how it is used")),
    };
    if !is_json(request.header("content-type")) {
        return Ok(Reply::UnsupportedType("the content type is not application/json"));
    }
    let Ok(body) = std::str::from_utf8(&request.body) else {
        return Ok(Reply::BadRequest("the body is not UTF-8"));
    };
    let queued = in_xml(body);
    if queued.len() > BODY_LIMIT_BYTES {
        return Ok(match interest.would_be_ignored(body) {
            true => Reply::Ignored("events of this kind have no effect"),
            false => Reply::TooLarge("the body exceeds 1008 KiB, the limit of the queue"),
        });
    }
    let Ok(JsonObject(event)) = serde_json::from_str(body) else {
        return Ok(Reply::BadRequest("the body is not a JSON object"));
    };
    if let Some((key, signature)) = key
        && let Some(answer) = signature.handshake(key.expose(), &event.into()).map_err(unusable)?
    {
        return Ok(Reply::Answered(answer));
    }
    let given = headers.names().filter_map(|name| Some((name.to_owned(), request.header(name)?.to_owned())));
    let message_id = queue.send_text(&queued, &given.collect()).await?;
    Ok(Reply::Accepted { message_id })
}

/// Whether the last part of the path is the token; in constant time, so that answers do not tell how much of a guess
/// is right.
async fn has_token(token: &Secret<WebhookToken>, request: &Request) -> Result<bool, Failure> {
    let token = token.read().await?;
    let given = request.path_parameter("token").unwrap_or_default();
    Ok(given.as_bytes().ct_eq(token.expose().as_bytes()).into())
}

/// The key with which the request is signed; the inner error says why it is not the sender's.
///
/// The key is at most a minute old. To read it for each wrong signature would let forgers read it, again and
/// again.
async fn checked_key(
    key: &Secret<SigningKey>,
    signature: &Signature,
    request: &Request,
) -> Result<Result<SigningKey, &'static str>, Failure> {
    let key = key.read().await?;
    match signature.check(key.expose(), |name| request.header(name), &request.body, request.received_at) {
        Ok(()) => Ok(Ok(key)),
        Err(problem @ Unsigned::Key) => Err(unusable(problem)),
        Err(problem) => Ok(Err(problem.reason())),
    }
}

/// A key that the deployer has to fix; the sender sees that it is not their fault.
fn unusable(problem: Unsigned) -> Failure {
    Failure::permanent(problem.reason())
}

/// The body as SQS takes it: two code points that JSON may hold and XML may not are written as escapes.
///
/// Source: SQS API reference, SendMessage.
fn in_xml(body: &str) -> Cow<'_, str> {
    match body.contains(['\u{fffe}', '\u{ffff}']) {
        true => body.replace('\u{fffe}', "\\ufffe").replace('\u{ffff}', "\\uffff").into(),
        false => body.into(),
    }
}

/// Whether a content type is JSON; one that is missing is decided by the body itself, because
/// no SaaS promises the headers of its webhooks.
fn is_json(content_type: Option<&str>) -> bool {
    let Some(content_type) = content_type else {
        return true;
    };
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type == "application/json" || media_type.ends_with("+json") || media_type == "text/json"
}

#[cfg(test)]
mod tests;
