//! The one call of Backlog's API that the function makes: open a shared file for reading.

use contracts::backlog::{BacklogApiKey, ProjectKey};
use contracts::Origin;
use runtime::web::{self, Response, StatusCode, Url, header};
use runtime::{Bytes, Failure, Secret};
use std::time::{Duration, SystemTime};

/// Redirects that are followed before giving up.
const REDIRECTS_LIMIT: usize = 3;
/// How much of an error's body is looked at.
const ERROR_BYTES: usize = 2048;
/// Wait after a 429 that does not say when to come back: the limits count by the minute.
const DEFAULT_WAIT: Duration = Duration::from_secs(60);

/// A project's files, and the key that opens them.
pub struct Source<'a> {
    pub origin: &'a Origin,
    pub project: &'a ProjectKey,
    pub api_key: &'a Secret<BacklogApiKey>,
}

/// What Backlog has for a file's number.
pub enum Download {
    /// The content, still to be read.
    Content(Content),
    /// Nothing: the file was deleted.
    Gone,
}

/// The bytes of a file, piece by piece.
pub struct Content(Response);

impl Content {
    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        let piece = self.0.chunk().await;
        piece.map_err(|error| Failure::retry(format!("the download broke: {}", web::describe(error))))
    }
}

impl Source<'_> {
    /// Opens a file; reads the key anew and tries once more if Backlog refuses it.
    pub async fn open(&self, file_id: u64) -> Result<Download, Failure> {
        let response = self.request(file_id, &self.api_key.read().await?).await?;
        let response = match response.status() {
            StatusCode::UNAUTHORIZED => self.request(file_id, &self.api_key.reread().await?).await?,
            _ => response,
        };
        classify(response).await
    }

    /// Source: developer.nulab.com, "Get File" (shared files); the key goes into the query.
    async fn request(&self, file_id: u64, key: &BacklogApiKey) -> Result<Response, Failure> {
        let client = web::client()?;
        let path = ["api", "v2", "projects", self.project.as_str(), "files", &file_id.to_string()];
        let mut url = self.origin.below(&path);
        for _ in 0..=REDIRECTS_LIMIT {
            let is_backlog = self.origin.is_origin_of(&url);
            without_key(&mut url);
            if is_backlog {
                url.query_pairs_mut().append_pair("apiKey", key.expose());
            }
            let response = client.get(url.clone()).send().await.map_err(|error| {
                Failure::retry(format!("Backlog cannot be reached: {}", web::describe(error)))
            })?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            url = self.redirected(&url, &response)?;
        }
        Err(Failure::permanent("Backlog redirects in a circle"))
    }

    /// Where a redirect leads; never from an encrypted address to an open one.
    fn redirected(&self, from: &Url, response: &Response) -> Result<Url, Failure> {
        let location = response.headers().get(header::LOCATION);
        let url = location
            .and_then(|location| location.to_str().ok())
            .and_then(|location| from.join(location).ok())
            .ok_or_else(|| Failure::permanent("Backlog redirects without saying where to"))?;
        let is_allowed = match self.origin.is_encrypted() {
            true => url.scheme() == "https",
            false => matches!(url.scheme(), "http" | "https"),
        };
        if !is_allowed {
            return Err(Failure::permanent("Backlog redirects to an address without encryption"));
        }
        Ok(url)
    }
}

/// Takes out of a URL what a redirect may have repeated of ours.
fn without_key(url: &mut Url) {
    if !url.query_pairs().any(|(name, _)| name == "apiKey") {
        return;
    }
    let others: Vec<(String, String)> =
        url.query_pairs().filter(|(name, _)| name != "apiKey").map(|(k, v)| (k.into(), v.into())).collect();
    url.set_query(None);
    if !others.is_empty() {
        url.query_pairs_mut().extend_pairs(others);
    }
}

async fn classify(response: Response) -> Result<Download, Failure> {
    let status = response.status();
    match status.as_u16() {
        200 if is_json(&response) => Err(Failure::retry(
            "Backlog answered with JSON in place of the file",
        )),
        200 => Ok(Download::Content(Content(response))),
        404 => Ok(Download::Gone),
        429 => Err(Failure::retry_after(
            "Backlog's rate limit is reached",
            wait_of(&response),
        )),
        401 => Err(Failure::permanent(
            "Backlog refuses the API key (401): give a valid one with `cargo xtask deploy`",
        )),
        403 => Err(Failure::permanent(
            "Backlog does not let the owner of the API key read this file (403)",
        )),
        code @ 400..500 => Err(Failure::permanent(format!(
            "Backlog refused the request ({code}){}", said(response).await
        ))),
        code => Err(Failure::retry(format!("Backlog answered {code}{}", said(response).await))),
    }
}

/// A shared file always comes as `application/octet-stream`, whatever its name.
fn is_json(response: &Response) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE);
    content_type
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("application/json"))
}

/// Until the moment (UTC epoch seconds) that Backlog names in `X-RateLimit-Reset`.
fn wait_of(response: &Response) -> Duration {
    let reset = response.headers().get("x-ratelimit-reset");
    let reset: Option<u64> = reset.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let Some(reset) = reset else {
        return DEFAULT_WAIT;
    };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    // One second more, because both clocks are cut to whole seconds; an hour at most.
    Duration::from_secs((reset.saturating_sub(now.as_secs()) + 1).min(3600))
}

/// Code and message of Backlog's error body, if it is one.
async fn said(mut response: Response) -> String {
    let mut body = Vec::new();
    while let Ok(Some(piece)) = response.chunk().await {
        body.extend_from_slice(&piece);
        if body.len() >= ERROR_BYTES {
            break;
        }
    }
    let Ok(body) = serde_json::from_slice::<serde_json::Value>(&body) else {
        return String::new();
    };
    let error = &body["errors"][0];
    match (error["code"].as_u64(), error["message"].as_str()) {
        (Some(code), Some(message)) => {
            let message: String = message.chars().take(200).collect();
            format!(": code {code}, {message}")
        }
        _ => String::new(),
    }
}
