//! The one call of Backlog's API that the function makes: open a shared file for reading.

use backlog_client::{Refusal, forbidden, key_header, rate_limit, refused_key, shows_key, unreachable};
use contracts::Origin;
use contracts::backlog::{API_KEY_HEADER, BacklogApiKey, ProjectKey};
use contracts::trace::Cause;
use runtime::{Bytes, Failure, Reread, Secret};
use web::{Response, StatusCode, Url, header};

/// Redirects that are followed before giving up.
const REDIRECTS_LIMIT: usize = 3;
/// What a person does if Backlog hides the project.
const JOIN_PROJECT: &str = "add the owner of the API key to the project's members in Backlog";

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
    /// An answer that there is no such file to read (400); a folder may be the reason.
    Refused(Failure),
}

/// The bytes of a file, piece by piece.
pub struct Content(Response);

impl Content {
    /// Size in bytes, if the answer announces it; what comes is held to it.
    pub fn size_bytes(&self) -> Option<u64> {
        self.header(header::CONTENT_LENGTH)?.trim().parse().ok()
    }

    /// Whether the answer says that it is a file, and is so framed that a cut is an error of the transfer.
    ///
    /// Source: developer.nulab.com, "Get File" (shared files): `Content-Disposition: attachment`.
    pub fn is_whole_file(&self) -> bool {
        let is_framed = self.size_bytes().is_some() || self.header(header::TRANSFER_ENCODING).is_some();
        let disposition = self.header(header::CONTENT_DISPOSITION).unwrap_or_default();
        let kind = disposition.split(';').next().unwrap_or_default();
        is_framed && kind.trim().eq_ignore_ascii_case("attachment")
    }

    fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.0.headers().get(name)?.to_str().ok()
    }

    /// The next piece; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        let piece = self.0.chunk().await;
        piece.map_err(|error| Failure::retry(format!("the download failed: {}", web::describe(error))))
    }
}

impl Source<'_> {
    /// Whether there is such a file; nothing of it is read.
    pub async fn has(&self, file_id: u64) -> Result<bool, Failure> {
        Ok(matches!(self.open(file_id).await?, Download::Content(_)))
    }

    /// Opens a file; if Backlog refuses the key, reads it again and tries once more.
    pub async fn open(&self, file_id: u64) -> Result<Download, Failure> {
        let request = async |key: &BacklogApiKey| self.request(file_id, key).await;
        let refuses = |response: &Response, _: &BacklogApiKey| match response.status() {
            StatusCode::UNAUTHORIZED if self.is_backlogs(response) => Reread::Always,
            _ => Reread::No,
        };
        let (response, key) = self.api_key.call(request, refuses).await??;
        self.classify(response, &key).await
    }

    /// Source: developer.nulab.com, "Get File" (shared files); the key goes into a header, and to Backlog only.
    async fn request(&self, file_id: u64, key: &BacklogApiKey) -> Result<Response, Failure> {
        let client = web::client()?;
        let path = ["api", "v2", "projects", self.project.as_str(), "files", &file_id.to_string()];
        let mut url = self.origin.below(&path);
        for _ in 0..=REDIRECTS_LIMIT {
            without_key(&mut url);
            let mut request = client.get(url.clone());
            if self.origin.is_origin_of(&url) {
                request = request.header(API_KEY_HEADER, key_header(key)?);
            } else if shows_key(url.as_str(), key) {
                return Err(Failure::permanent("Backlog passes the API key on to another host"));
            }
            let response = request.send().await.map_err(unreachable)?;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            let location = response.headers().get(header::LOCATION);
            url = redirected(&url, location.and_then(|location| location.to_str().ok()))?;
        }
        Err(Failure::permanent("Backlog redirects in a loop"))
    }

    async fn classify(&self, response: Response, key: &BacklogApiKey) -> Result<Download, Failure> {
        match response.status().as_u16() {
            200 if is_json(&response) => Err(Failure::retry("Backlog answered with JSON in place of the file")),
            200 => Ok(Download::Content(Content(response))),
            404 if self.is_backlogs(&response) => {
                let refusal = Refusal::read(response, key).await;
                if refusal.is_no_resource() {
                    Ok(Download::Gone)
                } else if refusal.is_no_project() {
                    let reason = "the owner of Backlog's API key does not see the project any more (404): add it to the project's members";
                    Err(Failure::permanent(reason).because(Cause::not_allowed(JOIN_PROJECT)))
                } else {
                    Err(refusal.retry())
                }
            }
            429 => Err(rate_limit(&response)),
            // It says nothing about the key, and Backlog names another address the next time.
            code @ 400..500 if !self.is_backlogs(&response) => {
                Err(Failure::retry(format!("the host that Backlog redirects to answered {code}")))
            }
            400 => Ok(Download::Refused(Refusal::read(response, key).await.permanent())),
            401 => Err(refused_key()),
            403 => Err(forbidden("read this file")),
            code if web::is_final(code) => Err(Refusal::read(response, key).await.permanent()),
            _ => Err(Refusal::read(response, key).await.retry()),
        }
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

/// Takes a key out of a URL: a key in a redirect would reach its host, and logs.
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

#[cfg(test)]
mod tests;
