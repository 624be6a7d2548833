//! The client with which handlers call a SaaS: TLS, time limits, and no redirect followed unseen.

mod secret_address;

use runtime::Failure;
use std::sync::OnceLock;
use std::time::Duration;

pub use reqwest::{Client, Error, Response, StatusCode, Url, header};
pub use secret_address::{Posted, SecretAddress};

/// How long connecting may take, and how long a transfer may stand still.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a connection is kept for the next call: less than the SaaS and what is between keep it.
const IDLE_LIMIT: Duration = Duration::from_secs(15);

/// The client of this process, which follows no redirect by itself, because a key in a URL must not travel with one.
///
/// It is made for the first call, because it reads the system's certificates. Fails if none of them can be used.
pub fn client() -> Result<Client, Failure> {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    if let Some(client) = CLIENT.get() {
        return Ok(client.clone());
    }
    // Fails only if a provider is chosen already: this one, which the AWS client uses as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .user_agent(concat!("tsugite/", env!("CARGO_PKG_VERSION")))
        // A proxy would see the URL, and the key that it may hold.
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(READ_TIMEOUT)
        .pool_idle_timeout(IDLE_LIMIT)
        .build()
        .map_err(|error| Failure::retry(format!("cannot set up TLS: {}", describe(error))))?;
    Ok(CLIENT.get_or_init(|| client).clone())
}

/// Whether an answer of this status is the same however often the request is made.
///
/// Timed out, too early and too many speak of the moment; whatever is no 4xx may pass as well.
pub fn is_final(status: u16) -> bool {
    (400..500).contains(&status) && !matches!(status, 408 | 425 | 429)
}

/// An error of the client with its causes and without the URL, which may hold a key.
pub fn describe(error: Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
