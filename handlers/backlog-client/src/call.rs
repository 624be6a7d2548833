//! One call: where it goes, with which key, and what is sent.

use crate::Issues;
use crate::answer::{self, Answer};
use contracts::backlog::BacklogApiKey;
use runtime::Failure;
use runtime::web::{self, Response, StatusCode, header};
use std::time::Duration;

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
    pub(crate) async fn get(&self, path: &[&str], query: &Pairs<'_>) -> Result<Answer, Failure> {
        self.call(path, Method::Get(query)).await
    }

    pub(crate) async fn post(&self, path: &[&str], form: &Pairs<'_>) -> Result<Answer, Failure> {
        self.call(path, Method::Post(form)).await
    }

    pub(crate) async fn patch(&self, path: &[&str], form: &Pairs<'_>) -> Result<Answer, Failure> {
        self.call(path, Method::Patch(form)).await
    }

    /// Calls; reads the key anew and tries once more if Backlog refuses it, for then nothing was done.
    async fn call(&self, path: &[&str], method: Method<'_>) -> Result<Answer, Failure> {
        let mut key = self.key.read().await?;
        let mut response = self.send(path, method, &key).await?;
        if response.status() == StatusCode::UNAUTHORIZED {
            key = self.key.reread().await?;
            response = self.send(path, method, &key).await?;
        }
        answer::judge(response, &key).await
    }

    /// Source: developer.nulab.com, "Authentication": the key goes into the query, whatever the method.
    async fn send(&self, path: &[&str], method: Method<'_>, key: &BacklogApiKey) -> Result<Response, Failure> {
        let mut url = self.origin.below(&[&["api", "v2"], path].concat());
        if let Method::Get(query) = method {
            url.query_pairs_mut().extend_pairs(query);
        }
        url.query_pairs_mut().append_pair("apiKey", key.expose());
        let request = match method {
            Method::Get(_) => self.client.get(url),
            Method::Post(form) => self.client.post(url).body(encoded(form)),
            Method::Patch(form) => self.client.patch(url).body(encoded(form)),
        };
        let request = match method {
            Method::Get(_) => request,
            _ => request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded"),
        };
        let sent = request.timeout(CALL_TIMEOUT).send().await;
        sent.map_err(|error| Failure::retry(format!("Backlog cannot be reached: {}", web::describe(error))))
    }
}

fn encoded(form: &Pairs<'_>) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}
