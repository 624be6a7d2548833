//! Serves the files of the form as CloudFront will, beside an API that answers as planned.

use super::question_form::TEXT_LIMIT;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value as Json, json};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

/// What every answer carries: the headers of the distribution, and a policy as strict as the page bears.
const HEADERS: [(&str, &str); 6] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
         trusted-types 'none'",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("referrer-policy", "no-referrer"),
    ("strict-transport-security", "max-age=63072000"),
    ("x-content-type-options", "nosniff"),
];
/// The files, and how a bucket calls their types.
const FILES: [(&str, &str); 4] = [
    ("index.html", "text/html; charset=utf-8"),
    ("style.css", "text/css"),
    ("form.js", "text/javascript"),
    ("favicon.svg", "image/svg+xml"),
];

/// How the API answers one question.
pub enum Answer {
    /// As the function behind the API does, once the test allows it.
    Held,
    /// With this status, type and body, whatever was asked.
    Fixed(u16, &'static str, &'static str),
    /// With the beginning of an answer, and no end.
    Unfinished,
}

/// The server; it stops when this is dropped.
pub struct Server {
    address: SocketAddr,
    api: Arc<Api>,
    running: Option<Runtime>,
}

struct Api {
    received: Mutex<Vec<(HeaderMap, Vec<u8>)>>,
    planned: Mutex<VecDeque<Answer>>,
    allowed: Semaphore,
}

impl Server {
    pub fn start() -> Self {
        let api = Api { received: Mutex::default(), planned: Mutex::default(), allowed: Semaphore::new(0) };
        let mut server = Self { address: SocketAddr::from(([127, 0, 0, 1], 0)), api: Arc::new(api), running: None };
        server.start_again();
        server
    }

    /// Where the page is, by a name as the local stage gives one.
    pub fn url(&self) -> String {
        format!("http://question-form.cloudfront.localhost:{}/", self.address.port())
    }

    /// Plans the next answer of the API; without a plan it answers as the function does.
    pub fn plan(&self, answer: Answer) {
        self.api.planned.lock().unwrap().push_back(answer);
    }

    /// Releases one question that is held.
    pub fn allow_one(&self) {
        self.api.allowed.add_permits(1);
    }

    /// Bodies of all that was posted so far.
    pub fn received(&self) -> Vec<String> {
        let received = self.api.received.lock().unwrap();
        received.iter().map(|(_, body)| String::from_utf8(body.clone()).unwrap()).collect()
    }

    /// A header of what was posted last.
    pub fn last_header(&self, name: &str) -> Option<String> {
        let received = self.api.received.lock().unwrap();
        let (headers, _) = received.last()?;
        Some(headers.get(name)?.to_str().unwrap().to_owned())
    }

    /// Refuses connections from now on, and ends those that are open.
    pub fn stop(&mut self) {
        self.running.take().unwrap().shutdown_background();
    }

    /// Listens again, at the same address.
    pub fn start_again(&mut self) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let router = router(self.api.clone());
        self.address = runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind(self.address).await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(async { axum::serve(listener, router).await });
            address
        });
        self.running = Some(runtime);
    }
}

/// A file of the page, as it is in the sources.
pub fn file(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../stacks/src/question_form/site");
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn router(api: Arc<Api>) -> Router {
    let mut router = Router::new().route("/api/questions", post(ask)).with_state(api);
    for (name, kind) in FILES {
        let serve = move || async move { ([(header::CONTENT_TYPE, kind)], file(name)) };
        router = router.route(&format!("/{name}"), get(serve));
        if name == "index.html" {
            router = router.route("/", get(serve));
        }
    }
    router.layer(from_fn(with_headers))
}

async fn with_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in HEADERS {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

async fn ask(State(api): State<Arc<Api>>, headers: HeaderMap, body: Bytes) -> Response {
    api.received.lock().unwrap().push((headers.clone(), body.to_vec()));
    let planned = api.planned.lock().unwrap().pop_front();
    match planned {
        Some(Answer::Fixed(status, kind, body)) => {
            (StatusCode::from_u16(status).unwrap(), [(header::CONTENT_TYPE, kind)], body).into_response()
        }
        Some(Answer::Unfinished) => unfinished(),
        Some(Answer::Held) => {
            api.allowed.acquire().await.unwrap().forget();
            judge(&headers, &body)
        }
        None => judge(&headers, &body),
    }
}

/// Refuses what the function `question-receiver` refuses, in its words.
fn judge(headers: &HeaderMap, body: &[u8]) -> Response {
    let refuse = |status: u16, code: &str| {
        let body = json!({"code": code, "message": "the reason in English"}).to_string();
        (StatusCode::from_u16(status).unwrap(), [(header::CONTENT_TYPE, "application/json")], body).into_response()
    };
    if headers.get("content-type").is_none_or(|kind| kind != "application/json") {
        return refuse(415, "unsupported_type");
    }
    let question: Json = serde_json::from_slice(body).unwrap_or_default();
    let (Some(project), Some(text)) = (question["project_id"].as_str(), question["text"].as_str()) else {
        return refuse(400, "bad_request");
    };
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !(1..=64).contains(&project.len()) || !project.chars().all(is_allowed) {
        return refuse(400, "project_id");
    }
    if text.chars().all(|c| c.is_whitespace() || c.is_control() || c == '\u{200b}') {
        return refuse(400, "blank");
    }
    if text.chars().count() > TEXT_LIMIT {
        return refuse(400, "too_long");
    }
    let body =
        json!({"message": "queued", "id": "5d0c3f7e-6b0a-5b52-9c6e-0e6f7d1a2b3c", "number": "5d0c3f7e-6b"}).to_string();
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn unfinished() -> Response {
    let beginning = futures_util::stream::once(async { Ok::<_, std::convert::Infallible>(r#"{"message":"#) });
    let never = futures_util::stream::pending();
    Body::from_stream(futures_util::StreamExt::chain(beginning, never)).into_response()
}
