//! One call: where it goes, with which key, and what is sent.

use crate::Issues;
use crate::answer::{self, Answer};
use crate::refusal::{unreachable, without_effect};
use contracts::backlog::{API_KEY_HEADER, BacklogApiKey};
use contracts::trace::Cause;
use runtime::{Abandoned, Effect, Failure, Reread};
use std::time::Duration;
use web::{Response, StatusCode, header};

/// Longest time for one call with its answer: a handler makes several in the minute that it has.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(15);

/// Names and values of a query or a form.
type Pairs<'a> = [(&'a str, &'a str)];

/// A method with what it sends.
#[derive(Clone, Copy)]
enum Method<'a> {
    Get(&'a Pairs<'a>),
    Post(&'a Pairs<'a>),
    Patch(&'a Pairs<'a>),
}

impl Issues<'_> {
    pub(crate) async fn get(&self, path: &[&str], query: &Pairs<'_>) -> Result<Answer, Abandoned> {
        self.call(path, Method::Get(query)).await
    }

    pub(crate) async fn post(&self, path: &[&str], form: &Pairs<'_>) -> Result<Answer, Abandoned> {
        self.call(path, Method::Post(form)).await
    }

    pub(crate) async fn patch(&self, path: &[&str], form: &Pairs<'_>) -> Result<Answer, Abandoned> {
        self.call(path, Method::Patch(form)).await
    }

    /// Calls; if Backlog refuses the key, and so did nothing, reads it again and tries once more.
    async fn call(&self, path: &[&str], method: Method<'_>) -> Result<Answer, Abandoned> {
        let send = async |key: &BacklogApiKey| self.send(path, method, key).await;
        let refuses = |response: &Response, _: &BacklogApiKey| match response.status() {
            StatusCode::UNAUTHORIZED => Reread::Always,
            _ => Reread::No,
        };
        let (response, key) = self.key.call(send, refuses).await.map_err(without_effect)??;
        answer::judge(response, &key).await
    }

    async fn send(&self, path: &[&str], method: Method<'_>, key: &BacklogApiKey) -> Result<Response, Abandoned> {
        let mut url = self.origin.below(&[&["api", "v2"], path].concat());
        if let Method::Get(query) = method
            && !query.is_empty()
        {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = match method {
            Method::Get(_) => self.client.get(url),
            Method::Post(form) => self.client.post(url).body(encoded(form)),
            Method::Patch(form) => self.client.patch(url).body(encoded(form)),
        };
        let request = match method {
            Method::Get(_) => request,
            _ => request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
        };
        let request = request.header(API_KEY_HEADER, key_header(key).map_err(without_effect)?);
        request.timeout(CALL_TIMEOUT).send().await.map_err(|error| {
            // Without a connection nothing was sent.
            let effect = if error.is_connect() { Effect::None } else { Effect::Unknown };
            Abandoned { failure: unreachable(error), effect }
        })
    }
}

/// The key as the value of [`API_KEY_HEADER`], which nothing shows.
///
/// Fails for a key that no header can hold, which Backlog has never made.
pub fn key_header(key: &BacklogApiKey) -> Result<header::HeaderValue, Failure> {
    let mut value = header::HeaderValue::from_str(key.expose()).map_err(|_| {
        let reason = "Backlog's API key holds a character that no key has: give a valid one with `cargo xtask deploy`";
        Failure::permanent(reason).because(Cause::secret_refused::<BacklogApiKey>())
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn encoded(form: &Pairs<'_>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}
