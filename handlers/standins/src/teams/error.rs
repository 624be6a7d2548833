//! The errors of a workflow's trigger: JSON with a code and a message inside one object.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A planned 429 promises that it is over after this many seconds.
const PRETENDED_SECONDS: u64 = 1;

/// Answers as the trigger does for a status, when nothing more is known than the status.
pub(super) fn refusal(status: StatusCode) -> Response {
    let (code, message) = match status {
        StatusCode::BAD_REQUEST => ("InvalidRequestContent", "The request content is not valid."),
        StatusCode::UNAUTHORIZED => {
            ("DirectApiAuthorizationRequired", "The request must be authenticated only by Shared Access scheme.")
        }
        StatusCode::FORBIDDEN => ("Forbidden", "The caller may not run this trigger."),
        StatusCode::NOT_FOUND => ("WorkflowNotFound", "The workflow could not be found."),
        StatusCode::PAYLOAD_TOO_LARGE => ("RequestEntityTooLarge", "The request entity is too large."),
        StatusCode::TOO_MANY_REQUESTS => ("TooManyRequests", "The rate limit is exceeded. Try again later."),
        StatusCode::BAD_GATEWAY => ("BadGateway", "The server did not receive a response from an upstream server."),
        StatusCode::SERVICE_UNAVAILABLE => ("ServiceUnavailable", "The service is temporarily unavailable."),
        StatusCode::GATEWAY_TIMEOUT => ("GatewayTimeout", "The upstream server did not respond in time."),
        other if other.is_server_error() => ("InternalServerError", "Encountered an internal server error."),
        _ => ("BadRequest", "The request is not valid."),
    };
    let mut response = answer(status, code, message);
    if status == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(PRETENDED_SECONDS));
    }
    response
}

/// Answers a call without the version of the API.
pub(super) fn no_api_version() -> Response {
    let message = "The api-version query parameter (?api-version=) is required for all requests.";
    answer(StatusCode::BAD_REQUEST, "MissingApiVersionParameter", message)
}

/// Answers for a workflow that is not there.
pub(super) fn no_workflow(workflow: &str) -> Response {
    answer(StatusCode::NOT_FOUND, "WorkflowNotFound", &format!("The workflow '{workflow}' could not be found."))
}

/// Answers a call whose signature is not the accepted one.
pub(super) fn wrong_signature() -> Response {
    let message = "The authentication credentials are not valid.";
    answer(StatusCode::UNAUTHORIZED, "AuthorizationFailed", message)
}

/// Answers a call that is signed and carries an `Authorization` header too.
pub(super) fn two_schemes() -> Response {
    let message = "The request has both SAS authentication scheme and another authorization scheme. \
        Only one scheme should be used.";
    answer(StatusCode::UNAUTHORIZED, "DirectApiInvalidAuthorizationScheme", message)
}

/// Answers a body that is no JSON.
pub(super) fn not_json(reason: &str) -> Response {
    let message = format!("The request content is not valid and could not be deserialized: '{reason}'.");
    answer(StatusCode::BAD_REQUEST, "InvalidRequestContent", &message)
}

/// Answers JSON that is no message with cards.
pub(super) fn wrong_schema(problem: &str) -> Response {
    let message = format!(
        "The input body for trigger 'manual' of type 'Request' did not match its schema definition. \
        Error details: '{problem}'."
    );
    answer(StatusCode::BAD_REQUEST, "TriggerInputSchemaMismatch", &message)
}

/// Answers every method but POST.
pub(super) fn wrong_method() -> Response {
    let message = "The HTTP method of the request trigger 'manual' is 'POST'.";
    answer(StatusCode::BAD_REQUEST, "TriggerRequestMethodNotValid", message)
}

/// Answers a path that leads to no trigger.
pub(super) fn no_route(path: &str) -> Response {
    let message = format!("The request URI '{path}' does not match any known API routes.");
    answer(StatusCode::NOT_FOUND, "NotFound", &message)
}

fn answer(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({"error": {"code": code, "message": message}}))).into_response()
}
