//! What can become of a call on its way, and how services word their refusals.

use super::call::{Call, Protocol};
use super::gate::Gate;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::json;
use std::sync::Arc;

/// The fault of a call.
#[derive(Clone)]
pub enum Fault {
    /// It goes through.
    None,
    /// The command is killed, and the call has no effect.
    KillBefore,
    /// The call takes effect, and the command is killed before the answer.
    KillAfter,
    /// It is answered on its way, and has no effect.
    Answered(Reply),
    /// The connection breaks, and the call has no effect.
    ResetBefore,
    /// The call takes effect, and the connection breaks in place of its answer.
    ResetAfter,
    /// The call takes effect, and its answer breaks off in the middle.
    Truncated,
    /// The call takes effect, and no answer ever comes.
    NeverAnswered,
    /// The call waits at a gate before it takes effect.
    HeldBefore(Gate),
    /// The call takes effect, and its answer waits at a gate.
    HeldAfter(Gate),
    /// The answer is another one.
    Changed(Arc<dyn Fn(Reply) -> Reply + Send + Sync>),
}

/// Why a service refuses a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    InternalError,
    Unavailable,
    Throttled,
    Denied,
    Expired,
}

/// An answer as it is on the wire.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn new(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        Self { status: StatusCode::from_u16(status).unwrap(), headers, body: body.into() }
    }

    /// Something with a good status that is no answer.
    pub fn garbage() -> Self {
        Self::new(200, "text/plain", "this is not what was asked for")
    }

    /// A proxy's own page.
    pub fn bad_gateway() -> Self {
        Self::new(502, "text/html", "<html><head><title>502 Bad Gateway</title></head><body>502</body></html>")
    }

    /// An error as the service of this call words it.
    ///
    /// Source: the errors common to all actions in the API references of CloudFormation, STS, Secrets
    /// Manager and S3.
    pub fn error(call: &Call, status: u16, code: &str, message: &str) -> Self {
        match call.protocol {
            Protocol::Json => {
                let body = json!({"__type": code, "message": message}).to_string();
                let mut reply = Self::new(status, "application/x-amz-json-1.1", body);
                reply.headers.insert(HeaderName::from_static("x-amzn-errortype"), HeaderValue::from_str(code).unwrap());
                reply
            }
            Protocol::Query => {
                let error =
                    format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
                Self::new(status, "text/xml", format!("<ErrorResponse>{error}<RequestId>0</RequestId></ErrorResponse>"))
            }
            Protocol::S3 if call.is_head => Self::new(status, "application/xml", ""),
            Protocol::S3 => {
                let body = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
                Self::new(status, "application/xml", body)
            }
        }
    }

    /// A refusal as the service of this call words it.
    pub fn refusal(call: &Call, refusal: Refusal) -> Self {
        use Protocol::{Json, Query, S3};
        let (status, code) = match (refusal, call.protocol) {
            (Refusal::InternalError, S3) => (500, "InternalError"),
            (Refusal::InternalError, _) => (500, "InternalFailure"),
            (Refusal::Unavailable, _) => (503, "ServiceUnavailable"),
            (Refusal::Throttled, Json) => (400, "ThrottlingException"),
            (Refusal::Throttled, Query) => (400, "Throttling"),
            (Refusal::Throttled, S3) => (503, "SlowDown"),
            (Refusal::Denied, Json) => (400, "AccessDeniedException"),
            (Refusal::Denied, _) => (403, "AccessDenied"),
            (Refusal::Expired, Json) => (400, "ExpiredTokenException"),
            (Refusal::Expired, Query) => (403, "ExpiredToken"),
            (Refusal::Expired, S3) => (400, "ExpiredToken"),
        };
        let message = match refusal {
            Refusal::InternalError => "An internal error occurred.".to_owned(),
            Refusal::Unavailable => "The service is unavailable. Please try again shortly.".to_owned(),
            Refusal::Throttled => "Rate exceeded".to_owned(),
            Refusal::Denied => {
                format!("User: arn:aws:iam::000000000000:user/a is not authorized to perform: {}", call.name())
            }
            Refusal::Expired => "The security token included in the request is expired".to_owned(),
        };
        Self::error(call, status, code, &message)
    }
}
