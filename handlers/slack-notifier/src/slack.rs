//! The one call of Slack: post a message to an incoming webhook, and understand the answer.
//!
//! Source: docs.slack.dev, "Sending messages using incoming webhooks", handling errors. Which word
//! comes with which status has changed over the years, so the word decides before the status does.

use contracts::slack::SlackWebhookUrl;
use runtime::web::{self, Response, Url, header};
use runtime::{Failure, Secret};
use std::time::Duration;

/// How long one call may take: shorter than the function lives, so that it can say what happened.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);
/// How much of an answer is looked at: Slack's are a word.
const ANSWER_BYTES: usize = 256;
/// How many letters in common make a word suspicious of repeating the address.
const ECHO_LETTERS: usize = 6;
/// Wait after a 429 that does not say when to come back; the limit is one message a second.
const DEFAULT_WAIT: Duration = Duration::from_secs(30);
/// No wait is longer, whatever Slack says: the notification would be news no more.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

const NEW_WEBHOOK: &str = "make a new webhook and deploy again with SLACK_WEBHOOK_URL";

/// Words about the webhook: no message will pass until somebody makes another.
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
/// Words about the channel: somebody must let the webhook post there.
const CHANNEL_WORDS: [&str; 4] =
    ["action_prohibited", "channel_is_archived", "channel_not_found", "posting_to_general_channel_denied"];
/// Words about this one message.
const MESSAGE_WORDS: [&str; 8] = [
    "invalid_payload",
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_attachments",
    "no_text",
    "too_many_attachments",
    "msg_too_long",
    "msg_blocks_too_long",
];
/// Words about the moment.
const LIMIT_WORDS: [&str; 3] = ["rate_limited", "ratelimited", "message_limit_exceeded"];
const PASSING_WORDS: [&str; 4] = ["rollup_error", "internal_error", "fatal_error", "service_unavailable"];

/// What Slack answered, without the address it was asked at.
struct Answer {
    status: u16,
    /// The body, if it is a word as Slack uses them and nothing that was in the address.
    word: Option<String>,
    wait: Option<Duration>,
}

/// Posts a message; reads the address anew and tries once more if Slack does not know it.
pub async fn post(webhook: &Secret<SlackWebhookUrl>, body: &str) -> Result<(), Failure> {
    let address = webhook.read().await?;
    let answer = send(&address, body).await?;
    if !answer.is_unknown_webhook() {
        return answer.outcome();
    }
    // The message was refused as a whole, so that to send it again cannot show it twice.
    let stored = webhook.reread().await?;
    if stored == address {
        return answer.outcome();
    }
    send(&stored, body).await?.outcome()
}

async fn send(address: &SlackWebhookUrl, body: &str) -> Result<Answer, Failure> {
    let url = checked(address)?;
    let call = web::client()?
        .post(url)
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .timeout(CALL_TIMEOUT)
        .body(body.to_owned())
        .send();
    let response =
        call.await.map_err(|error| Failure::retry(format!("Slack cannot be reached: {}", web::describe(error))))?;
    Ok(Answer::read(response, address).await)
}

/// The address, if what is sent there stays secret on its way.
fn checked(address: &SlackWebhookUrl) -> Result<Url, Failure> {
    let refuse = |why: &str| Failure::permanent(format!("the Slack webhook {why}; {NEW_WEBHOOK}"));
    // The error of the parser is left out: it is about a secret.
    let url = Url::parse(address.expose()).map_err(|_| refuse("is not a URL"))?;
    match (url.scheme(), url.host_str()) {
        ("https", Some(_)) | ("http", Some("127.0.0.1" | "localhost")) => Ok(url),
        ("http", _) => Err(refuse("is a URL without encryption, which only this machine's own may be")),
        _ => Err(refuse("is not an `https` URL")),
    }
}

impl Answer {
    async fn read(mut response: Response, address: &SlackWebhookUrl) -> Self {
        let (status, wait) = (response.status().as_u16(), wait_of(&response));
        let mut body = Vec::new();
        while let Ok(Some(piece)) = response.chunk().await {
            body.extend_from_slice(&piece);
            if body.len() > ANSWER_BYTES {
                break;
            }
        }
        Self { status, word: word(&body, address), wait }
    }

    fn is(&self, words: &[&str]) -> bool {
        self.word.as_deref().is_some_and(|word| words.contains(&word))
    }

    /// Whether the address may be an old one.
    fn is_unknown_webhook(&self) -> bool {
        let is_said = self.is(&CHANNEL_WORDS) || self.is(&MESSAGE_WORDS) || self.is(&LIMIT_WORDS);
        self.is(&WEBHOOK_WORDS) || (matches!(self.status, 401 | 403 | 404 | 410) && !is_said)
    }

    fn outcome(&self) -> Result<(), Failure> {
        let status = self.status;
        let said = self.word.as_deref().map(|word| format!(" `{word}`")).unwrap_or_default();
        if status == 200 && self.word.as_deref() == Some("ok") {
            return Ok(());
        }
        Err(match status {
            _ if self.is(&LIMIT_WORDS) => self.limited(),
            _ if self.is(&PASSING_WORDS) => Failure::retry(format!("Slack answered {status}{said}")),
            _ if self.is(&MESSAGE_WORDS) => {
                Failure::permanent(format!("Slack does not take this message ({status}{said})"))
            }
            _ if self.is(&CHANNEL_WORDS) => Failure::permanent(format!(
                "Slack does not let the webhook post to its channel ({status}{said}): allow it there, or {NEW_WEBHOOK}"
            )),
            _ if self.is_unknown_webhook() => {
                Failure::permanent(format!("Slack does not know the webhook ({status}{said}): {NEW_WEBHOOK}"))
            }
            429 => self.limited(),
            // Timed out and too early: both speak of the moment, not of the message.
            400..500 if !matches!(status, 408 | 425) => {
                Failure::permanent(format!("Slack refused the message ({status}{said})"))
            }
            // Whoever says 200 without `ok` is not Slack, or not as we know it: nothing says it was shown.
            _ => Failure::retry(format!("Slack answered {status}{said} in place of `ok`")),
        })
    }

    fn limited(&self) -> Failure {
        Failure::retry_after("Slack's rate limit is reached", self.wait.unwrap_or(DEFAULT_WAIT))
    }
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

/// The seconds that Slack names in `Retry-After`.
fn wait_of(response: &Response) -> Option<Duration> {
    let seconds: u64 = response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.max(1)).min(LONGEST_WAIT))
}
