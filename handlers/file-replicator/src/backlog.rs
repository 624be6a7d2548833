//! The one call of Backlog's API that the function makes: open a shared file for reading.

use contracts::Origin;
use contracts::backlog::{BacklogApiKey, ProjectKey};
use runtime::web::{self, Response, StatusCode, Url, header};
use runtime::{Bytes, Failure, Secret};
use std::time::{Duration, SystemTime};

/// Redirects that are followed before giving up.
const REDIRECTS_LIMIT: usize = 3;
/// How much of an error's body is looked at.
const ERROR_BYTES: usize = 2048;
/// Wait after a 429 that does not say when to come back: the limits count by the minute.
const DEFAULT_WAIT: Duration = Duration::from_secs(60);
/// Seconds to come above which a named moment is not believed.
const LONGEST_WAIT_SECONDS: u64 = 3600;

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
        let mut key = self.api_key.read().await?;
        let mut response = self.request(file_id, &key).await?;
        if response.status() == StatusCode::UNAUTHORIZED && self.is_backlogs(&response) {
            key = self.api_key.reread().await?;
            response = self.request(file_id, &key).await?;
        }
        self.classify(response, &key).await
    }

    /// Source: developer.nulab.com, "Get File" (shared files); the key goes into the query.
    async fn request(&self, file_id: u64, key: &BacklogApiKey) -> Result<Response, Failure> {
        let client = web::client()?;
        let path = ["api", "v2", "projects", self.project.as_str(), "files", &file_id.to_string()];
        let mut url = self.origin.below(&path);
        for _ in 0..=REDIRECTS_LIMIT {
            without_key(&mut url);
            if self.origin.is_origin_of(&url) {
                url.query_pairs_mut().append_pair("apiKey", key.expose());
            } else if self.shows_key(url.as_str(), key) {
                return Err(Failure::permanent("Backlog passes the API key on to another host"));
            }
            let response = client
                .get(url.clone())
                .send()
                .await
                .map_err(|error| Failure::retry(format!("Backlog cannot be reached: {}", web::describe(error))))?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            let location = response.headers().get(header::LOCATION);
            url = redirected(&url, location.and_then(|location| location.to_str().ok()))?;
        }
        Err(Failure::permanent("Backlog redirects in a circle"))
    }

    async fn classify(&self, response: Response, key: &BacklogApiKey) -> Result<Download, Failure> {
        match response.status().as_u16() {
            200 if is_json(&response) => Err(Failure::retry("Backlog answered with JSON in place of the file")),
            200 => Ok(Download::Content(Content(response))),
            404 => Ok(Download::Gone),
            429 => Err(Failure::retry_after("Backlog's rate limit is reached", wait_of(&response))),
            // It says nothing about the key, and Backlog names another address the next time.
            code @ 400..500 if !self.is_backlogs(&response) => {
                Err(Failure::retry(format!("the host that Backlog redirects to answered {code}")))
            }
            401 => {
                Err(Failure::permanent("Backlog refuses the API key (401): give a valid one with `cargo xtask deploy`"))
            }
            403 => Err(Failure::permanent("Backlog does not let the owner of the API key read this file (403)")),
            // Timed out and too early: both speak of the moment, not of the request.
            code @ 400..500 if !matches!(code, 408 | 425) => Err(Failure::permanent(format!(
                "Backlog refused the request ({code}){}",
                self.said(response, key).await
            ))),
            code => Err(Failure::retry(format!("Backlog answered {code}{}", self.said(response, key).await))),
        }
    }

    /// Code and message of Backlog's error body, if it is one; a message with the key is withheld.
    async fn said(&self, mut response: Response, key: &BacklogApiKey) -> String {
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
            (Some(code), Some(message)) if !self.shows_key(message, key) => {
                let message: String = message.chars().take(200).collect();
                format!(": code {code}, {message}")
            }
            (Some(code), _) => format!(": code {code}"),
            _ => String::new(),
        }
    }

    /// Whether a text holds the key, as it is or as it is written in a query.
    fn shows_key(&self, text: &str, key: &BacklogApiKey) -> bool {
        let mut url = self.origin.below(&[]);
        url.query_pairs_mut().append_key_only(key.expose());
        let forms = [key.expose(), url.query().unwrap_or_default()];
        let text = text.to_ascii_lowercase();
        forms.iter().any(|form| text.contains(&form.to_ascii_lowercase()))
    }

    /// Whether Backlog itself answered, not a host it redirects to.
    fn is_backlogs(&self, response: &Response) -> bool {
        self.origin.is_origin_of(response.url())
    }
}

/// Where a redirect leads; never from an encrypted address to an open one.
fn redirected(from: &Url, location: Option<&str>) -> Result<Url, Failure> {
    let url = location
        .and_then(|location| from.join(location).ok())
        .ok_or_else(|| Failure::permanent("Backlog redirects without saying where to"))?;
    match (from.scheme(), url.scheme()) {
        (_, "https") | ("http", "http") => Ok(url),
        _ => Err(Failure::permanent("Backlog redirects to an address without encryption")),
    }
}

/// Takes out of a URL what a redirect may have repeated of ours.
///
/// All else stays as it is, byte by byte: it may be signed.
fn without_key(url: &mut Url) {
    let is_key = |name: &str| name.eq_ignore_ascii_case("apiKey");
    if !url.query_pairs().any(|(name, _)| is_key(&name)) {
        return;
    }
    let query = url.query().unwrap_or_default();
    // `query_pairs` skips what is empty, so the two stay in step only without it.
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let others: Vec<&str> =
        pairs.zip(url.query_pairs()).filter_map(|(pair, (name, _))| (!is_key(&name)).then_some(pair)).collect();
    let others = others.join("&");
    url.set_query(Some(others.as_str()).filter(|others| !others.is_empty()));
}

/// A shared file always comes as `application/octet-stream`, whatever its name.
fn is_json(response: &Response) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    matches!(media_type.as_str(), "application/json" | "text/json") || media_type.ends_with("+json")
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

#[cfg(test)]
mod tests;
