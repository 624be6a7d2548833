//! The running server: starts, says where it is, and stops.

use crate::answer::refusal;
use crate::control::{self, Control};
use crate::failure::Failure;
use crate::keys::Keys;
use crate::page;
use crate::peer::refuse_other_users;
use crate::product::origin;
use crate::received::ReceivedCall;
use crate::service::{Service, mounted};
use crate::shared::Shared;
use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use std::fmt;
use std::future::IntoFuture;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Answers that are still on their way get this long before the server ends without them.
const GRACE: Duration = Duration::from_secs(5);

/// A running server; it stops when this value is dropped.
pub struct Standins {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
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
        let shared = Arc::new(Shared::new(&format!("http://{address}"), &keys));
        let (stop, stopping) = watch::channel(false);
        let control = Control { shared: Arc::clone(&shared), stop: stop.clone(), token: control_token.map(Arc::from) };
        let app = application(control).layer(from_fn_with_state(address, refuse_other_users));
        let task = tokio::spawn(serve(listener, app, stopping));
        Ok(Self { address, shared, stop, task })
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
        self.shared.secrets().remove(name).unwrap_or_default()
    }

    /// Waits for a call of `POST /_control/stop`.
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
        let found = self.shared.service();
        found.expect("a stand-in is in the list")
    }

    /// Plans a failure, as `POST /_control/fail` does.
    ///
    /// # Panics
    ///
    /// The failure cannot happen: no such service, no such status, no times, no such header.
    #[track_caller]
    pub fn fail(&self, failure: Failure) {
        let wrong = self.shared.fail(failure).err();
        assert!(wrong.is_none(), "failure: {}", wrong.unwrap_or_default());
    }

    /// Returns the kept calls to services, the first arrival first; of many, the newest 10,000 are kept.
    #[must_use]
    pub fn received(&self) -> Vec<ReceivedCall> {
        self.shared.recorder.calls()
    }

    /// Forgets files, failures, calls and counts; the keys stay.
    pub fn reset(&self) {
        self.shared.reset();
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

fn application(control: Control) -> Router {
    let shared = Arc::clone(&control.shared);
    let shown = page::router(Arc::clone(&shared));
    let mounted = mounted(&shared.services(), &shared.recorder, &shared.journal);
    control::router(control)
        .merge(shown)
        .merge(mounted)
        .fallback(async || refusal(StatusCode::NOT_FOUND, "nothing is served here"))
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
    // An error means that every sender is dropped.
    let _ = stopping.wait_for(|told| *told).await;
}

fn empty(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("{what} is empty"))
}
