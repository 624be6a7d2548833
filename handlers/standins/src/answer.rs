//! Answers of everything that is not a stand-in: what a control call cannot use, and refusals.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde_json::json;

/// Input that a control call cannot use, with the reason.
pub(crate) struct WrongInput(pub(crate) String);

/// Reads the JSON body of a control call, or says what is wrong with it.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, WrongInput> {
    serde_json::from_slice(body).map_err(|error| WrongInput(error.to_string()))
}

/// Builds the error answer of everything that is not a service.
pub(crate) fn refusal(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"error": message}))).into_response()
}

/// Answers a control call that is there under another method.
pub(crate) async fn wrong_method() -> Response {
    refusal(StatusCode::METHOD_NOT_ALLOWED, "this control call has another method")
}

impl IntoResponse for WrongInput {
    fn into_response(self) -> Response {
        refusal(StatusCode::BAD_REQUEST, &self.0)
    }
}
