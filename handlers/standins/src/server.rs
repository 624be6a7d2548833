//! The running server: starts, says where it is, and stops.

use std::fmt;
use std::future::IntoFuture;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::backlog::Backlog;
use crate::backlog::file::BacklogFile;
use crate::control::{self, Control};
use crate::failure::Failure;
use crate::page;
use crate::received::ReceivedCall;
use crate::recorder::Recorder;
use crate::service::{Service, mounted};

/// Answers that are still on their way get this long before the server ends without them.
const GRACE: Duration = Duration::from_secs(5);

/// A running server; it stops when this value is dropped.
pub struct Standins {
    address: SocketAddr,
    stage: Arc<Stage>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// The keys that the services accept.
#[derive(Clone)]
pub struct Keys {
    /// The API key of Backlog's only user.
    pub backlog_api_key: String,
}

/// All services and what they share.
pub(crate) struct Stage {
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) backlog: Arc<Backlog>,
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
        if keys.backlog_api_key.is_empty() {
            return Err(empty("the API key of Backlog"));
        }
        if control_token.as_deref() == Some("") {
            return Err(empty("the control token"));
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let stage = Arc::new(Stage {
            recorder: Arc::default(),
            backlog: Arc::new(Backlog::new(format!("http://{address}/backlog"), keys.backlog_api_key)),
        });
        let (stop, stopping) = watch::channel(false);
        let app =
            application(Control { stage: Arc::clone(&stage), stop: stop.clone(), token: control_token.map(Arc::from) });
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
        format!("{}/backlog", self.url())
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

    /// Returns every call to a service, the first arrival first.
    #[must_use]
    pub fn received(&self) -> Vec<ReceivedCall> {
        self.stage.recorder.calls()
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

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl Stage {
    /// Returns every service; a new one is one more element.
    pub(crate) fn services(&self) -> [Arc<dyn Service>; 1] {
        [self.backlog.clone()]
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
        for service in self.services() {
            service.reset();
        }
    }
}

fn application(control: Control) -> Router {
    let stage = Arc::clone(&control.stage);
    let mut router = control::router(control).merge(page::router(Arc::clone(&stage)));
    for service in stage.services() {
        router = router.merge(mounted(service, Arc::clone(&stage.recorder)));
    }
    router.fallback(async || control::refusal(StatusCode::NOT_FOUND, "nothing is served here"))
}

async fn serve(listener: TcpListener, app: Router, stopping: watch::Receiver<bool>) {
    let late = stopping.clone();
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
