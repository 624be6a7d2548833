//! The seam between one product and the server: what a product has to say about itself.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;

use crate::received::{Credential, ReceivedCall};
use crate::recorder::Recorder;

const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;

/// One product: its routes, its errors, its credential.
pub(crate) trait Service: Send + Sync + 'static {
    /// The first segment of every path of the service, and its name in records and failures.
    fn name(&self) -> &'static str;

    /// The service itself, with paths that begin behind its name.
    fn routes(self: Arc<Self>) -> Router;

    /// Control calls of this service alone, mounted at `/_control/<name>`.
    fn control(self: Arc<Self>) -> Router;

    /// Judges the credential of a call and returns the query without it.
    fn inspect(&self, parts: &Parts) -> Sighting;

    /// Removes the service's secrets from a text that will be shown.
    fn scrub(&self, text: &str) -> String;

    /// Builds the service's own error answer for a status.
    fn refusal(&self, status: StatusCode) -> Response;

    /// Adds the headers that every answer of the service carries, where they are not set yet.
    fn complete(&self, method: &Method, credential: Credential, headers: &mut HeaderMap);

    /// Forgets everything except the keys.
    fn reset(&self);
}

/// What a service saw of the credential, and the query without it.
pub(crate) struct Sighting {
    pub(crate) credential: Credential,
    pub(crate) query: String,
}

/// A service and the recorder that witnesses its calls.
#[derive(Clone)]
struct Witnessed {
    service: Arc<dyn Service>,
    recorder: Arc<Recorder>,
}

/// Mounts a service under its name; every call is recorded, and planned failures come first.
pub(crate) fn mounted(service: Arc<dyn Service>, recorder: Arc<Recorder>) -> Router {
    let prefix = format!("/{}", service.name());
    let routes = Arc::clone(&service).routes();
    let witnessed = Witnessed { service, recorder };
    Router::new()
        // Unlike `nest`, this also serves the prefix with a slash behind it.
        .nest_service(&prefix, routes)
        .layer(from_fn_with_state(witnessed, witness))
}

async fn witness(State(Witnessed { service, recorder }): State<Witnessed>, request: Request, next: Next) -> Response {
    let arrival = recorder.arrive();
    let (parts, body) = request.into_parts();
    let sighting = service.inspect(&parts);
    let (method, credential) = (parts.method.clone(), sighting.credential);
    let call = ReceivedCall::new(arrival, service.as_ref(), &parts, &sighting);

    let body = to_bytes(body, MAX_BODY_BYTES).await;
    let failure = recorder.take_failure(service.name(), parts.uri.path());
    let received = body.as_ref().map_or_else(|_| Bytes::new(), Bytes::clone);
    let mut response = match (failure, body) {
        (Some(failure), _) => {
            let refusal = service.refusal(failure.status());
            failure.over(refusal)
        }
        (None, Ok(body)) => next.run(Request::from_parts(parts, Body::from(body))).await,
        (None, Err(_)) => service.refusal(StatusCode::PAYLOAD_TOO_LARGE),
    };

    service.complete(&method, credential, response.headers_mut());
    let status = response.status().as_u16();
    recorder.keep(call.answered(service.as_ref(), &received, status));
    response
}
