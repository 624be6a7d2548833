//! Web clients for addresses of this machine and for deployed endpoints.

use crate::error::{Error, Outcome};
use crate::local_stage::LocalStage;
use crate::trust::Trust;
use std::net::SocketAddr;
use std::time::Duration;

/// How long a connection may take to be made.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// How long one answer may take, where the call sets no other limit.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// A client for loopback addresses, which no proxy reaches.
pub(crate) fn loopback_client() -> Outcome<reqwest::Client> {
    build(on_this_machine())
}

/// Nothing here is encrypted: reading the system's certificates would take more time than the calls.
fn on_this_machine() -> reqwest::ClientBuilder {
    reqwest::Client::builder().no_proxy().tls_certs_only([])
}

/// A client for an address of the local stage; names below `localhost` lead to this machine,
/// which not every resolver knows.
pub(crate) fn client_for(local: &LocalStage, url: &str) -> Outcome<reqwest::Client> {
    let builder = on_this_machine();
    let host = reqwest::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    build(match host.filter(|host| host.ends_with(".localhost")) {
        Some(host) => builder.resolve(&host, SocketAddr::from(([127, 0, 0, 1], local.emulator_port()))),
        None => builder,
    })
}

/// A client for deployed endpoints, by the proxy of this machine if it has one.
pub(crate) fn web_client(trust: &Trust) -> Outcome<reqwest::Client> {
    build(reqwest::Client::builder().tls_certs_merge(trust.certificates()))
}

fn build(builder: reqwest::ClientBuilder) -> Outcome<reqwest::Client> {
    // Fails only if it is chosen already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = builder.connect_timeout(CONNECT_LIMIT).timeout(ANSWER_LIMIT);
    builder.redirect(reqwest::redirect::Policy::none()).build().map_err(|error| Error::Machine {
        what: format!("TLS cannot be set up: {error}"),
        hint: "install the system's certificates (Debian and Ubuntu: ca-certificates)".into(),
    })
}
