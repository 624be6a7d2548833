//! What is wrong with a call, told in Backlog's error shape, one sentence per problem.

use super::error::{self, ErrorCode};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// The problems of one call, and what would help.
pub(super) struct Problems {
    sentences: Vec<String>,
    hint: String,
}

impl Problems {
    /// Describes a single problem.
    pub(super) fn one(sentence: impl Into<String>) -> Self {
        Self::all(vec![sentence.into()])
    }

    /// Describes several problems.
    pub(super) fn all(sentences: Vec<String>) -> Self {
        Self { sentences, hint: String::new() }
    }

    /// Adds what would help, which Backlog calls more information.
    pub(super) fn with_hint(self, hint: &str) -> Self {
        Self { hint: hint.to_owned(), ..self }
    }

    /// Names a parameter that would have no effect here; accepting it would be a lie.
    pub(super) fn not_served(parameter: &str) -> String {
        format!("{parameter} is a parameter that the stand-in does not serve.")
    }
}

impl IntoResponse for Problems {
    fn into_response(self) -> Response {
        error::answer_all(StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest, &self.sentences, &self.hint)
    }
}
