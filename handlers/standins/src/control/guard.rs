//! Who may control the stand-ins: no page of another site, and with a token only callers who have it.

use crate::answer::refusal;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;

const TOKEN_HEADER: &str = "x-control-token";

/// Refuses requests that a page of another site could have caused.
///
/// The name in `Host` stops a foreign name that resolves to this machine; `Origin` stops a foreign page.
pub(crate) async fn refuse_foreign_pages(request: Request, next: Next) -> Response {
    let Some(host) = text(request.headers(), header::HOST) else {
        return refusal(StatusCode::FORBIDDEN, "a `Host` header is required");
    };
    if !is_loopback(host) {
        return refusal(
            StatusCode::FORBIDDEN,
            "the `Host` header names another machine; use 127.0.0.1, localhost or [::1]",
        );
    }
    let foreign = request.headers().contains_key(header::ORIGIN)
        && !text(request.headers(), header::ORIGIN).is_some_and(|origin| is_own(origin, host));
    if foreign {
        return refusal(StatusCode::FORBIDDEN, "the `Origin` is another site");
    }
    next.run(request).await
}

/// Refuses calls without the control token, if there is one.
pub(super) async fn demand_token(State(token): State<Option<Arc<str>>>, request: Request, next: Next) -> Response {
    let sent = request.headers().get(TOKEN_HEADER);
    match token {
        Some(token) if sent.is_none_or(|sent| sent.as_bytes() != token.as_bytes()) => {
            refusal(StatusCode::UNAUTHORIZED, "the header `x-control-token` is missing or wrong")
        }
        _ => next.run(request).await,
    }
}

fn text(headers: &HeaderMap, name: header::HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["127.0.0.1", "[::1]"].contains(&name) || name.eq_ignore_ascii_case("localhost")
}

fn is_own(origin: &str, host: &str) -> bool {
    origin.strip_prefix("http://").is_some_and(|own| own.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::{is_loopback, is_own};

    #[test]
    fn knows_the_names_of_this_machine() {
        for host in ["127.0.0.1", "127.0.0.1:80", "localhost", "LOCALHOST:4000", "[::1]", "[::1]:9"] {
            assert!(is_loopback(host), "{host}");
        }
    }

    #[test]
    fn takes_no_other_name_for_this_machine() {
        for host in [
            "",
            "example.com",
            "127.0.0.1.example.com",
            "localhost.example.com:80",
            "127.0.0.1:80@example.com",
            "127.0.0.10",
            "192.168.0.1:80",
            "::1",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    #[test]
    fn another_port_or_scheme_is_another_origin() {
        assert!(is_own("http://127.0.0.1:1", "127.0.0.1:1"));
        for origin in ["null", "http://127.0.0.1:2", "https://127.0.0.1:1", "http://evil.example"] {
            assert!(!is_own(origin, "127.0.0.1:1"), "{origin}");
        }
    }
}
