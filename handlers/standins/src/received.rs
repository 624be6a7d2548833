//! What a service received: one record per call, without any secret.

use crate::secret::{Credential, REDACTED};
use axum::http::{HeaderMap, request::Parts};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const RECORDED_BODY_BYTES: usize = 64 * 1024;
const SECRET_HEADERS: [&str; 6] =
    ["authorization", "backlog-api-key", "cookie", "proxy-authorization", "x-api-key", "x-control-token"];

/// One call to a service, as it arrived and as it was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedCall {
    /// Grows with every arrival and is never used twice.
    pub sequence: u64,
    /// The service that was called, for example `backlog`.
    pub service: String,
    /// The HTTP method, in capitals.
    pub method: String,
    /// The path with the service's prefix, still percent-encoded.
    pub path: String,
    /// The query as it was sent; a credential in it is blackened.
    pub query: String,
    /// What the service thought of the credential, which itself is never kept.
    pub credential: Credential,
    /// The headers under lowercase names; several values are joined with a comma.
    pub headers: BTreeMap<String, String>,
    /// The beginning of the body, at most 64 KiB.
    pub body: String,
    /// The status of the answer.
    pub status: u16,
    /// The moment of arrival, in milliseconds since the epoch, UTC.
    pub at: u64,
    /// The process that called, if an emulator is there that knows its processes.
    #[serde(default)]
    pub process: Option<u32>,
}

/// Place and moment of a call among all calls.
#[derive(Clone, Copy)]
pub(crate) struct Arrival {
    pub(crate) sequence: u64,
    pub(crate) at: u64,
}

/// What a service saw of the credential, and the call without it.
pub(crate) struct Sighting {
    pub(crate) credential: Credential,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: String,
}

impl ReceivedCall {
    /// Describes a call that is not answered yet.
    pub(crate) fn new(arrival: Arrival, service: &str, parts: &Parts, sighting: Sighting) -> Self {
        Self {
            sequence: arrival.sequence,
            service: service.to_owned(),
            method: parts.method.to_string(),
            path: sighting.path,
            query: sighting.query,
            credential: sighting.credential,
            headers: readable_headers(&parts.headers),
            body: sighting.body,
            status: 0,
            at: arrival.at,
            process: None,
        }
    }

    /// Adds the process that called.
    pub(crate) fn by(self, process: Option<u32>) -> Self {
        Self { process, ..self }
    }

    /// Adds the status, removes what is secret, and thereby completes the record.
    pub(crate) fn answered(self, status: u16, scrub: impl Fn(&str) -> String) -> Self {
        // The whole body is scrubbed before it is cut: a cut inside the secret would leave its beginning.
        let mut body = scrub(&self.body);
        body.truncate(body.floor_char_boundary(RECORDED_BODY_BYTES));
        let headers = self.headers.into_iter().map(|(name, value)| (name, scrub(&value))).collect();
        Self { path: scrub(&self.path), query: scrub(&self.query), headers, body, status, ..self }
    }
}

impl Sighting {
    /// Describes a call whose path, query and body carry no credential.
    pub(crate) fn of(parts: &Parts, body: &[u8], credential: Credential) -> Self {
        Self {
            credential,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            body: String::from_utf8_lossy(body).into_owned(),
        }
    }
}

fn readable_headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut readable: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = if SECRET_HEADERS.contains(&name.as_str()) {
            REDACTED.to_owned()
        } else {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        };
        readable
            .entry(name.as_str().to_owned())
            .and_modify(|values| *values = format!("{values}, {value}"))
            .or_insert(value);
    }
    readable
}
