//! Clients of services of which the deployer makes a few calls.
//!
//! Their crates of the SDK are among the largest, and each is compiled before the first deployment: three of them took
//! a tenth of that compilation for seven calls. These clients are made of the same parts of the SDK, so that
//! credentials, signatures, repetitions and time limits are the same; what they do not have is a type for everything.

mod cloudfront;
mod logs;
mod step_functions;

pub(crate) use cloudfront::CloudFront;
pub(crate) use logs::{Logs, WantedEvents};
pub(crate) use step_functions::{ExecutionStatus, HistoryEvent, StepFunctions};

use super::endpoint_override::address_of;
use crate::error::{Error, Outcome};
use aws_config::SdkConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::auth::{SigV4OperationSigningConfig, SigningOptions};
use aws_runtime::request_info::RequestInfoInterceptor;
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_runtime::service_clock_skew::ServiceClockSkewInterceptor;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{HttpStatusCodeClassifier, TransientErrorClassifier};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::ErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SigningName;
use aws_types::region::{Region, SigningRegion};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

/// What is known of a service. Source: its API reference, "Endpoints".
#[derive(Debug)]
struct About {
    /// As the SDK names it.
    id: &'static str,
    /// In signatures and in the host of its endpoints.
    name: &'static str,
    /// The one region in which requests are signed, if the service has no regions.
    global_region: Option<&'static str>,
}

/// One call: a request, and the name of what it asks for.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The service's name of it.
    pub(crate) operation: &'static str,
    path: String,
    headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// A client of one service.
#[derive(Clone, Debug)]
struct Service {
    about: &'static About,
    config: SdkConfig,
    interceptors: Vec<SharedInterceptor>,
}

impl Service {
    fn new(about: &'static About, config: &SdkConfig, interceptors: &[SharedInterceptor]) -> Self {
        Self { about, config: config.clone(), interceptors: interceptors.to_vec() }
    }

    /// Calls an operation of a service whose requests and answers are JSON: one request to one path.
    ///
    /// `action` is the IAM name of the action; `version` the one of AWS's JSON protocol, `1.0` or `1.1`.
    async fn call_json<T: DeserializeOwned>(
        &self,
        action: &'static str,
        (version, target): (&str, &str),
        operation: &'static str,
        body: &Json,
    ) -> Outcome<T> {
        let headers = vec![
            ("content-type", format!("application/x-amz-json-{version}")),
            ("x-amz-target", format!("{target}.{operation}")),
        ];
        let answer = self.call(action, Call { operation, path: "/".into(), headers, body: body.to_string() }).await?;
        let answer = if answer.is_empty() { "{}" } else { &answer };
        serde_json::from_str(answer).map_err(|error| Error::NotAws {
            operation: action,
            status: 200,
            answer: format!("200 with another answer to {operation} than expected: {error}"),
        })
    }

    /// Makes a call, as often as the SDK would; returns the body of the answer.
    async fn call(&self, action: &'static str, call: Call) -> Outcome<String> {
        let retries = self.config.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
        let mut operation = Operation::builder()
            .service_name(self.about.id)
            .operation_name(call.operation)
            .endpoint_url(&self.endpoint())
            .standard_retry(&retries)
            .retry_classifier(HttpStatusCodeClassifier::default())
            .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
            .retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new())
            .timeout_config(self.config.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled))
            .with_connection_poisoning()
            .interceptor(ServiceClockSkewInterceptor::new())
            .interceptor(RequestInfoInterceptor::new())
            .runtime_plugin(self.plugin())
            .serializer(request_of)
            .deserializer(read_answer);
        if let Some(version) = self.config.behavior_version() {
            operation = operation.behavior_version(version);
        }
        if let Some(client) = self.config.http_client() {
            operation = operation.http_client(client);
        }
        for interceptor in &self.interceptors {
            operation = operation.interceptor(interceptor.clone());
        }
        operation.build().invoke(call).await.map_err(Error::aws(action))
    }

    fn signing_region(&self) -> Region {
        let own = || self.config.region().cloned().unwrap_or_else(|| Region::new(""));
        self.about.global_region.map_or_else(own, Region::new)
    }

    /// The address that the AWS configuration names, else the service's own.
    ///
    /// Source: AWS General Reference, "AWS service endpoints".
    fn endpoint(&self) -> String {
        if let Some(address) = address_of(&self.config, self.about.id) {
            return address;
        }
        let region = self.config.region().map(AsRef::as_ref).unwrap_or_default();
        let name = self.about.name;
        if self.about.global_region.is_some() {
            return format!("https://{name}.amazonaws.com");
        }
        let fips = if self.config.use_fips() == Some(true) { "-fips" } else { "" };
        let domain = match (self.config.use_dual_stack() == Some(true), region.starts_with("cn-")) {
            (false, false) => "amazonaws.com",
            (false, true) => "amazonaws.com.cn",
            (true, false) => "api.aws",
            (true, true) => "api.amazonwebservices.com.cn",
        };
        format!("https://{name}{fips}.{region}.{domain}")
    }

    /// Signs requests with the account's credentials.
    fn plugin(&self) -> StaticRuntimePlugin {
        let region = SigningRegion::from(self.signing_region());
        let mut signing_options = SigningOptions::default();
        signing_options.double_uri_encode = true;
        let signing = SigV4OperationSigningConfig {
            region: Some(region),
            name: Some(SigningName::from_static(self.about.name)),
            signing_options,
            ..SigV4OperationSigningConfig::default()
        };
        let mut layer = Layer::new("signing");
        layer.store_put(signing);
        layer.store_put(AuthSchemeOptionResolverParams::new(()));
        let mut components = RuntimeComponentsBuilder::new("signing")
            .with_auth_scheme(SigV4AuthScheme::new())
            .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
            .with_sleep_impl(self.config.sleep_impl())
            .with_time_source(self.config.time_source())
            .with_identity_cache(self.config.identity_cache());
        if let Some(credentials) = self.config.credentials_provider() {
            components.set_identity_resolver(SCHEME_ID, credentials);
        }
        StaticRuntimePlugin::new().with_config(layer.freeze()).with_runtime_components(components)
    }
}

fn request_of(call: Call) -> Result<HttpRequest, BoxError> {
    let mut request = HttpRequest::new(SdkBody::from(call.body.as_str()));
    request.set_method("POST")?;
    request.set_uri(call.path)?;
    request.headers_mut().insert("content-length", call.body.len().to_string());
    for (name, value) in call.headers {
        request.headers_mut().insert(name, value);
    }
    Ok(request)
}

/// The body of an answer, or what the service says is wrong.
fn read_answer(answer: &HttpResponse) -> Result<String, OrchestratorError<ErrorMetadata>> {
    let body = answer.body().bytes().unwrap_or_default();
    if answer.status().is_success() {
        return String::from_utf8(body.to_vec()).map_err(OrchestratorError::other);
    }
    let header = answer.headers().get("x-amzn-errortype");
    let said = String::from_utf8_lossy(body);
    let found = if said.trim_start().starts_with('<') { error_in_xml(&said) } else { error_in_json(&said, header) };
    let mut metadata = ErrorMetadata::builder();
    if let Some((code, message)) = found {
        metadata = metadata.code(code).message(message);
    }
    Err(OrchestratorError::operation(metadata.build()))
}

/// Code and message of an error. The code may have a namespace before `#` and an address behind `:`.
///
/// Source: Smithy, "AWS JSON 1.1 protocol", "Operation error serialization".
fn error_in_json(body: &str, header: Option<&str>) -> Option<(String, String)> {
    let body: Json = serde_json::from_str(body).unwrap_or_default();
    let code = header.or_else(|| body["__type"].as_str()).or_else(|| body["code"].as_str())?;
    let code = code.split(':').next().unwrap_or(code);
    let code = code.rsplit('#').next().unwrap_or(code);
    let message = ["message", "Message"].into_iter().find_map(|name| body[name].as_str());
    Some((code.to_owned(), message.unwrap_or("no reason given").to_owned()))
}

/// Code and message of an error. Source: Smithy, "AWS REST XML protocol", "Operation error serialization".
fn error_in_xml(body: &str) -> Option<(String, String)> {
    let between = |name: &str| {
        let (_, rest) = body.split_once(&format!("<{name}>"))?;
        Some(rest.split_once(&format!("</{name}>"))?.0.to_owned())
    };
    Some((between("Code")?, between("Message").unwrap_or_else(|| "no reason given".into())))
}

#[cfg(test)]
mod tests;
