//! What a call says its body is.

use axum::http::{HeaderMap, header};

/// Says whether the content type of a call is this one, whatever its parameters.
pub(crate) fn is(headers: &HeaderMap, wanted: &str) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(wanted))
}
