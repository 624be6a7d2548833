//! Stand-in for what Mackerel publishes of itself: the addresses from which its webhooks come.
//!
//! Source: Mackerel help, "Metadata API"; it takes no key.

use crate::answer::{WrongInput, read};
use crate::product::Product;
use crate::received::Sighting;
use crate::secret::Credential;
use crate::service::Service;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};

/// What the list of stand-ins says of it.
pub(crate) const PRODUCT: Product = Product {
    name: NAME,
    saas: &contracts::mackerel::SAAS,
    secret: None,
    open: |_| Arc::new(Mackerel { outgoing: Mutex::new(vec![OUTGOING.to_owned()]) }),
    script: "",
    style: "",
};

const NAME: &str = "mackerel";

/// On this machine webhooks come from this machine.
const OUTGOING: &str = "127.0.0.1/32";

pub(crate) struct Mackerel {
    outgoing: Mutex<Vec<String>>,
}

/// Other addresses than those of this machine.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSenders {
    outgoing: Vec<String>,
}

impl Mackerel {
    fn ranges(&self) -> Value {
        let outgoing = self.outgoing.lock().unwrap_or_else(PoisonError::into_inner).clone();
        json!({
            "incoming": ["192.0.2.1/32"],
            "outgoing": outgoing,
            "incoming_ipv6": ["2001:db8::/56"],
            "outgoing_ipv6": ["2001:db8::/56"],
        })
    }

    fn change(&self, outgoing: Vec<String>) {
        *self.outgoing.lock().unwrap_or_else(PoisonError::into_inner) = outgoing;
    }
}

impl Service for Mackerel {
    fn name(&self) -> &'static str {
        NAME
    }

    fn routes(self: Arc<Self>) -> Router {
        Router::new()
            .route("/meta/ip-ranges.json", get(async |State(mackerel): State<Arc<Self>>| Json(mackerel.ranges())))
            .fallback(async || refusal(StatusCode::NOT_FOUND))
            .method_not_allowed_fallback(async || refusal(StatusCode::METHOD_NOT_ALLOWED))
            .with_state(self)
    }

    fn control(self: Arc<Self>) -> Router {
        Router::new().route("/senders", post(change)).with_state(self)
    }

    fn inspect(&self, parts: &Parts, body: &[u8]) -> Sighting {
        // A key would be one too many, wherever it was.
        let is_given = |headers: &HeaderMap| headers.contains_key("x-api-key") || headers.contains_key("authorization");
        let credential = if is_given(&parts.headers) { Credential::Wrong } else { Credential::Missing };
        Sighting::of(parts, body, credential)
    }

    fn scrub(&self, text: &str) -> String {
        text.to_owned()
    }

    fn refusal(&self, status: StatusCode) -> Response {
        refusal(status)
    }

    fn holdings(&self) -> Value {
        // Nothing arrives here.
        json!({})
    }

    fn reset(&self) {
        self.change(vec![OUTGOING.to_owned()]);
    }
}

fn refusal(status: StatusCode) -> Response {
    (status, Json(json!({"error": status.canonical_reason().unwrap_or_default()}))).into_response()
}

async fn change(State(mackerel): State<Arc<Mackerel>>, body: Bytes) -> Result<StatusCode, WrongInput> {
    let NewSenders { outgoing } = read(&body)?;
    mackerel.change(outgoing);
    Ok(StatusCode::NO_CONTENT)
}
