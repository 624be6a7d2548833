//! The running server: starts, says where it is, and stops.

use std::any::Any;
use std::collections::BTreeMap;
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

use crate::control::{self, Control};
use crate::failure::Failure;
use crate::journal::Journal;
use crate::keys::Keys;
use crate::page;
use crate::peer::refuse_other_users;
use crate::PRODUCTS;
use crate::products::{Opening, origin, secrets};
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

/// All services and what they share.
pub(crate) struct Stage {
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) journal: Arc<Journal>,
    base_url: String,
    services: Arc<[Arc<dyn Service>]>,
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
        let stage = Arc::new(Stage::new(&format!("http://{address}"), &keys));
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

    /// Returns where a stand-in answers, by its name, without a slash at the end.
    #[must_use]
    pub fn origin(&self, name: &str) -> String {
        origin(&self.url(), name)
    }

    /// Returns what a client is given now for the secret with this name: the secret itself, or an address with it.
    ///
    /// Empty if no stand-in takes a secret of this name.
    #[must_use]
    pub fn secret(&self, name: &str) -> String {
        self.stage.secrets().remove(name).unwrap_or_default()
    }

    /// Waits until somebody calls `POST /_control/stop`.
    pub async fn stopped(mut self) {
        // A panic of the server is an end as well; its message is already on stderr.
        let _ = (&mut self.task).await;
    }

    /// Returns a stand-in by its type.
    ///
    /// # Panics
    ///
    /// It is not in the list.
    pub(crate) fn service<T: Service>(&self) -> &T {
        let found = self.stage.services.iter().find_map(|service| (&**service as &dyn Any).downcast_ref());
        found.expect("a stand-in is in the list")
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
    fn new(base_url: &str, keys: &Keys) -> Self {
        let open = |product: &crate::products::Product| {
            let secret = product.secret.as_ref().map_or("", |secret| keys.get(secret.name));
            (product.open)(Opening { origin: origin(base_url, product.name), secret: secret.to_owned() })
        };
        Self {
            recorder: Arc::default(),
            journal: Arc::default(),
            base_url: base_url.to_owned(),
            services: PRODUCTS.iter().map(open).collect(),
        }
    }

    /// Returns every service.
    pub(crate) fn services(&self) -> Arc<[Arc<dyn Service>]> {
        Arc::clone(&self.services)
    }

    /// Returns what clients are given for each secret, by its name.
    pub(crate) fn secrets(&self) -> BTreeMap<&'static str, String> {
        let value = |(name, kind): (&str, &'static crate::products::SecretKind)| {
            let accepted = self.services.iter().find(|service| service.name() == name)?.secret()?;
            Some((kind.name, (kind.value)(&origin(&self.base_url, name), &accepted)))
        };
        secrets().filter_map(value).collect()
    }

    /// Has services accept other secrets, by their names; the old ones are wrong from now on.
    pub(crate) fn change_secrets(&self, mut new: BTreeMap<String, String>) {
        for (name, kind) in secrets() {
            if let Some(secret) = new.remove(kind.name)
                && let Some(service) = self.services.iter().find(|service| service.name() == name)
            {
                service.change_secret(secret);
            }
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
