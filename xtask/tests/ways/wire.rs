//! A proxy in front of the emulator that holds, answers or loses single calls to order.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

/// How long a call may take to come that a test waits for.
const PATIENCE: Duration = Duration::from_secs(120);

/// When a call is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Before the emulator sees it.
    Before,
    /// When the emulator has done it and the tool has no answer yet.
    After,
}

/// A call that is held from its arrival until it is released or this goes.
pub struct Held {
    arrived: Receiver<()>,
    gate: Arc<Semaphore>,
}

impl Held {
    /// Waits until the call is there.
    pub fn arrives(&self) -> &Self {
        self.arrived.recv_timeout(PATIENCE).expect("the call does not come");
        self
    }

    pub fn release(&self) {
        self.gate.add_permits(1);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.gate.add_permits(1);
    }
}

#[derive(Clone)]
enum Fate {
    Held(Hold, Sender<()>, Arc<Semaphore>),
    /// The emulator does not see it; this is the answer.
    Answered(StatusCode, String),
    /// The emulator does it; the tool gets this in place of its answer.
    Lost(StatusCode, String),
}

struct Rule {
    call: String,
    fate: Fate,
    n_left: u32,
}

type Rules = Arc<Mutex<Vec<Rule>>>;

/// The proxy.
pub struct Wire {
    pub url: String,
    rules: Rules,
    _runtime: Runtime,
}

impl Wire {
    pub fn before(emulator: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let rules = Rules::default();
        let (emulator, known) = (emulator.to_owned(), Arc::clone(&rules));
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let app = Router::new().fallback(move |request: Request| {
            let (emulator, rules, client) = (emulator.clone(), Arc::clone(&known), client.clone());
            async move { pass(&emulator, &rules, &client, request).await }
        });
        runtime.spawn(async move { axum::serve(listener, app).await });
        Self { url, rules, _runtime: runtime }
    }

    /// The next call of this name is held.
    pub fn hold(&self, call: &str, when: Hold) -> Held {
        let ((tell, arrived), gate) = (channel(), Arc::new(Semaphore::new(0)));
        self.add(call, Fate::Held(when, tell, Arc::clone(&gate)), 1);
        Held { arrived, gate }
    }

    /// The next calls of this name are refused with an error code of the service.
    pub fn refuse(&self, call: &str, status: u16, code: &str, n_calls: u32) {
        self.add(call, Fate::Answered(StatusCode::from_u16(status).unwrap(), error(code)), n_calls);
    }

    /// The next call of this name gets this answer.
    pub fn answer(&self, call: &str, body: &str) {
        self.add(call, Fate::Answered(StatusCode::OK, body.to_owned()), 1);
    }

    /// The answer to the next call of this name is lost on its way.
    pub fn lose(&self, call: &str) {
        self.add(call, Fate::Lost(StatusCode::INTERNAL_SERVER_ERROR, error("InternalError")), 1);
    }

    /// Everything passes from now on.
    pub fn clear(&self) {
        self.rules.lock().unwrap().clear();
    }

    fn add(&self, call: &str, fate: Fate, n_left: u32) {
        self.rules.lock().unwrap().push(Rule { call: call.to_owned(), fate, n_left });
    }
}

/// An error as CloudFormation writes it; S3 puts the inner element alone.
fn error(code: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>to order</Message></Error></ErrorResponse>"
    )
}

async fn pass(emulator: &str, rules: &Rules, client: &reqwest::Client, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let call = name_of(&head.method, &path, &head.headers, &body);
    let is_s3 = call.starts_with("s3:");
    let mut release = None;
    match take(rules, &call) {
        Some(Fate::Held(hold, tell, gate)) => {
            if hold == Hold::Before {
                let _ = tell.send(());
                let _ = gate.acquire().await;
            } else {
                release = Some((tell, gate));
            }
        }
        Some(Fate::Answered(status, text)) => return answer(&head.method, is_s3, status, text),
        Some(Fate::Lost(status, text)) => {
            let _ = forward(emulator, client, &head.method, &path, &head.headers, body).await;
            return answer(&head.method, is_s3, status, text);
        }
        None => {}
    }
    let response = forward(emulator, client, &head.method, &path, &head.headers, body).await;
    if let Some((tell, gate)) = release {
        let _ = tell.send(());
        let _ = gate.acquire().await;
    }
    response
}

/// What happens to a call; a rule is used up by its last call.
fn take(rules: &Rules, call: &str) -> Option<Fate> {
    let mut rules = rules.lock().unwrap();
    let at = rules.iter().position(|rule| rule.call == call)?;
    let rule = &mut rules[at];
    rule.n_left -= 1;
    let fate = rule.fate.clone();
    if rule.n_left == 0 {
        rules.remove(at);
    }
    Some(fate)
}

fn answer(method: &Method, is_s3: bool, status: StatusCode, text: String) -> Response {
    let text = match is_s3 {
        true => text.replace("<ErrorResponse>", "").replace("</ErrorResponse>", ""),
        false => text,
    };
    let body = if method == Method::HEAD { Body::empty() } else { Body::from(text) };
    (status, [(header::CONTENT_TYPE, "text/xml")], body).into_response()
}

/// The operation by its name, as `cloudformation:DescribeStacks` or `s3:DELETE bucket`.
fn name_of(method: &Method, path: &str, headers: &HeaderMap, body: &Bytes) -> String {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    // Credential=KEY/DATE/REGION/SERVICE/aws4_request
    let service = header("authorization").split('/').nth(3).unwrap_or_default();
    let target = header("x-amz-target").rsplit('.').next().unwrap_or_default();
    if service == "s3" {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let kind = match path.trim_matches('/').split_once('/') {
            Some(_) => "object",
            None if path == "/" => "all",
            None if query.contains("delete") => "objects",
            None if query.starts_with("versions") || query.contains("&versions") => "versions",
            None => "bucket",
        };
        return format!("s3:{method} {kind}");
    }
    let text = String::from_utf8_lossy(body);
    let action = text.split('&').find_map(|field| field.strip_prefix("Action="));
    format!("{service}:{}", action.unwrap_or(target))
}

async fn forward(
    emulator: &str,
    client: &reqwest::Client,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
    body: Bytes,
) -> Response {
    let mut headers = headers.clone();
    headers.remove(header::CONTENT_LENGTH);
    headers.remove(header::CONNECTION);
    let sent = client.request(method.clone(), format!("{emulator}{path}")).headers(headers).body(body).send().await;
    let Ok(answer) = sent else { return StatusCode::BAD_GATEWAY.into_response() };
    let (status, mut headers) = (answer.status(), answer.headers().clone());
    headers.remove(header::TRANSFER_ENCODING);
    headers.remove(header::CONTENT_LENGTH);
    (status, headers, answer.bytes().await.unwrap_or_default()).into_response()
}
