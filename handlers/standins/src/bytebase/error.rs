//! Bytebase's errors as its gateway writes them: a number of gRPC and a message.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// The codes of gRPC that the stand-in uses.
#[derive(Debug, Clone, Copy)]
pub(super) enum Code {
    Unknown = 2,
    InvalidArgument = 3,
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    PermissionDenied = 7,
    ResourceExhausted = 8,
    Unimplemented = 12,
    Internal = 13,
    Unavailable = 14,
    Unauthenticated = 16,
}

/// A status, a code and a message.
pub(super) struct Refusal(pub(super) StatusCode, pub(super) Code, pub(super) String);

/// Answers with an error.
pub(super) fn answer(status: StatusCode, code: Code, message: &str) -> Response {
    (status, Json(json!({"code": code as u8, "message": message}))).into_response()
}

/// Refuses a call whose caller is not known.
pub(super) fn unauthenticated(message: &str) -> Refusal {
    Refusal(StatusCode::UNAUTHORIZED, Code::Unauthenticated, message.to_owned())
}

/// Refuses a parameter or a body.
pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal(StatusCode::BAD_REQUEST, Code::InvalidArgument, message.into())
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        answer(self.0, self.1, &self.2)
    }
}

impl Code {
    /// Returns the code that the gateway turns into a status, if the status is an error.
    pub(super) fn of(status: StatusCode) -> Option<Self> {
        Some(match status {
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => Self::InvalidArgument,
            StatusCode::UNAUTHORIZED => Self::Unauthenticated,
            StatusCode::FORBIDDEN => Self::PermissionDenied,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::CONFLICT => Self::AlreadyExists,
            StatusCode::TOO_MANY_REQUESTS => Self::ResourceExhausted,
            StatusCode::NOT_IMPLEMENTED => Self::Unimplemented,
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable,
            StatusCode::GATEWAY_TIMEOUT => Self::DeadlineExceeded,
            other if other.is_server_error() => Self::Internal,
            other if other.is_client_error() => Self::Unknown,
            _ => return None,
        })
    }

    /// Returns a message for when nothing more is known than the code.
    pub(super) fn message(self) -> &'static str {
        match self {
            Self::Unknown => "unknown error",
            Self::InvalidArgument => "invalid argument",
            Self::DeadlineExceeded => "deadline exceeded",
            Self::NotFound => "not found",
            Self::AlreadyExists => "already exists",
            Self::PermissionDenied => "permission denied",
            Self::ResourceExhausted => "resource exhausted",
            Self::Unimplemented => "not implemented",
            Self::Internal => "internal error",
            Self::Unavailable => "service unavailable",
            Self::Unauthenticated => "unauthenticated",
        }
    }
}
