//! The seam between one product and the server: what a product has to say about itself.

use crate::journal::Journal;
use crate::peer::{Processes, Socket};
use crate::received::{ReceivedCall, Sighting};
use crate::recorder::Recorder;
use crate::secret::Credential;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::{Error, Router};
use serde_json::Value;
use std::any::Any;
use std::sync::Arc;

const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// One product: its routes, its errors, its credential.
pub(crate) trait Service: Any + Send + Sync {
    /// The first segment of every path of the service, and its name in records and failures.
    fn name(&self) -> &'static str;

    /// The service itself, with paths that begin behind its name.
    fn routes(self: Arc<Self>) -> Router;

    /// Control calls of this service alone, mounted at `/_control/<name>`.
    fn control(self: Arc<Self>) -> Router;

    /// Judges the credential of a call and returns the call without it.
    fn inspect(&self, parts: &Parts, body: &[u8]) -> Sighting;

    /// Returns the secret that is accepted now; none, if the service takes none.
    fn secret(&self) -> Option<String> {
        None
    }

    /// Accepts another secret; the old one is wrong from now on.
    fn change_secret(&self, _secret: String) {}

    /// Removes the service's secrets from a text that will be shown.
    fn scrub(&self, text: &str) -> String;

    /// Builds the service's own error answer for a status.
    fn refusal(&self, status: StatusCode) -> Response;

    /// Adds the headers that every answer of the service carries, where they are not set yet.
    fn complete(&self, _method: &Method, _path: &str, _credential: Credential, _headers: &mut HeaderMap) {}

    /// Returns what the page shows of the service beside its calls, as the control calls return it.
    fn holdings(&self) -> Value;

    /// Forgets everything except the keys.
    fn reset(&self);
}

/// A service, all services with their secrets, and the recorder that witnesses the calls.
#[derive(Clone)]
struct Witnessed {
    service: Arc<dyn Service>,
    all: Arc<[Arc<dyn Service>]>,
    recorder: Arc<Recorder>,
    journal: Arc<Journal>,
    processes: Arc<Processes>,
}

/// Mounts every service under its name; every call is recorded, and planned failures come first.
pub(crate) fn mounted(all: &Arc<[Arc<dyn Service>]>, recorder: &Arc<Recorder>, journal: &Arc<Journal>) -> Router {
    let (mut router, processes) = (Router::new(), Arc::new(Processes::default()));
    for service in all.iter() {
        let prefix = format!("/{}", service.name());
        let routes = Arc::clone(service).routes();
        let witnessed = Witnessed {
            service: Arc::clone(service),
            all: Arc::clone(all),
            recorder: Arc::clone(recorder),
            journal: Arc::clone(journal),
            processes: Arc::clone(&processes),
        };
        // Unlike `nest`, this also serves the prefix with a slash behind it.
        let mounted = Router::new().nest_service(&prefix, routes).layer(from_fn_with_state(witnessed, witness));
        router = router.merge(mounted);
    }
    router
}

/// Removes the secrets of all services from a text, for a handler may mistake one for another.
pub(crate) fn scrub(all: &[Arc<dyn Service>], text: &str) -> String {
    all.iter().fold(text.to_owned(), |text, service| service.scrub(&text))
}

async fn witness(State(witnessed): State<Witnessed>, request: Request, next: Next) -> Response {
    let Witnessed { service, all, recorder, journal, processes } = witnessed;
    let arrival = recorder.arrive();
    let (parts, body) = request.into_parts();
    let socket = parts.extensions.get::<Socket>().copied().filter(|_| journal.is_told());
    let process = match socket {
        Some(socket) => processes.of(socket).await,
        None => None,
    };
    let body = to_bytes(body, MAX_BODY_BYTES).await;
    let received = body.as_ref().map_or_else(|_| Bytes::new(), Bytes::clone);
    let sighting = service.inspect(&parts, &received);
    let (method, path, credential) = (parts.method.clone(), parts.uri.path().to_owned(), sighting.credential);
    let call = ReceivedCall::new(arrival, service.name(), &parts, sighting).by(process);

    let mut response = match recorder.take_failure(service.name(), &path) {
        None => handled(service.as_ref(), parts, body, next).await,
        Some(failure) => {
            if failure.comes_after() {
                handled(service.as_ref(), parts, body, next).await;
            }
            let refusal = service.refusal(failure.status());
            failure.over(refusal)
        }
    };

    service.complete(&method, &path, credential, response.headers_mut());
    // Tokens that this very answer hands out are secrets from now on, so scrubbing comes last.
    recorder.keep(call.answered(response.status().as_u16(), |text| scrub(&all, text)));
    response
}

async fn handled(service: &dyn Service, parts: Parts, body: Result<Bytes, Error>, next: Next) -> Response {
    match body {
        Ok(body) => next.run(Request::from_parts(parts, Body::from(body))).await,
        Err(_) => service.refusal(StatusCode::PAYLOAD_TOO_LARGE),
    }
}
