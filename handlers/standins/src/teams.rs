//! Teams: one workflow that posts adaptive cards, whose address carries a signature.

mod card;
mod error;

use crate::answer;
use crate::clock;
use crate::media;
use crate::product::{Product, SecretKind};
use crate::received::Sighting;
use crate::secret::{Credential, REDACTED, Secret, form_encoded};
use crate::service::Service;
use axum::body::{Body, Bytes};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use contracts::SecretValue;
use contracts::teams::TeamsWorkflowUrl;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the list of stand-ins says of it.
pub(crate) const PRODUCT: Product = Product {
    name: NAME,
    saas: &contracts::teams::SAAS,
    secret: Some(SecretKind {
        name: TeamsWorkflowUrl::NAME,
        sample: "SampleTeamsSignature-0123456789_abcdefghijk",
        value: workflow_url,
    }),
    open: |opening| {
        let signature = Secret::new(opening.secret);
        Arc::new(Teams { state: Mutex::new(Workflow { signature, cards: Vec::new() }) })
    },
    script: include_str!("teams/page.js"),
    style: include_str!("teams/page.css"),
};

const NAME: &str = "teams";
const WORKFLOW: &str = "0123456789abcdef";
const SIGNATURE: &str = "sig";
/// As Teams counts it, which is not what the workflow receives: the message as a text inside JSON.
///
/// A workflow takes more and then fails unseen, which no test would notice. Source: the error `MessageSizeExceeded`
/// (28,897 of 28,672 bytes for a body of 24,453) in MicrosoftDocs/msteams-docs, issue 11274.
const LONGEST_MESSAGE_BYTES: usize = 28 * 1024;

/// One workflow with the trigger that receives cards.
pub(crate) struct Teams {
    state: Mutex<Workflow>,
}

struct Workflow {
    signature: Secret,
    cards: Vec<Value>,
}

/// Returns the address of the workflow of a stand-in that answers at an origin.
fn workflow_url(origin: &str, signature: &str) -> String {
    let path = format!("{origin}/workflows/{WORKFLOW}/triggers/manual/paths/invoke");
    let signature = form_encoded(signature);
    format!("{path}?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&{SIGNATURE}={signature}")
}

impl Teams {
    fn workflow(&self) -> MutexGuard<'_, Workflow> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Service for Teams {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(self: Arc<Self>) -> Router {
        Router::new()
            .route("/workflows/:workflow/triggers/manual/paths/invoke", post(invoke))
            .method_not_allowed_fallback(async || error::wrong_method())
            .fallback(async |uri: Uri| error::no_route(uri.path()))
            .with_state(self)
    }

    fn control(self: Arc<Self>) -> Router {
        Router::new().route("/cards", get(cards)).method_not_allowed_fallback(answer::wrong_method).with_state(self)
    }

    fn inspect(&self, parts: &Parts, body: &[u8]) -> Sighting {
        let query = parts.uri.query().unwrap_or_default();
        let credential = self.workflow().signature.judge(parameter(query, SIGNATURE).as_deref());
        // Whatever stands where the signature belongs may be the signature of another workflow.
        let shown = query.split('&').map(|pair| match form_urlencoded::parse(pair.as_bytes()).next() {
            Some((name, _)) if name.eq_ignore_ascii_case(SIGNATURE) => format!("{name}={REDACTED}"),
            _ => pair.to_owned(),
        });
        Sighting { query: shown.collect::<Vec<_>>().join("&"), ..Sighting::of(parts, body, credential) }
    }

    fn secret(&self) -> Option<String> {
        Some(self.workflow().signature.current().to_owned())
    }

    fn change_secret(&self, signature: String) {
        self.workflow().signature.rotate(signature);
    }

    fn scrub(&self, text: &str) -> String {
        self.workflow().signature.scrub(text)
    }

    fn refusal(&self, status: StatusCode) -> Response {
        if status.is_client_error() || status.is_server_error() {
            return error::refusal(status);
        }
        // A planned status that is no error has no error body.
        (status, Body::empty()).into_response()
    }

    fn holdings(&self) -> Value {
        json!({"cards": self.workflow().cards})
    }

    fn reset(&self) {
        self.workflow().cards.clear();
    }
}

async fn invoke(
    State(teams): State<Arc<Teams>>,
    path: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let query = uri.query().unwrap_or_default();
    if parameter(query, "api-version").is_none_or(|version| version.is_empty()) {
        return error::no_api_version();
    }
    match path {
        Ok(Path(workflow)) if workflow == WORKFLOW => {}
        Ok(Path(workflow)) => return error::no_workflow(&workflow),
        Err(_) => return error::no_workflow("?"),
    }
    let mut workflow = teams.workflow();
    let signature = parameter(query, SIGNATURE);
    match workflow.signature.judge(signature.as_deref()) {
        Credential::Missing => return error::refusal(StatusCode::UNAUTHORIZED),
        Credential::Wrong => return error::wrong_signature(),
        Credential::Valid if headers.contains_key(header::AUTHORIZATION) => return error::two_schemes(),
        Credential::Valid => {}
    }
    if counted(&body) > LONGEST_MESSAGE_BYTES {
        return error::refusal(StatusCode::PAYLOAD_TOO_LARGE);
    }
    if !media::is(&headers, "application/json") {
        return error::not_json("The content type is not application/json.");
    }
    let payload: Value = match serde_json::from_slice(&body) {
        Ok(payload) => payload,
        Err(error) => return error::not_json(&error.to_string()),
    };
    if let Err(problem) = card::check(&payload) {
        return error::wrong_schema(&problem);
    }
    workflow.cards.push(json!({"at": clock::now_milliseconds(), "payload": payload}));
    (StatusCode::ACCEPTED, Body::empty()).into_response()
}

/// The size of a message as a text inside JSON, where quotation marks and backslashes take a byte more.
fn counted(body: &[u8]) -> usize {
    body.len() + body.iter().filter(|byte| matches!(byte, b'"' | b'\\')).count()
}

async fn cards(State(teams): State<Arc<Teams>>) -> Json<Vec<Value>> {
    Json(teams.workflow().cards.clone())
}

fn parameter(query: &str, wanted: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}
