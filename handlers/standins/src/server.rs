//! The running server: starts, says where it is, and stops.

use std::fmt;
use std::future::IntoFuture;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::backlog::Backlog;
use crate::backlog::custom_field::BacklogCustomField;
use crate::backlog::file::BacklogFile;
use crate::bytebase::Bytebase;
use crate::control::{self, Control};
use crate::failure::Failure;
use crate::journal::Journal;
use crate::keys::{Keys, NewKeys};
use crate::mackerel::Mackerel;
use crate::page;
use crate::peer::refuse_other_users;
use crate::received::ReceivedCall;
use crate::recorder::Recorder;
use crate::service::{Service, mounted};
use crate::slack::Slack;
use crate::teams::Teams;

/// Answers that are still on their way get this long before the server ends without them.
const GRACE: Duration = Duration::from_secs(5);

/// A running server; it stops when this value is dropped.
pub struct Standins {
    address: SocketAddr,
    stage: Arc<Stage>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// All services and what they share.
pub(crate) struct Stage {
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) journal: Arc<Journal>,
    backlog: Arc<Backlog>,
    slack: Arc<Slack>,
    teams: Arc<Teams>,
    bytebase: Arc<Bytebase>,
    mackerel: Arc<Mackerel>,
}

impl Standins {
    /// Binds `127.0.0.1` at a port, zero for any free one, and serves until dropped or told to stop.
    ///
    /// With a control token, every control call except the health check has to carry it.
    ///
    /// # Errors
    ///
    /// The port is taken, or a key or the token is empty.
    pub async fn start(port: u16, keys: Keys, control_token: Option<String>) -> io::Result<Self> {
        if let Some(name) = keys.empty() {
            return Err(empty(name));
        }
        if control_token.as_deref() == Some("") {
            return Err(empty("the control token"));
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let stage = Arc::new(Stage::new(&format!("http://{address}"), keys));
        let (stop, stopping) = watch::channel(false);
        let control = Control { stage: Arc::clone(&stage), stop: stop.clone(), token: control_token.map(Arc::from) };
        let app = application(control).layer(from_fn_with_state(address, refuse_other_users));
        let task = tokio::spawn(serve(listener, app, stopping));
        Ok(Self { address, stage, stop, task })
    }

    /// Returns the address that was bound.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the address of the page, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the base to which a client of Backlog appends `/api/v2/…`.
    #[must_use]
    pub fn backlog_url(&self) -> String {
        Keys::backlog_url(&self.url())
    }

    /// Returns the address of Slack's webhook with the accepted secret.
    #[must_use]
    pub fn slack_webhook_url(&self) -> String {
        self.stage.slack.webhook_url(&self.url())
    }

    /// Returns the address of the workflow of Teams with the accepted signature.
    #[must_use]
    pub fn teams_workflow_url(&self) -> String {
        self.stage.teams.workflow_url(&self.url())
    }

    /// Returns the base to which a client of Bytebase appends `/v1/…`.
    #[must_use]
    pub fn bytebase_url(&self) -> String {
        Keys::bytebase_url(&self.url())
    }

    /// Waits until somebody calls `POST /_control/stop`.
    pub async fn stopped(mut self) {
        // A panic of the server is an end as well; its message is already on stderr.
        let _ = (&mut self.task).await;
    }

    /// Puts a file into a project, as `POST /_control/backlog/files` does.
    ///
    /// # Panics
    ///
    /// The file contradicts itself, or its project contradicts one that is already there.
    #[track_caller]
    pub fn put_file(&self, file: BacklogFile) {
        let id = file.id;
        let wrong = self.stage.backlog.put_file(file).err();
        assert!(wrong.is_none(), "file {id}: {}", wrong.unwrap_or_default());
    }

    /// Puts a custom field into a project, as `POST /_control/backlog/custom-fields` does.
    ///
    /// # Panics
    ///
    /// The field contradicts itself, or there is no such project.
    #[track_caller]
    pub fn put_custom_field(&self, field: BacklogCustomField) {
        let wrong = self.stage.backlog.put_custom_field(field).err();
        assert!(wrong.is_none(), "custom field: {}", wrong.unwrap_or_default());
    }

    /// Plans a failure, as `POST /_control/fail` does.
    ///
    /// # Panics
    ///
    /// The failure cannot happen: no such service, no such status, no times, no such header.
    #[track_caller]
    pub fn fail(&self, failure: Failure) {
        let wrong = self.stage.fail(failure).err();
        assert!(wrong.is_none(), "failure: {}", wrong.unwrap_or_default());
    }

    /// Returns the kept calls to services, the first arrival first; of many, the newest 10,000 are kept.
    #[must_use]
    pub fn received(&self) -> Vec<ReceivedCall> {
        self.stage.recorder.calls()
    }

    /// Returns every issue of Backlog with its comments, as `GET /_control/backlog/issues` does.
    #[must_use]
    pub fn backlog_issues(&self) -> Vec<serde_json::Value> {
        self.stage.backlog.issues()
    }

    /// Forgets files, failures, calls and counts; the keys stay.
    pub fn reset(&self) {
        self.stage.reset();
    }
}

impl Drop for Standins {
    fn drop(&mut self) {
        self.stop.send_replace(true);
    }
}

impl fmt::Debug for Standins {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Standins").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Stage {
    fn new(base_url: &str, keys: Keys) -> Self {
        Self {
            recorder: Arc::default(),
            journal: Arc::default(),
            backlog: Arc::new(Backlog::new(Keys::backlog_url(base_url), keys.backlog_api_key)),
            slack: Arc::new(Slack::new(keys.slack_secret)),
            teams: Arc::new(Teams::new(keys.teams_signature)),
            bytebase: Arc::new(Bytebase::new(keys.bytebase_service_key)),
            mackerel: Arc::new(Mackerel::new()),
        }
    }

    /// Returns every service; a new one is one more element.
    pub(crate) fn services(&self) -> Arc<[Arc<dyn Service>]> {
        let services: [Arc<dyn Service>; 5] = [
            self.backlog.clone(),
            self.slack.clone(),
            self.teams.clone(),
            self.bytebase.clone(),
            self.mackerel.clone(),
        ];
        Arc::new(services)
    }

    /// Replaces the keys that are given; the old ones are wrong from now on.
    pub(crate) fn change_keys(&self, new: NewKeys) {
        let NewKeys { backlog_api_key, slack_secret, teams_signature, bytebase_service_key } = new;
        if let Some(key) = backlog_api_key {
            self.backlog.change_key(key);
        }
        if let Some(secret) = slack_secret {
            self.slack.change_secret(secret);
        }
        if let Some(signature) = teams_signature {
            self.teams.change_signature(signature);
        }
        if let Some(key) = bytebase_service_key {
            self.bytebase.change_service_key(key);
        }
    }

    /// Returns the names under which the services are mounted.
    pub(crate) fn service_names(&self) -> Vec<&'static str> {
        self.services().iter().map(|service| service.name()).collect()
    }

    /// Plans a failure, or says why it cannot happen.
    pub(crate) fn fail(&self, failure: Failure) -> Result<(), String> {
        self.recorder.plan(failure.planned(&self.service_names())?);
        Ok(())
    }

    /// Forgets everything except the keys.
    pub(crate) fn reset(&self) {
        self.recorder.reset();
        self.journal.reset();
        for service in self.services().iter() {
            service.reset();
        }
    }
}

fn application(control: Control) -> Router {
    let stage = Arc::clone(&control.stage);
    let shown = page::router(Arc::clone(&stage));
    let mounted = mounted(&stage.services(), &stage.recorder, &stage.journal);
    control::router(control)
        .merge(shown)
        .merge(mounted)
        .fallback(async || control::refusal(StatusCode::NOT_FOUND, "nothing is served here"))
}

async fn serve(listener: TcpListener, app: Router, stopping: watch::Receiver<bool>) {
    let late = stopping.clone();
    // Who connected is looked up, so every request has to bring the address of its other end.
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, app).with_graceful_shutdown(until_told(stopping)).tcp_nodelay(true);
    let out_of_patience = async {
        until_told(late).await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        // Accepting never fails for good: the server itself waits and tries again.
        _ = server.into_future() => {}
        () = out_of_patience => {}
    }
}

async fn until_told(mut stopping: watch::Receiver<bool>) {
    // An error means that nobody is left who could tell.
    let _ = stopping.wait_for(|told| *told).await;
}

fn empty(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("{what} is empty"))
}
