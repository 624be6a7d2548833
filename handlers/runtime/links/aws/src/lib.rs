//! The connection to AWS that the links of a function share: region, credentials and endpoint as Lambda provides them.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::{Builder, tls};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use aws_types::region::Region;
use contracts::trace::Cause;
use runtime::{Environment, Failure, LinkError};
use std::error::Error;
use std::sync::{Arc, OnceLock};

/// What every client is made of.
pub struct Connection {
    /// Settings of all clients.
    pub config: SdkConfig,
    /// Whether the endpoint is another one than AWS's.
    pub has_own_endpoint: bool,
}

/// The connection of this environment, which all links have in common.
pub fn connection(environment: &Environment) -> Result<Arc<Connection>, LinkError> {
    environment.shared(connect)
}

/// Lambda's credentials live as long as its execution environment, so they are read once.
fn connect(environment: &Environment) -> Result<Connection, LinkError> {
    let credentials = Credentials::new(
        environment.variable("AWS_ACCESS_KEY_ID")?,
        environment.variable("AWS_SECRET_ACCESS_KEY")?,
        environment.variable("AWS_SESSION_TOKEN").ok(),
        None,
        "lambda",
    );
    let endpoint = environment.variable("AWS_ENDPOINT_URL").ok();
    let has_own_endpoint = endpoint.is_some();
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(environment.variable("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(SharedHttpClient::new(WhenNeeded::default()));
    config.set_endpoint_url(endpoint);
    Ok(Connection { config: config.build(), has_own_endpoint })
}

/// The web client of all AWS clients, made for the first call.
///
/// Making it reads the system's certificates, which takes longer than all else that a function does before its first
/// request. The SDK's own client is made with the clients.
#[derive(Debug, Default)]
struct WhenNeeded(OnceLock<SharedHttpClient>);

impl HttpClient for WhenNeeded {
    fn http_connector(&self, settings: &HttpConnectorSettings, parts: &RuntimeComponents) -> SharedHttpConnector {
        let make = || {
            let ring = tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring);
            Builder::new().tls_provider(ring).build_https()
        };
        self.0.get_or_init(make).http_connector(settings, parts)
    }
}

/// A failed call of AWS as a failure that may pass, named after the action that was refused.
pub fn failed_call<E>(action: &str, error: E) -> Failure
where
    E: ProvideErrorMetadata + Error,
{
    let failure = match (error.code(), error.message()) {
        (Some(code), Some(message)) => Failure::retry(format!("{action} failed: {code}: {message}")),
        _ => Failure::retry(format!("{action} failed: {}", DisplayErrorContext(&error))),
    };
    failure.because(Cause::of_aws(action, error.code().unwrap_or_default()))
}
