//! The connection to AWS that the links of a function share: region, credentials and endpoint as Lambda provides them.

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::{Builder, tls};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::SdkConfig;
use aws_types::region::Region;
use contracts::trace::Cause;
use runtime::{Environment, Failure, LinkError};
use std::error::Error;
use std::sync::Arc;

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
    let http = Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build_https();
    let endpoint = environment.variable("AWS_ENDPOINT_URL").ok();
    let has_own_endpoint = endpoint.is_some();
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(environment.variable("AWS_REGION")?))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http);
    config.set_endpoint_url(endpoint);
    Ok(Connection { config: config.build(), has_own_endpoint })
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
