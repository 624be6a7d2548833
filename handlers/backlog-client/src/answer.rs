//! What Backlog answered, and what it means for the message that led to the call.

use crate::Change;
use crate::refusal::{Refusal, forbidden, rate_limit, refused_key, without_effect};
use contracts::backlog::BacklogApiKey;
use runtime::{Abandoned, Failure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use web::Response;

/// How long an answer may be: a full list of long issues, and still far below the function's memory.
const ANSWER_BYTES: usize = 32 << 20;

/// An answer that is final.
pub(crate) enum Answer {
    /// It is done.
    Good(Body),
    /// What the path names is not there.
    Nothing(Refusal),
    /// The request is not one that Backlog carries out.
    Wrong(Refusal),
}

/// The body of a good answer.
pub(crate) struct Body {
    status: u16,
    bytes: Vec<u8>,
}

/// What every changed thing has, unlike the page of another server.
#[derive(Deserialize)]
struct Numbered {
    #[serde(rename = "id")]
    _id: u64,
}

/// Sorts an answer; what may pass or can never be done for any request is a failure at once.
///
/// A refusal of the key, of its owner or of the pace comes before anything is done.
pub(crate) async fn judge(mut response: Response, key: &BacklogApiKey) -> Result<Answer, Abandoned> {
    let status = response.status().as_u16();
    match status {
        200..300 => return Ok(Answer::Good(Body { status, bytes: whole(&mut response).await? })),
        // The key must not travel on, and a written issue not twice.
        301 | 308 => return Err(Failure::permanent(format!("Backlog has moved to another address ({status})")).into()),
        300..=399 => return Err(Failure::retry(format!("Backlog redirects ({status}), which is not followed")).into()),
        401 => return Err(without_effect(refused_key())),
        403 => return Err(without_effect(forbidden("do this"))),
        429 => return Err(without_effect(rate_limit(&response))),
        _ => {}
    }
    let refusal = Refusal::read(response, key).await;
    match status {
        404 if refusal.is_no_resource() => Ok(Answer::Nothing(refusal)),
        // Without Backlog's own words it may be anybody's page, such as one during maintenance.
        404 if refusal.code().is_none() => Err(refusal.retry().into()),
        _ if web::is_final(status) => Ok(Answer::Wrong(refusal)),
        _ => Err(refusal.retry().into()),
    }
}

impl Answer {
    /// The answer to a change of an issue.
    pub(crate) fn change(self) -> Result<Change, Failure> {
        match self {
            Self::Good(body) => body.read::<Numbered>("what it changed").map(|_| Change::Made),
            Self::Nothing(_) => Ok(Change::NoIssue),
            Self::Wrong(refusal) => Err(refusal.permanent()),
        }
    }
}

impl Body {
    /// Reads what was asked for; an answer that is something else may be the page of another server.
    pub(crate) fn read<T: DeserializeOwned>(&self, what: &str) -> Result<T, Failure> {
        serde_json::from_slice(&self.bytes)
            .map_err(|_| Failure::retry(format!("Backlog answered {} without {what}", self.status)))
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
            Err(error) => {
                return Err(Failure::retry(format!("reading Backlog's answer failed: {}", web::describe(error))));
            }
        }
    }
}
