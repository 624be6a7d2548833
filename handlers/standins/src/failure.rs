//! Planned failures: the next calls that match are answered so, whatever they carry.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;
use std::collections::BTreeMap;

const HEADERS_OF_THE_CONNECTION: [&str; 4] = ["connection", "content-length", "transfer-encoding", "upgrade"];

/// Answers the next matching calls with a status of your choice, in place of the service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The service whose calls fail, for example `backlog`.
    pub service: String,
    /// The status of the answer, from 200 to 599.
    pub status: u16,
    /// How many calls fail; at least one.
    pub times: u32,
    /// Headers of the answer; they win over those of the service.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body of the answer. Default: the service's own error shape for the status.
    #[serde(default)]
    pub body: Option<String>,
    /// Text that the path has to contain. Default: every path matches.
    #[serde(default)]
    pub path_contains: Option<String>,
    /// Lets the service handle the call first, so that only its answer is lost. Default: it never sees the call.
    #[serde(default)]
    pub after: bool,
}

/// A failure that was checked and waits for its calls.
#[derive(Clone)]
pub(crate) struct Planned {
    pub(crate) times_left: u32,
    service: String,
    path_contains: Option<String>,
    after: bool,
    status: StatusCode,
    headers: HeaderMap,
    body: Option<String>,
}

impl Default for Failure {
    fn default() -> Self {
        Self {
            service: "backlog".to_owned(),
            status: 500,
            times: 1,
            headers: BTreeMap::new(),
            body: None,
            path_contains: None,
            after: false,
        }
    }
}

impl Failure {
    /// Checks everything that could keep the failure from being answered as it is written.
    pub(crate) fn planned(self, services: &[&str]) -> Result<Planned, String> {
        if !services.contains(&self.service.as_str()) {
            let known = services.join("`, `");
            return Err(format!("no service `{}`; there is `{known}`", self.service));
        }
        if !(200..=599).contains(&self.status) {
            return Err(format!("status {} is not between 200 and 599", self.status));
        }
        if self.times == 0 {
            return Err("`times` is 0; a failure happens at least once".to_owned());
        }
        Ok(Planned {
            times_left: self.times,
            service: self.service,
            path_contains: self.path_contains,
            after: self.after,
            status: StatusCode::from_u16(self.status).map_err(|error| error.to_string())?,
            headers: header_map(&self.headers)?,
            body: self.body,
        })
    }
}

impl Planned {
    /// Says whether this failure is meant for a call.
    pub(crate) fn fits(&self, service: &str, path: &str) -> bool {
        self.service == service && self.path_contains.as_deref().is_none_or(|part| path.contains(part))
    }

    /// Says whether the service handles the call before its answer is replaced.
    pub(crate) fn comes_after(&self) -> bool {
        self.after
    }

    /// Returns the status that is planned.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// Lays the planned body and headers over the service's own answer for the status.
    pub(crate) fn over(self, refusal: Response) -> Response {
        let mut response = match self.body {
            Some(body) => with_body(self.status, body),
            None => refusal,
        };
        for (name, value) in &self.headers {
            response.headers_mut().insert(name, value.clone());
        }
        response
    }
}

fn with_body(status: StatusCode, body: String) -> Response {
    let kind = match serde_json::from_str::<serde_json::Value>(&body) {
        Ok(_) => "application/json",
        Err(_) => "text/html; charset=utf-8",
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn header_map(headers: &BTreeMap<String, String>) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let checked: HeaderName = name.parse().map_err(|_| format!("`{name}` is not a header name"))?;
        if HEADERS_OF_THE_CONNECTION.contains(&checked.as_str()) {
            return Err(format!("header `{name}` belongs to the server"));
        }
        let value =
            HeaderValue::from_str(value).map_err(|_| format!("the value of header `{name}` is not allowed in HTTP"))?;
        map.insert(checked, value);
    }
    Ok(map)
}
