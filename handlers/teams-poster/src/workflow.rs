//! The one call to Teams: post a message to the flow, and say what its answer means.

use contracts::teams::TeamsWorkflowUrl;
use contracts::trace::Cause;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use runtime::{Failure, Secret};
use std::time::Duration;
use web::{Posted, SecretAddress};

/// How much of an answer's body is looked at.
const ANSWER_BYTES: usize = 2048;
/// Wait after a 429 that does not say when to come back: the documented limits count by the minute.
const DEFAULT_WAIT: Duration = Duration::from_secs(60);
/// Longest wait before the flow is asked again, whatever it says.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// How connectors begin what went wrong, with the status 200.
///
/// Source: github.com/MicrosoftDocs/msteams-docs, issues 400, 1810 and 7425.
const HIDDEN_FAILURE: &str = "Webhook message delivery failed";
/// What precedes the status that they hide.
const HIDDEN_STATUS: &str = "returned HTTP error ";
/// What Power Automate calls a flow that is switched off or deleted, with the status 400.
///
/// Source: github.com/microsoft/coe-starter-kit, issue 8684.
const FLOW_IS_OFF: &str = ", WorkflowTriggerIsNotEnabled";
/// What a person has to do about an address that does not work.
const NEXT_STEP: &str =
    "check that the flow is on and has an owner, copy its URL again and give it with `cargo xtask deploy`";

/// The name of this SaaS in a cause.
const TEAMS: &str = "Teams";
/// What a person does about a flow that does not run.
const SWITCH_ON: &str = "switch the flow on in Power Automate and look whether it has an owner; if it is gone, make \
                         another one and give its URL: TEAMS_WORKFLOW_URL=… cargo xtask deploy";
/// What a person does about a card that the flow refuses.
const SEE_RUNS: &str = "see in the run history of the flow in Power Automate why Teams refuses the card";

/// Why a message was not posted.
enum Trouble {
    /// The address leads nowhere; there may be a newer one.
    Address(Failure),
    /// Anything else.
    Other(Failure),
}

/// Posts a message; if the flow refuses its address, reads it again and tries a new one once.
pub async fn post(secret: &Secret<TeamsWorkflowUrl>, message: &str) -> Result<(), Failure> {
    let address = SecretAddress {
        secret,
        saas: "Teams",
        name: "the URL of the flow in Teams",
        next_step: NEXT_STEP,
        content_type: "application/json",
        timeout: None,
        answer_bytes: ANSWER_BYTES,
        is_enough: is_accepted,
    };
    let is_refused =
        |posted: &Posted, secret: &TeamsWorkflowUrl| matches!(judge(posted, secret), Err(Trouble::Address(_)));
    let (posted, secret) = address.post(message, is_refused).await?;
    judge(&posted, &secret).map_err(|trouble| match trouble {
        Trouble::Address(failure) | Trouble::Other(failure) => failure,
    })
}

/// A workflow says 202 and nothing more; the result is in its run history.
fn is_accepted(status: u16) -> bool {
    status != 200 && (200..300).contains(&status)
}

fn judge(posted: &Posted, secret: &TeamsWorkflowUrl) -> Result<(), Trouble> {
    if is_accepted(posted.status) {
        return Ok(());
    }
    let body = String::from_utf8_lossy(&posted.body);
    let status = if posted.status == 200 { hidden_status(&body) } else { Some(posted.status) };
    let Some(status) = status else { return Ok(()) };
    let said = said(&body, secret);
    Err(match status {
        400 if said.ends_with(FLOW_IS_OFF) => {
            let reason = format!("the flow in Teams is switched off or gone ({status}{said}): {NEXT_STEP}");
            Trouble::Address(Failure::permanent(reason).because(Cause::not_allowed(SWITCH_ON)))
        }
        301 | 308 => {
            Trouble::Address(another_url(format!("the flow has moved to another address ({status}): {NEXT_STEP}")))
        }
        401 | 403 | 404 | 410 => {
            Trouble::Address(another_url(format!("Teams refuses the URL of the flow ({status}{said}): {NEXT_STEP}")))
        }
        429 => {
            let wait = wait_of(posted.retry_after.as_deref(), Timestamp::now());
            let failure = Failure::retry_after("the rate limit of Teams is reached", wait);
            Trouble::Other(failure.because(Cause::rate_limited(TEAMS)))
        }
        _ if web::is_final(status) => {
            let failure = Failure::permanent(format!("Teams refused the card ({status}{said})"));
            Trouble::Other(failure.because(Cause::not_allowed(SEE_RUNS)))
        }
        _ => Trouble::Other(Failure::retry(format!("Teams answered {status}{said}"))),
    })
}

/// A failure that ends when the secret gets another value.
fn another_url(reason: String) -> Failure {
    Failure::permanent(reason).because(Cause::secret_refused::<TeamsWorkflowUrl>())
}

/// The status behind a 200 that is none; one that is not named counts as a failure that may pass.
fn hidden_status(body: &str) -> Option<u16> {
    let failure = body.trim_start().strip_prefix(HIDDEN_FAILURE)?;
    let named = failure.split_once(HIDDEN_STATUS).and_then(|(_, rest)| rest.get(..3)?.parse().ok());
    Some(named.filter(|status| (400..600).contains(status)).unwrap_or(502))
}

/// The code of the error, if the answer has one; its message may repeat the address or the card.
fn said(body: &str, secret: &TeamsWorkflowUrl) -> String {
    let body: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    let is_code = |code: &&str| {
        (1..=64).contains(&code.len())
            && code.chars().all(|c| c.is_ascii_alphanumeric())
            && !secret.expose().contains(code)
    };
    body["error"]["code"].as_str().filter(is_code).map(|code| format!(", {code}")).unwrap_or_default()
}

/// The wait that `Retry-After` names in seconds or as a date.
fn wait_of(named: Option<&str>, now: Timestamp) -> Duration {
    let seconds = named.and_then(|named| match named.parse::<u64>() {
        Ok(seconds) => Some(seconds),
        Err(_) => {
            let moment = DateTimeParser::new().parse_timestamp(named).ok()?;
            Some(u64::try_from(moment.as_second() - now.as_second()).unwrap_or_default())
        }
    });
    // One second more, because both clocks are cut to whole seconds.
    seconds.map_or(DEFAULT_WAIT, |seconds| Duration::from_secs(seconds.saturating_add(1)).min(LONGEST_WAIT))
}
