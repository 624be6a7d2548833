//! The page at `/`: shows a person what arrived, and changes nothing.

use crate::PRODUCTS;
use crate::control::refuse_foreign_pages;
use crate::journal::Passed;
use crate::product::Product;
use crate::service::{Service, scrub};
use crate::shared::Shared;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};

/// What stands before the style and the script, between them, and behind them.
const BEGIN: &str = include_str!("page/begin.html");
const BODY: &str = include_str!("page/body.html");
const END: &str = "</body>\n</html>\n";
/// One document, so that its policy can name what runs in it by digest.
static PAGE: LazyLock<Page> = LazyLock::new(Page::assemble);
const SHOWN_CALLS: usize = 200;
/// Of every list that a service holds.
const SHOWN_ENTRIES: usize = 50;
/// The newest events; each is drawn with all its hops.
const SHOWN_JOURNEYS: usize = 30;
const SHOWN_BODY_BYTES: usize = 4 * 1024;

/// Builds the page and the lists that it reads.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(page))
        .route("/received.json", get(received))
        .route("/holdings.json", get(holdings))
        .route("/journeys.json", get(journeys))
        .with_state(shared)
        .layer(from_fn(refuse_foreign_pages))
}

/// The document, and the policy that lets nothing but its own style and script work.
struct Page {
    document: String,
    policy: HeaderValue,
}

impl Page {
    fn assemble() -> Self {
        let of_products = |part: fn(&Product) -> &'static str| PRODUCTS.iter().map(part).collect::<String>();
        let style = format!("\n{}{}", include_str!("page/style.css"), of_products(|product| product.style));
        let script = format!(
            "\n{}{}{}{}",
            include_str!("page/dom.js"),
            of_products(|product| product.script),
            include_str!("page/journey.js"),
            include_str!("page/page.js"),
        );
        let digest = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; img-src data:; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
             trusted-types 'none'",
            digest(&style),
            digest(&script)
        );
        let document = format!("{BEGIN}<style>{style}</style>\n{BODY}<script>{script}</script>\n{END}");
        // Digests in Base64 are letters that a header holds; without a policy nothing would run.
        Self {
            document,
            policy: HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'")),
        }
    }
}

async fn page() -> Response {
    (headers(), Html(PAGE.document.as_str())).into_response()
}

async fn received(State(shared): State<Arc<Shared>>) -> Response {
    let (mut calls, total) = shared.recorder.latest(SHOWN_CALLS);
    for call in &mut calls {
        if call.body.len() > SHOWN_BODY_BYTES {
            let end = call.body.floor_char_boundary(SHOWN_BODY_BYTES);
            call.body.truncate(end);
            call.body.push('…');
        }
    }
    let titles: Map<String, Value> =
        PRODUCTS.iter().map(|product| (product.name.to_owned(), product.saas.name.into())).collect();
    let list: Value = json!({
        "total": total,
        "services": shared.service_names(),
        "titles": titles,
        "calls": calls,
    });
    (headers(), Json(list)).into_response()
}

async fn holdings(State(shared): State<Arc<Shared>>) -> Response {
    let services = shared.services();
    let mut all = Map::new();
    for service in services.iter() {
        let mut held = newest(service.holdings());
        without_secrets(&mut held, &services);
        all.insert(service.name().to_owned(), held);
    }
    (headers(), Json(all)).into_response()
}

async fn journeys(State(shared): State<Arc<Shared>>) -> Response {
    let calls = shared.recorder.of_each(Passed::of);
    let (journeys, total) = shared.journal.newest(SHOWN_JOURNEYS, &calls);
    let mut list = json!({"is_told": shared.journal.is_told(), "total": total, "journeys": journeys});
    without_secrets(&mut list, &shared.services());
    (headers(), Json(list)).into_response()
}

/// Turns every list around, keeps its beginning, and says how long it was.
fn newest(mut held: Value) -> Value {
    let mut total = None;
    for list in held.as_object_mut().into_iter().flat_map(Map::values_mut).filter_map(Value::as_array_mut) {
        total = Some(list.len());
        list.reverse();
        list.truncate(SHOWN_ENTRIES);
    }
    if let Some(total) = total {
        held["total"] = total.into();
    }
    held
}

// What a handler sent by mistake would be shown to people too.
fn without_secrets(value: &mut Value, services: &[Arc<dyn Service>]) {
    match value {
        Value::String(text) => *text = scrub(services, text),
        Value::Array(list) => list.iter_mut().for_each(|value| without_secrets(value, services)),
        Value::Object(members) => members.values_mut().for_each(|value| without_secrets(value, services)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn headers() -> [(HeaderName, HeaderValue); 4] {
    [
        (header::CONTENT_SECURITY_POLICY, PAGE.policy.clone()),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]
}
