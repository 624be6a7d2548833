//! Bytebase: a service account that logs in for an hour, and projects page by page.

mod control;
mod error;
mod login;
mod project;
mod session;

use crate::clock;
use crate::product::{Product, SecretKind};
use crate::received::Sighting;
use crate::secret::{Credential, REDACTED, Secret};
use crate::service::Service;
use axum::Router;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use contracts::SecretValue;
use contracts::bytebase::BytebaseServiceKey;
use error::Code;
use serde_json::{Value, json};
use session::{Attempts, Sessions};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What the list of stand-ins says of it.
pub(crate) const PRODUCT: Product = Product {
    name: NAME,
    saas: &contracts::bytebase::SAAS,
    secret: Some(SecretKind {
        name: BytebaseServiceKey::NAME,
        sample: "bbs_SampleServiceKey0123",
        value: SecretKind::itself,
    }),
    open: |opening| Arc::new(Bytebase { state: Mutex::new(Workspace::new(Secret::new(opening.secret))) }),
    script: include_str!("bytebase/page.js"),
    style: "",
};

const NAME: &str = "bytebase";
const LOGIN: &str = "/v1/auth/login";
const DEFAULT_PROJECTS: u32 = 23;
/// Members of a body that are secret whatever they hold.
const SECRET_MEMBERS: [&str; 9] = [
    "password",
    "otpCode",
    "otp_code",
    "recoveryCode",
    "recovery_code",
    "mfaTempToken",
    "mfa_temp_token",
    "emailCode",
    "email_code",
];

/// One workspace with one service account.
pub(crate) struct Bytebase {
    state: Mutex<Workspace>,
}

struct Workspace {
    service_key: Secret,
    sessions: Sessions,
    attempts: Attempts,
    /// How long a password takes to compare.
    login_time: Duration,
    n_projects: u32,
    /// The title of every project that a test has added. Default: its number.
    title: Option<String>,
    n_logins: u64,
    n_failed: u64,
    n_projects_served: u64,
}

impl Bytebase {
    fn workspace(&self) -> MutexGuard<'_, Workspace> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn counts(&self) -> Value {
        let workspace = self.workspace();
        json!({
            "logins": workspace.n_logins,
            "failed": workspace.n_failed,
            "projects": workspace.n_projects,
            "projects_served": workspace.n_projects_served,
        })
    }
}

impl Workspace {
    fn new(service_key: Secret) -> Self {
        Self {
            service_key,
            sessions: Sessions::default(),
            attempts: Attempts::default(),
            login_time: Duration::ZERO,
            n_projects: DEFAULT_PROJECTS,
            title: None,
            n_logins: 0,
            n_failed: 0,
            n_projects_served: 0,
        }
    }
}

impl Service for Bytebase {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(self: Arc<Self>) -> Router {
        Router::new()
            .route(LOGIN, post(login::login))
            .route("/v1/projects", get(project::list))
            .method_not_allowed_fallback(async || {
                error::answer(StatusCode::NOT_IMPLEMENTED, Code::Unimplemented, "Method Not Allowed")
            })
            .fallback(async |uri: Uri| {
                let message = format!("Routing error. Please check the request URI {}", uri.path());
                error::answer(StatusCode::NOT_FOUND, Code::NotFound, &message)
            })
            .with_state(self)
    }

    fn control(self: Arc<Self>) -> Router {
        control::router(self)
    }

    fn inspect(&self, parts: &Parts, body: &[u8]) -> Sighting {
        let workspace = self.workspace();
        let path = parts.uri.path().strip_prefix("/bytebase").unwrap_or_default();
        let credential = if path == LOGIN {
            login::credential(&workspace.service_key, body)
        } else {
            match session::bearer(&parts.headers) {
                Ok(None) => Credential::Missing,
                Ok(Some(token)) if workspace.sessions.check(token, clock::now_seconds()).is_ok() => Credential::Valid,
                Ok(Some(_)) | Err(_) => Credential::Wrong,
            }
        };
        Sighting { body: readable(body), ..Sighting::of(parts, body, credential) }
    }

    fn secret(&self) -> Option<String> {
        Some(self.workspace().service_key.current().to_owned())
    }

    // The tokens of the old key live on.
    fn change_secret(&self, service_key: String) {
        self.workspace().service_key.rotate(service_key);
    }

    fn scrub(&self, text: &str) -> String {
        let workspace = self.workspace();
        workspace.sessions.scrub(&workspace.service_key.scrub(text))
    }

    fn refusal(&self, status: StatusCode) -> Response {
        match Code::of(status) {
            Some(code) => error::answer(status, code, code.message()),
            // A planned status that is no error has no error body.
            None => (status, Body::empty()).into_response(),
        }
    }

    fn holdings(&self) -> Value {
        self.counts()
    }

    fn reset(&self) {
        let mut workspace = self.workspace();
        let service_key = std::mem::replace(&mut workspace.service_key, Secret::new(String::new()));
        *workspace = Workspace::new(service_key);
    }
}

/// Returns a body without its secret members; one that cannot be read but speaks of them is not shown at all.
fn readable(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let Ok(mut value) = serde_json::from_slice::<Value>(body) else {
        let lower = text.to_lowercase();
        let suspicious = SECRET_MEMBERS.iter().any(|name| lower.contains(&name.to_lowercase()));
        return if suspicious { REDACTED.to_owned() } else { text.into_owned() };
    };
    let mut found = false;
    for name in SECRET_MEMBERS {
        if let Some(secret) = value.get_mut(name) {
            *secret = REDACTED.into();
            found = true;
        }
    }
    if found { value.to_string() } else { text.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[track_caller]
    fn check(body: &str, expected: &str) {
        assert_eq!(readable(body.as_bytes()), expected);
    }

    #[test]
    fn shows_a_body_without_its_password() {
        check(r#"{"email": "a", "password": "b"}"#, r#"{"email":"a","password":"redacted"}"#);
        check(r#"{"pass\u0077ord": ["b"]}"#, r#"{"password":"redacted"}"#);
    }

    #[test]
    fn shows_a_body_without_secrets_as_it_was_sent() {
        check(r#"{ "email": "a" }"#, r#"{ "email": "a" }"#);
        check("not JSON", "not JSON");
    }

    #[test]
    fn shows_nothing_of_a_body_that_cannot_be_read_but_speaks_of_a_password() {
        check(r#"{"Password": "b"#, "redacted");
    }
}
