//! Slack: one incoming webhook, whose address is the secret, with errors in a word of plain text.

mod block;
mod bucket;
mod message;

use crate::answer;
use crate::clock;
use crate::product::{Product, SecretKind};
use crate::received::Sighting;
use crate::secret::{Credential, REDACTED, Secret, path_encoded};
use crate::service::Service;
use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bucket::Bucket;
use contracts::SecretValue;
use contracts::slack::SlackWebhookUrl;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the list of stand-ins says of it.
pub(crate) const PRODUCT: Product = Product {
    name: NAME,
    saas: &contracts::slack::SAAS,
    secret: Some(SecretKind {
        name: SlackWebhookUrl::NAME,
        sample: "SampleSlackSecret0123456",
        value: |origin, secret| format!("{origin}{}", webhook_path(secret)),
    }),
    open: |opening| Arc::new(Slack { state: Mutex::new(Workspace::new(Secret::new(opening.secret))) }),
    script: include_str!("slack/page.js"),
    style: include_str!("slack/page.css"),
};

const NAME: &str = "slack";
const TEAM: &str = "T00000000";
const BOT: &str = "B00000000";
/// A planned 429 promises that it is over after this many seconds.
const PRETENDED_SECONDS: u64 = 1;

/// One workspace with one webhook.
pub(crate) struct Slack {
    state: Mutex<Workspace>,
}

struct Workspace {
    secret: Secret,
    bucket: Bucket,
    messages: Vec<Value>,
}

/// Returns the path of the webhook, behind the name of the stand-in.
fn webhook_path(secret: &str) -> String {
    format!("/services/{TEAM}/{BOT}/{}", path_encoded(secret))
}

impl Slack {
    fn workspace(&self) -> MutexGuard<'_, Workspace> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Workspace {
    fn new(secret: Secret) -> Self {
        Self { secret, bucket: Bucket::default(), messages: Vec::new() }
    }
}

impl Service for Slack {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(self: Arc<Self>) -> Router {
        Router::new()
            .route("/services/:team/:bot/:secret", post(receive))
            .method_not_allowed_fallback(async || {
                let allowed = [(header::ALLOW, HeaderValue::from_static("POST"))];
                (allowed, word(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed")).into_response()
            })
            .fallback(async || word(StatusCode::NOT_FOUND, "no_service"))
            .with_state(self)
    }

    fn control(self: Arc<Self>) -> Router {
        Router::new()
            .route("/messages", get(messages))
            .method_not_allowed_fallback(answer::wrong_method)
            .with_state(self)
    }

    fn inspect(&self, parts: &Parts, body: &[u8]) -> Sighting {
        let path = parts.uri.path();
        let workspace = self.workspace();
        let segments: Vec<&str> = path.split('/').collect();
        // Whatever stands where the secret belongs may be the secret of another webhook.
        if let ["", NAME, "services", team, bot, _, ..] = *segments {
            let accepted = format!("/{NAME}{}", webhook_path(workspace.secret.current()));
            let credential = if path == accepted { Credential::Valid } else { Credential::Wrong };
            let path = format!("/{NAME}/services/{team}/{bot}/{REDACTED}");
            return Sighting { path, ..Sighting::of(parts, body, credential) };
        }
        Sighting::of(parts, body, Credential::Missing)
    }

    fn secret(&self) -> Option<String> {
        Some(self.workspace().secret.current().to_owned())
    }

    fn change_secret(&self, secret: String) {
        self.workspace().secret.rotate(secret);
    }

    fn scrub(&self, text: &str) -> String {
        self.workspace().secret.scrub(text)
    }

    fn refusal(&self, status: StatusCode) -> Response {
        let text = match status {
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => "invalid_payload",
            StatusCode::FORBIDDEN => "action_prohibited",
            StatusCode::NOT_FOUND => "no_service",
            StatusCode::GONE => "channel_is_archived",
            StatusCode::TOO_MANY_REQUESTS => return limited(PRETENDED_SECONDS),
            StatusCode::INTERNAL_SERVER_ERROR => "rollup_error",
            other if other.is_client_error() => "invalid_payload",
            other if other.is_server_error() => "server_error",
            // A planned status that is no error has no error body.
            other => return (other, Body::empty()).into_response(),
        };
        word(status, text)
    }

    fn holdings(&self) -> Value {
        json!({"messages": self.workspace().messages})
    }

    fn reset(&self) {
        let mut workspace = self.workspace();
        let secret = std::mem::replace(&mut workspace.secret, Secret::new(String::new()));
        *workspace = Workspace::new(secret);
    }
}

async fn receive(
    State(slack): State<Arc<Slack>>,
    path: Result<Path<(String, String, String)>, PathRejection>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Ok(Path((team, bot, secret))) = path else {
        return word(StatusCode::NOT_FOUND, "no_service");
    };
    let mut workspace = slack.workspace();
    let unknown = match (team.as_str(), bot.as_str(), workspace.secret.judge(Some(&secret))) {
        (TEAM, BOT, Credential::Valid) => None,
        (TEAM, BOT, _) => Some("no_service"),
        (TEAM, ..) => Some("no_service_id"),
        _ => Some("no_team"),
    };
    if let Some(text) = unknown {
        return word(StatusCode::NOT_FOUND, text);
    }
    let now = clock::now_milliseconds();
    if let Err(seconds) = workspace.bucket.take(now) {
        return limited(seconds);
    }
    match message::read(&headers, &body) {
        Ok(payload) => {
            workspace.messages.push(json!({"at": now, "payload": payload}));
            word(StatusCode::OK, "ok")
        }
        Err(text) => word(StatusCode::BAD_REQUEST, text),
    }
}

async fn messages(State(slack): State<Arc<Slack>>) -> Json<Vec<Value>> {
    Json(slack.workspace().messages.clone())
}

fn limited(seconds: u64) -> Response {
    let retry = [(header::RETRY_AFTER, HeaderValue::from(seconds))];
    (retry, word(StatusCode::TOO_MANY_REQUESTS, "rate_limited")).into_response()
}

fn word(status: StatusCode, text: &'static str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}
