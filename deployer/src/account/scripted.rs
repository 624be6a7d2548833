//! An AWS on a loopback port that answers what a test wrote down, and remembers what it was asked.
//!
//! For what no emulator can be made to do: not to answer, to answer page by page, to throttle and then not.

use super::connect::http_client;
use super::{Account, CallLimits, Shared};
use crate::event::{Event, Reporter};
use crate::pace::Pace;
use crate::trust::Trust;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::proxy::ProxyConfig;
use stacks::{Stack, Stage, StageName};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedReceiver;

/// What a request is answered with.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Nothing, ever.
    Never,
    /// This status and body.
    Body(u16, String),
}

impl Answer {
    pub(crate) fn ok(body: &str) -> Self {
        Self::Body(200, body.to_owned())
    }

    /// An error of a service that speaks JSON.
    pub(crate) fn json_error(status: u16, code: &str) -> Self {
        Self::Body(status, format!(r#"{{"__type":"{code}","message":"as scripted"}}"#))
    }

    /// A result of a service that speaks XML.
    pub(crate) fn xml(operation: &str, result: &str) -> Self {
        Self::ok(&format!("<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>"))
    }
}

/// The operation (or path, where a service has no names in its requests) and the whole request of each call.
type Asked = Arc<Mutex<Vec<(String, String)>>>;
type Script = Arc<Mutex<VecDeque<(&'static str, Answer)>>>;

/// The first stack with this secret, of a stage that is part of the sources; the one on AWS has the profile `work`.
pub(crate) fn stack_of(stage: &str, secret: &str) -> Stack {
    let text = match stage {
        "local" => include_str!("../../../stacks/stages/local.yaml").to_owned(),
        _ => include_str!("../../../stacks/stages/example.yaml").replace("# profile: example", "profile: work"),
    };
    let stage = Stage::parse(StageName::try_from(stage.to_owned()).unwrap(), &text).unwrap();
    stacks::all(&stage).into_iter().find(|stack| stack.secrets().iter().any(|known| known.name == secret)).unwrap()
}

/// A running AWS of that kind.
pub(crate) struct Scripted {
    pub(crate) account: Account,
    events: UnboundedReceiver<Event>,
    asked: Asked,
    script: Script,
}

impl Scripted {
    /// Starts one; each call takes the first answer that is left for its operation.
    pub(crate) async fn start(answers: Vec<(&'static str, Answer)>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, script) = (Asked::default(), Script::new(Mutex::new(answers.into())));
        let (seen, answers) = (Arc::clone(&asked), Arc::clone(&script));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&seen), Arc::clone(&answers)));
            }
        });
        let (reporter, events) = Reporter::new();
        Self { account: account(&format!("http://{address}"), reporter), events, asked, script }
    }

    /// The requests of an operation, whole.
    pub(crate) fn asked(&self, operation: &str) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|(name, _)| name == operation).map(|(_, request)| request.clone()).collect()
    }

    /// All requests, whole.
    pub(crate) fn all_asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(_, request)| request.clone()).collect()
    }

    /// The number of all requests.
    pub(crate) fn n_asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// What was reported so far.
    pub(crate) fn told(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.events.try_recv().ok()).collect()
    }

    /// The number of answers that were not requested.
    pub(crate) fn n_left(&self) -> usize {
        self.script.lock().unwrap().len()
    }
}

fn account(endpoint: &str, reporter: Reporter) -> Account {
    let limits = CallLimits::of_attempt(Duration::from_secs(1));
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .http_client(http_client(ProxyConfig::disabled(), &Trust::default()))
        .region(Region::new("ap-northeast-1"))
        .endpoint_url(endpoint)
        .timeout_config(limits.for_calls())
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("key", "secret", None, None, "test")))
        .build();
    Account::open(config, "111122223333".into(), "ap-northeast-1", None, Shared::new(reporter, limits, Pace::of_test()))
}

async fn serve(mut stream: TcpStream, asked: Asked, script: Script) {
    while let Some(request) = read_request(&mut stream).await {
        let name = operation_of(&request);
        asked.lock().unwrap().push((name.clone(), request));
        let answer = {
            let mut script = script.lock().unwrap();
            let place = script.iter().position(|(operation, _)| *operation == name);
            place.and_then(|place| script.remove(place)).map(|(_, answer)| answer)
        };
        let (status, body) = match answer {
            Some(Answer::Never) => std::future::pending().await,
            Some(Answer::Body(status, body)) => (status, body),
            None => (400, format!("no answer is left for {name}")),
        };
        let head = format!("HTTP/1.1 {status} As Scripted\r\ncontent-length: {}\r\n\r\n", body.len());
        if stream.write_all((head + &body).as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut request = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        let mut piece = [0; 4096];
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(n) => request.extend_from_slice(&piece[..n]),
        }
    }
}

/// The name of the operation as each of AWS's protocols writes it; the path where none does.
fn operation_of(request: &str) -> String {
    let header = request
        .lines()
        .find_map(|line| line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("x-amz-target")));
    if let Some((_, target)) = header {
        return target.rsplit('.').next().unwrap_or(target).to_owned();
    }
    let body = request.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    if let Some(action) = body.split('&').find_map(|pair| pair.strip_prefix("Action=")) {
        return action.to_owned();
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    path.split('?').next().unwrap_or(path).to_owned()
}
