//! What Backlog answered, and what it means for the message that led to the call.

use crate::Change;
use contracts::backlog::BacklogApiKey;
use runtime::Failure;
use runtime::web::{self, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::{Duration, SystemTime};

/// How much of an error's body is looked at.
const ERROR_BYTES: usize = 2048;
/// How long an answer may be: a full list of long issues, and still far below the function's memory.
const ANSWER_BYTES: usize = 32 << 20;
/// How much of an error's message is passed on.
const MESSAGE_CHARS: usize = 200;
/// Wait after a 429 that does not say when to come back: the limits count by the minute.
const DEFAULT_WAIT: Duration = Duration::from_secs(60);
/// Seconds to come above which a named moment is not believed.
const LONGEST_WAIT_SECONDS: u64 = 3600;
/// Backlog's code for what is not there. Source: developer.nulab.com, "Error Response".
const NO_RESOURCE: u64 = 6;

/// An answer that is final.
pub(crate) enum Answer {
    /// It is done.
    Good(Body),
    /// What the path names is not there.
    Nothing(Said),
    /// The request is not one that Backlog carries out.
    Wrong(Said),
}

/// The body of a good answer.
pub(crate) struct Body {
    status: u16,
    bytes: Vec<u8>,
}

/// What every changed thing has, and no page of somebody else.
#[derive(Deserialize)]
struct Numbered {
    #[serde(rename = "id")]
    _id: u64,
}

/// A refusal: its status, and the first error of its body if there is one.
pub(crate) struct Said {
    status: u16,
    code: Option<u64>,
    message: Option<String>,
}

/// Sorts an answer; what may pass or can never be done for any request is a failure at once.
pub(crate) async fn judge(mut response: Response, key: &BacklogApiKey) -> Result<Answer, Failure> {
    let status = response.status().as_u16();
    match status {
        200..300 => return Ok(Answer::Good(Body { status, bytes: whole(&mut response).await? })),
        // The key must not travel on, and a written issue not twice.
        301 | 308 => return Err(Failure::permanent(format!("Backlog is at another address now ({status})"))),
        300..=399 => return Err(Failure::retry(format!("Backlog redirects ({status}), which is not followed"))),
        401 => {
            return Err(Failure::permanent(
                "Backlog refuses the API key (401): give a valid one with `cargo xtask deploy`",
            ));
        }
        403 => {
            return Err(Failure::permanent("Backlog does not let the owner of the API key do this (403)"));
        }
        429 => return Err(Failure::retry_after("Backlog's rate limit is reached", wait_of(&response))),
        _ => {}
    }
    let said = Said::read(response, key).await;
    match status {
        404 if said.code == Some(NO_RESOURCE) => Ok(Answer::Nothing(said)),
        // Without Backlog's own words it may be anybody's page, such as one during maintenance.
        404 if said.code.is_none() => Err(said.retry()),
        // Timed out and too early: both speak of the moment, not of the request.
        408 | 425 => Err(said.retry()),
        400..500 => Ok(Answer::Wrong(said)),
        _ => Err(said.retry()),
    }
}

impl Answer {
    /// The answer to a change of an issue.
    pub(crate) fn change(self) -> Result<Change, Failure> {
        match self {
            Self::Good(body) => body.read::<Numbered>("what it changed").map(|_| Change::Made),
            Self::Nothing(_) => Ok(Change::NoIssue),
            Self::Wrong(said) => Err(said.permanent()),
        }
    }
}

impl Body {
    /// Reads what was asked for; an answer that is something else may be a page of somebody else.
    pub(crate) fn read<T: DeserializeOwned>(&self, what: &str) -> Result<T, Failure> {
        serde_json::from_slice(&self.bytes)
            .map_err(|_| Failure::retry(format!("Backlog answered {} without {what}", self.status)))
    }
}

impl Said {
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// A failure that does not pass.
    pub(crate) fn permanent(&self) -> Failure {
        Failure::permanent(format!("Backlog refused the request ({}){}", self.status, self.words()))
    }

    fn retry(&self) -> Failure {
        Failure::retry(format!("Backlog answered {}{}", self.status, self.words()))
    }

    fn words(&self) -> String {
        match (self.code, &self.message) {
            (Some(code), Some(message)) => format!(": code {code}, {message}"),
            (Some(code), None) => format!(": code {code}"),
            (None, _) => String::new(),
        }
    }

    /// Code and message of Backlog's error body, if it is one; a message with the key is withheld.
    async fn read(mut response: Response, key: &BacklogApiKey) -> Self {
        let status = response.status().as_u16();
        let mut body = Vec::new();
        while let Ok(Some(piece)) = response.chunk().await {
            body.extend_from_slice(&piece);
            if body.len() >= ERROR_BYTES {
                break;
            }
        }
        let body = serde_json::from_slice::<serde_json::Value>(&body).unwrap_or_default();
        let error = &body["errors"][0];
        let message = error["message"].as_str().filter(|message| !shows_key(message, key));
        // The cut comes after the check, or it could leave a part of the key.
        let message = message.map(|message| message.chars().take(MESSAGE_CHARS).collect());
        Self { status, code: error["code"].as_u64(), message }
    }
}

/// The whole body of a good answer. The call had its effect, but what it was is not known without it.
async fn whole(response: &mut Response) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(piece)) if bytes.len() + piece.len() > ANSWER_BYTES => {
                return Err(Failure::retry("Backlog's answer is too long"));
            }
            Ok(Some(piece)) => bytes.extend_from_slice(&piece),
            Ok(None) => return Ok(bytes),
            Err(error) => return Err(Failure::retry(format!("Backlog's answer broke: {}", web::describe(error)))),
        }
    }
}

/// Whether a text holds the key, as it is or as it is written in a query.
fn shows_key(text: &str, key: &BacklogApiKey) -> bool {
    let encoded: String = form_urlencoded::byte_serialize(key.expose().as_bytes()).collect();
    let text = text.to_ascii_lowercase();
    [key.expose(), &encoded].iter().any(|form| text.contains(&form.to_ascii_lowercase()))
}

/// Until the moment (UTC epoch seconds) that Backlog names in `X-RateLimit-Reset`.
fn wait_of(response: &Response) -> Duration {
    let reset = response.headers().get("x-ratelimit-reset");
    let reset: Option<u64> = reset.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    // A moment that is past, or far away, is in another unit or of a wrong clock.
    let seconds =
        reset.and_then(|reset| reset.checked_sub(now.as_secs())).filter(|seconds| *seconds <= LONGEST_WAIT_SECONDS);
    // One second more, because both clocks are cut to whole seconds.
    seconds.map_or(DEFAULT_WAIT, |seconds| Duration::from_secs(seconds + 1))
}
