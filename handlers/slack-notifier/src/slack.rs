//! The one call of Slack: post a message to an incoming webhook, and understand the answer.
//!
//! Source: docs.slack.dev, "Sending messages using incoming webhooks", handling errors. Which word
//! comes with which status has changed over the years, so the word decides before the status does.

use contracts::slack::SlackWebhookUrl;
use contracts::trace::Cause;
use runtime::{Failure, Secret};
use serde_json::Value;
use std::time::Duration;
use web::{Posted, SecretAddress};

/// How long one call may take: shorter than the function lives, so that it can say what happened.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// How much of an answer is looked at: Slack's are a word.
const ANSWER_BYTES: usize = 256;
/// How many letters in common make a word suspicious of repeating the address.
const ECHO_LETTERS: usize = 6;
/// Wait after a 429 that does not say when to come back; the limit is one message a second.
const DEFAULT_WAIT: Duration = Duration::from_secs(30);
/// The longest wait, whatever Slack says: later, the notification would be of no use.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// The name of this SaaS in a cause.
const SLACK: &str = "Slack";
/// What to do in Slack if it accepts the webhook and refuses the channel.
const OPEN_CHANNEL: &str = "allow the app to post to the channel in Slack, or choose another channel for its webhook";

const NEW_WEBHOOK: &str = "make a new webhook and deploy again with SLACK_WEBHOOK_URL";

/// Words about the webhook: no message will pass until a person makes another.
const WEBHOOK_WORDS: [&str; 9] = [
    "invalid_token",
    "no_active_hooks",
    "no_service",
    "no_service_id",
    "no_team",
    "team_disabled",
    "token_revoked",
    "account_inactive",
    "user_not_found",
];
/// Words about the channel: a person must let the webhook post there.
const CHANNEL_WORDS: [&str; 4] =
    ["action_prohibited", "channel_is_archived", "channel_not_found", "posting_to_general_channel_denied"];
/// Words about this one message.
const MESSAGE_WORDS: [&str; 9] = [
    "invalid_payload",
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_attachments",
    "no_text",
    "too_many_attachments",
    "msg_too_long",
    "msg_blocks_too_long",
    "missing_text_or_fallback_or_attachments",
];
/// Words about the moment.
const LIMIT_WORDS: [&str; 3] = ["rate_limited", "ratelimited", "message_limit_exceeded"];
const PASSING_WORDS: [&str; 4] = ["rollup_error", "internal_error", "fatal_error", "service_unavailable"];

/// A message in its two forms.
pub struct Message {
    /// The body with blocks.
    pub blocks: String,
    /// The body of text alone.
    pub text: String,
}

/// How a message was shown.
#[derive(Debug, PartialEq, Eq)]
pub enum Shown {
    /// With its blocks.
    Blocks,
    /// As text, because Slack refused the blocks with this answer.
    Text { refusal: String },
}

/// What Slack answered, without the address it was asked at.
struct Answer {
    status: u16,
    /// The body, if it is a word as Slack uses them and nothing that was in the address.
    word: Option<String>,
    /// The time that Slack names, in bounds.
    wait: Option<Duration>,
    /// Whether the body is JSON that says `ok`, as workflows answer.
    is_of_workflow: bool,
}

/// Posts a message; its text alone if Slack rejects its blocks.
pub async fn post(webhook: &Secret<SlackWebhookUrl>, message: &Message) -> Result<Shown, Failure> {
    let answer = send(webhook, &message.blocks).await?;
    if !answer.is_about_message() {
        return answer.outcome().map(|()| Shown::Blocks);
    }
    // The message was refused as a whole, so that nothing of it is shown twice.
    let refusal = answer.said();
    match send(webhook, &message.text).await?.outcome() {
        Ok(()) => Ok(Shown::Text { refusal }),
        Err(Failure::Permanent { reason, cause }) => {
            let reason = format!("Slack rejected this message ({refusal}), nor its text alone: {reason}");
            Err(Failure::Permanent { reason, cause })
        }
        Err(failure) => Err(failure),
    }
}

/// Sends a body. A message is refused as a whole, so that to send it again to another address cannot show it twice.
async fn send(webhook: &Secret<SlackWebhookUrl>, body: &str) -> Result<Answer, Failure> {
    let address = SecretAddress {
        secret: webhook,
        saas: "Slack",
        name: "the Slack webhook",
        next_step: NEW_WEBHOOK,
        content_type: "application/json; charset=utf-8",
        timeout: Some(CALL_TIMEOUT),
        answer_bytes: ANSWER_BYTES,
        is_enough: |_| false,
    };
    let is_refused = |posted: &Posted, address: &SlackWebhookUrl| Answer::of(posted, address).is_unknown_webhook();
    let (posted, address) = address.post(body, is_refused).await?;
    Ok(Answer::of(&posted, &address))
}

impl Answer {
    fn of(posted: &Posted, address: &SlackWebhookUrl) -> Self {
        let json: Option<Value> = serde_json::from_slice(&posted.body).ok();
        let seconds = posted.retry_after.as_deref().and_then(|named| named.parse().ok());
        Self {
            status: posted.status,
            word: word(&posted.body, address),
            wait: seconds.map(|seconds: u64| Duration::from_secs(seconds.max(1)).min(LONGEST_WAIT)),
            is_of_workflow: json.is_some_and(|json| json["ok"].is_boolean()),
        }
    }

    fn is(&self, words: &[&str]) -> bool {
        self.word.as_deref().is_some_and(|word| words.contains(&word))
    }

    /// Whether the address may be an old one.
    fn is_unknown_webhook(&self) -> bool {
        let is_said = self.is(&CHANNEL_WORDS) || self.is(&MESSAGE_WORDS) || self.is(&LIMIT_WORDS);
        self.is(&WEBHOOK_WORDS) || (matches!(self.status, 401 | 403 | 404 | 410) && !is_said)
    }

    /// Whether another message may pass: Slack says what is wrong with this one, or that it is too large or unfit.
    fn is_about_message(&self) -> bool {
        let other = [&WEBHOOK_WORDS[..], &CHANNEL_WORDS, &LIMIT_WORDS, &PASSING_WORDS];
        let is_other = other.iter().any(|words| self.is(words)) || self.is_of_workflow;
        self.is(&MESSAGE_WORDS) || (matches!(self.status, 400 | 413 | 422) && !is_other)
    }

    /// Status and word, for a reason.
    fn said(&self) -> String {
        let word = self.word.as_deref().map(|word| format!(" `{word}`")).unwrap_or_default();
        format!("{}{word}", self.status)
    }

    fn outcome(&self) -> Result<(), Failure> {
        let (status, said) = (self.status, self.said());
        if status == 200 && self.word.as_deref() == Some("ok") {
            return Ok(());
        }
        Err(match status {
            _ if self.is(&LIMIT_WORDS) => self.limited(),
            _ if self.is(&PASSING_WORDS) => Failure::retry(format!("Slack answered {said}")),
            _ if self.is(&MESSAGE_WORDS) => unfit(format!("Slack rejected this message ({said})")),
            _ if self.is(&CHANNEL_WORDS) => Failure::permanent(format!(
                "Slack does not let the webhook post to its channel ({said}): allow it there, or {NEW_WEBHOOK}"
            ))
            .because(Cause::not_allowed(OPEN_CHANNEL)),
            // Every try would start the workflow once more.
            200..500 if self.is_of_workflow && status != 429 => another_webhook(format!(
                "this address answers as a workflow of Slack does ({said}), which takes variables and \
                 shows no message; {NEW_WEBHOOK}"
            )),
            _ if self.is_unknown_webhook() => {
                another_webhook(format!("Slack does not know the webhook ({said}): {NEW_WEBHOOK}"))
            }
            429 => self.limited(),
            _ if web::is_final(status) => unfit(format!("Slack refused the message ({said})")),
            // A 200 without `ok` is not from Slack as documented: nothing says it was shown.
            _ => Failure::retry(format!("Slack answered {said} in place of `ok`")),
        })
    }

    fn limited(&self) -> Failure {
        let wait = self.wait.unwrap_or(DEFAULT_WAIT);
        Failure::retry_after("Slack's rate limit is reached", wait).because(Cause::rate_limited(SLACK))
    }
}

/// A failure that ends when the secret gets another value.
fn another_webhook(reason: String) -> Failure {
    Failure::permanent(reason).because(Cause::secret_refused::<SlackWebhookUrl>())
}

/// A failure of this one message.
fn unfit(reason: String) -> Failure {
    Failure::permanent(reason).because(Cause::content_refused(SLACK))
}

/// The body, if it is one of Slack's words, or looks like one and repeats nothing of the address.
fn word(body: &[u8], address: &SlackWebhookUrl) -> Option<String> {
    let word = std::str::from_utf8(body).ok()?.trim();
    let known = [&WEBHOOK_WORDS[..], &CHANNEL_WORDS, &MESSAGE_WORDS, &LIMIT_WORDS, &PASSING_WORDS, &["ok"]];
    let is_known = known.iter().any(|words| words.contains(&word));
    let is_word = (2..=64).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    (is_known || (is_word && !repeats(word, address))).then(|| word.to_owned())
}

/// Whether some letters of a word stand in the address as well, one after the other.
fn repeats(word: &str, address: &SlackWebhookUrl) -> bool {
    let address = address.expose().to_ascii_lowercase();
    let n_letters = word.len().min(ECHO_LETTERS);
    let stands_there = |part: &[u8]| std::str::from_utf8(part).is_ok_and(|part| address.contains(part));
    word.as_bytes().windows(n_letters).any(stands_there)
}
