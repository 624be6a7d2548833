//! The one variable segment of a path, or Backlog's answer if it is no text.

use super::error::{self, ErrorCode};
use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;

/// A decoded segment.
pub(super) struct Segment(pub(super) String);

#[axum::async_trait]
impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        match Path::<String>::from_request_parts(parts, state).await {
            Ok(Path(segment)) => Ok(Self(segment)),
            Err(_) => Err(error::answer(StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest, "The path is not UTF-8.")),
        }
    }
}
