//! Backlog's error answers: always JSON, with a code of their own beside the status.

use axum::Json;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// The codes of Backlog's error reference that the stand-in uses.
#[derive(Debug, Clone, Copy)]
pub(super) enum ErrorCode {
    Internal = 1,
    UnauthorizedOperation = 5,
    NoResource = 6,
    InvalidRequest = 7,
    TooLargeFile = 10,
    Authentication = 11,
    TooManyRequests = 13,
}

/// Answers with one error.
pub(super) fn answer(status: StatusCode, code: ErrorCode, message: &str) -> Response {
    answer_all(status, code, &[message.to_owned()], "")
}

/// Answers with one error per message, all of the same code.
pub(super) fn answer_all(status: StatusCode, code: ErrorCode, messages: &[String], more_info: &str) -> Response {
    let errors: Vec<Value> =
        messages.iter().map(|message| json!({"message": message, "code": code as u8, "moreInfo": more_info})).collect();
    let mut response = (status, Json(json!({"errors": errors}))).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json;charset=utf-8"));
    response
}

/// Answers as Backlog does for a status, when nothing more is known than the status.
pub(super) fn refusal(status: StatusCode) -> Response {
    let (code, message) = match status {
        StatusCode::UNAUTHORIZED => (ErrorCode::Authentication, "Authentication failure."),
        StatusCode::FORBIDDEN => (ErrorCode::UnauthorizedOperation, "Unauthorized operation."),
        StatusCode::NOT_FOUND => (ErrorCode::NoResource, "No such resource."),
        StatusCode::PAYLOAD_TOO_LARGE => (ErrorCode::TooLargeFile, "Too large file."),
        StatusCode::TOO_MANY_REQUESTS => (ErrorCode::TooManyRequests, "Too many requests."),
        other if other.is_client_error() => (ErrorCode::InvalidRequest, "Invalid request."),
        other if other.is_server_error() => (ErrorCode::Internal, "Internal error."),
        // A planned status that is no error has no error body.
        other => return (other, Body::empty()).into_response(),
    };
    answer(status, code, message)
}
