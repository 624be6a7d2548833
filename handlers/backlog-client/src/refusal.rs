//! How Backlog refuses a call, whatever the call is.

use crate::BACKLOG;
use contracts::backlog::BacklogApiKey;
use contracts::text::beginning;
use contracts::trace::Cause;
use runtime::{Abandoned, Effect, Failure};
use std::time::{Duration, SystemTime};
use web::Response;

/// How much of an error's body is looked at.
const ERROR_BYTES: usize = 2048;
/// How much of an error's message is passed on.
const MESSAGE_CHARS: usize = 200;
/// Wait after a 429 that does not say when to come back: the limits count by the minute.
const DEFAULT_WAIT: Duration = Duration::from_secs(60);
/// Seconds to come above which a named moment is not believed.
const LONGEST_WAIT_SECONDS: u64 = 3600;

/// Backlog's code for what is not there. Source: developer.nulab.com, "Error Response".
const NO_RESOURCE: u64 = 6;

/// What Backlog said with a status of 400 and above: the first error of its body, if there is one.
///
/// Source: developer.nulab.com, "Error Response".
pub struct Refusal {
    status: u16,
    code: Option<u64>,
    message: Option<String>,
}

impl Refusal {
    /// The answer's status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Backlog's own code, if the body is an error of its.
    pub fn code(&self) -> Option<u64> {
        self.code
    }

    /// Whether Backlog itself says that there is nothing under this address, in a project that is there.
    pub fn is_no_resource(&self) -> bool {
        self.is_missing() && !self.speaks_of_project()
    }

    /// Whether it is the project that is not there, for the owner of the key.
    pub fn is_no_project(&self) -> bool {
        self.is_missing() && self.speaks_of_project()
    }

    /// A 404 without Backlog's words is anybody's page, such as one during maintenance.
    fn is_missing(&self) -> bool {
        self.status == 404 && self.code == Some(NO_RESOURCE)
    }

    /// Backlog has one code for all that is missing, and different words.
    ///
    /// Source: the sample of developer.nulab.com, "Error Response": "No project.".
    fn speaks_of_project(&self) -> bool {
        self.message.as_ref().is_some_and(|message| message.to_lowercase().contains("project"))
    }

    /// A failure that does not pass.
    pub fn permanent(&self) -> Failure {
        let failure = Failure::permanent(format!("Backlog refused the request ({}){}", self.status, self.words()));
        failure.because(Cause::content_refused(BACKLOG))
    }

    /// A failure that may pass.
    pub fn retry(&self) -> Failure {
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
    pub async fn read(mut response: Response, key: &BacklogApiKey) -> Self {
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
        let message = message.map(|message| beginning(message, MESSAGE_CHARS, |_| 1).to_owned());
        Self { status, code: error["code"].as_u64(), message }
    }
}

/// A 401 with the key as it is stored now. Source: developer.nulab.com, "Authentication".
pub fn refused_key() -> Failure {
    let failure = Failure::permanent("Backlog refuses the API key (401): give a valid one with `cargo xtask deploy`");
    failure.because(Cause::secret_refused::<BacklogApiKey>())
}

/// A 403: the key is valid, and its owner may not do this.
pub fn forbidden(what: &str) -> Failure {
    let failure = Failure::permanent(format!("Backlog does not let the owner of the API key {what} (403)"));
    failure.because(Cause::not_allowed(
        "give the owner of the API key the right in Backlog, or deploy with the key of a user who has it",
    ))
}

/// No answer; the reason says nothing about a call that writes.
pub fn unreachable(error: web::Error) -> Failure {
    let failure = Failure::retry(format!("Backlog cannot be reached: {}", web::describe(error)));
    failure.because(Cause::unreachable(BACKLOG))
}

/// A 429: patience until the moment that the answer names.
///
/// Source: developer.nulab.com, "Rate limit".
pub fn rate_limit(response: &Response) -> Failure {
    Failure::retry_after("Backlog's rate limit is reached", wait_of(response)).because(Cause::rate_limited(BACKLOG))
}

/// Whether a text holds the key, as it is or as it is written in a query.
pub fn shows_key(text: &str, key: &BacklogApiKey) -> bool {
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

/// A failure before or without any effect on Backlog.
pub(crate) fn without_effect(failure: Failure) -> Abandoned {
    Abandoned { failure, effect: Effect::None }
}
