//! Messages to an address that is a secret: anyone who knows it can post, so nothing may repeat it.

use crate::{Response, Url, client, describe, header};
use contracts::SecretValue;
use contracts::trace::Cause;
use runtime::{Failure, Reread, Secret};
use std::net::IpAddr;
use std::time::Duration;

/// Where a SaaS takes messages.
pub struct SecretAddress<'a, T> {
    /// The address.
    pub secret: &'a Secret<T>,
    /// Whose it is, such as `Slack`.
    pub saas: &'static str,
    /// What it is, as the subject of a sentence, such as `the Slack webhook`.
    pub name: &'static str,
    /// What a person does about one that leads nowhere.
    pub next_step: &'static str,
    /// The type of the messages.
    pub content_type: &'static str,
    /// How long one call may take. Default: as long as the client waits.
    pub timeout: Option<Duration>,
    /// How much of an answer's body is looked at.
    pub answer_bytes: usize,
    /// Which statuses say all there is, so that no body is waited for.
    pub is_enough: fn(u16) -> bool,
}

/// What came back, without the address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The status.
    pub status: u16,
    /// The beginning of the body; one that breaks off says as much as it has.
    pub body: Vec<u8>,
    /// What the answer says of the time to come back.
    pub retry_after: Option<String>,
}

/// What one attempt led to.
enum Attempt {
    /// The address is none that may be posted to.
    Unusable(Failure),
    Answered(Posted),
}

impl<T: SecretValue + PartialEq> SecretAddress<'_, T> {
    /// Posts a message; if the address is refused, or cannot be used, reads it again and tries another one once.
    ///
    /// Returns the last answer, with the address that nothing may repeat.
    pub async fn post(&self, message: &str, is_refused: impl Fn(&Posted, &T) -> bool) -> Result<(Posted, T), Failure> {
        let send = async |address: &T| self.send(address, message).await;
        let judge = |attempt: &Attempt, address: &T| match attempt {
            Attempt::Answered(posted) if !is_refused(posted, address) => Reread::No,
            Attempt::Answered(_) | Attempt::Unusable(_) => Reread::IfReplaced,
        };
        match self.secret.call(send, judge).await?? {
            (Attempt::Answered(posted), address) => Ok((posted, address)),
            (Attempt::Unusable(failure), _) => Err(failure),
        }
    }

    async fn send(&self, address: &T, message: &str) -> Result<Attempt, Failure> {
        let url = match self.url(address) {
            Ok(url) => url,
            Err(failure) => return Ok(Attempt::Unusable(failure)),
        };
        let call = client()?.post(url).header(header::CONTENT_TYPE, self.content_type).body(message.to_owned());
        let call = match self.timeout {
            Some(timeout) => call.timeout(timeout),
            None => call,
        };
        let unreached = |error| {
            let reason = format!("{} cannot be reached: {}", self.saas, describe(error));
            Failure::retry(reason).because(Cause::unreachable(self.saas))
        };
        Ok(Attempt::Answered(self.read(call.send().await.map_err(unreached)?).await))
    }

    /// The address, if what is sent there stays secret on its way.
    fn url(&self, address: &T) -> Result<Url, Failure> {
        let refuse = |why: &str| {
            let failure = Failure::permanent(format!("{} {why}: {}", self.name, self.next_step));
            failure.because(Cause::secret_refused::<T>())
        };
        if let Some(why) = T::refusal(address.expose()) {
            return Err(refuse(why));
        }
        // The error of the parser is left out: it is about a secret.
        let url = Url::parse(address.expose()).map_err(|_| refuse("is not a URL"))?;
        match url.scheme() {
            "https" => Ok(url),
            "http" if is_loopback(&url) => Ok(url),
            "http" => Err(refuse("is a URL without encryption, which only this machine's own may be")),
            _ => Err(refuse("is not an `https` URL")),
        }
    }

    async fn read(&self, mut response: Response) -> Posted {
        let status = response.status().as_u16();
        let retry_after = response.headers().get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.map(|value| value.trim().to_owned());
        let mut body = Vec::new();
        while !(self.is_enough)(status)
            && body.len() <= self.answer_bytes
            && let Ok(Some(piece)) = response.chunk().await
        {
            body.extend_from_slice(&piece);
        }
        Posted { status, body, retry_after }
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}
