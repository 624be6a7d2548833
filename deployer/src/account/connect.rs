//! Finding credentials, and asking who we are.

use super::watch::Watch;
use super::{Account, CallLimits, Shared};
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use crate::local::Local;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use aws_types::sdk_config::SharedHttpClient;
use stacks::Stage;

/// How often a call is made before its error is believed.
const MAX_ATTEMPTS: u32 = 8;

impl Account {
    /// The account of an AWS stage, by the profile of the stage file or the usual chain.
    ///
    /// A profile is the only source where there is one: in the chain, keys in the environment come
    /// first, and the stage would go to their account.
    pub async fn on_aws(stage: &Stage, reporter: &Reporter) -> Outcome<Self> {
        let region = Region::new(stage.region.as_str().to_owned());
        let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http_client(ProxyConfig::from_env()))
            .region(region.clone());
        let Some(profile) = &stage.profile else {
            return Self::connect(loader.load().await, stage, None, reporter).await;
        };
        let settings = ProviderConfig::without_region()
            .with_region(Some(region))
            .with_http_client(http_client(ProxyConfig::from_env()));
        let credentials = ProfileFileCredentialsProvider::builder().profile_name(profile).configure(&settings).build();
        let config = loader.profile_name(profile).credentials_provider(credentials).load().await;
        Self::connect(config, stage, None, reporter).await.map_err(|error| match error {
            Error::Credentials { reason } => {
                Error::Profile { place: stage.place_of(&["profile"]), profile: profile.clone(), reason }
            }
            other => other,
        })
    }

    /// The account of the local cloud.
    pub async fn on_this_machine(stage: &Stage, local: Local, reporter: &Reporter) -> Outcome<Self> {
        let root = local.root_key();
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .http_client(http_client(ProxyConfig::disabled()))
            .region(Region::new(stage.region.as_str().to_owned()))
            .endpoint_url(local.emulator_url())
            // The emulator's own root user; it exists on this machine only.
            .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(Credentials::new(
                root.access_key_id.clone(),
                root.secret_access_key.clone(),
                None,
                None,
                "local",
            )))
            .build();
        Self::connect(config, stage, Some(local), reporter).await
    }

    async fn connect(config: SdkConfig, stage: &Stage, local: Option<Local>, reporter: &Reporter) -> Outcome<Self> {
        let limits = CallLimits::from_environment()?;
        let config = config.to_builder().timeout_config(limits.for_calls()).build();
        let watched = aws_sdk_sts::config::Builder::from(&config).interceptor(Watch(reporter.clone()));
        let identity = aws_sdk_sts::Client::from_conf(watched.build())
            .get_caller_identity()
            .send()
            .await
            .map_err(Error::aws("sts:GetCallerIdentity"))?;
        let id = identity.account.unwrap_or_default();
        if let Some(expected) = stage.account.as_ref().filter(|expected| local.is_none() && expected.as_str() != id) {
            let place = stage.place_of(&["account"]);
            return Err(Error::OtherAccount { place, expected: expected.as_str().to_owned(), found: id });
        }
        let config = match local {
            Some(_) => config,
            None => patient(config),
        };
        let shared = Shared::new(reporter.clone(), limits);
        Ok(Self::open(config, id, stage.region.as_str(), local, shared))
    }

    /// The same account in another region.
    pub fn in_region(&self, region: &str) -> Self {
        let config = self.config.to_builder().region(Region::new(region.to_owned())).build();
        Self::open(config, self.id.clone(), region, self.local.clone(), self.shared.clone())
    }

    pub(super) fn open(config: SdkConfig, id: String, region: &str, local: Option<Local>, shared: Shared) -> Self {
        let Shared { reporter, limits, .. } = shared.clone();
        let watch = Watch(reporter.clone());
        macro_rules! client {
            ($sdk:ident) => {
                $sdk::Client::from_conf($sdk::config::Builder::from(&config).interceptor(watch.clone()).build())
            };
        }
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(local.is_some());
        Self {
            api_gateway: client!(aws_sdk_apigateway),
            cloudformation: client!(aws_sdk_cloudformation),
            cloudfront: client!(aws_sdk_cloudfront),
            dynamodb: client!(aws_sdk_dynamodb),
            iam: client!(aws_sdk_iam),
            lambda: client!(aws_sdk_lambda),
            logs: client!(aws_sdk_cloudwatchlogs),
            s3: aws_sdk_s3::Client::from_conf(s3.interceptor(watch.clone()).build()),
            secrets: client!(aws_sdk_secretsmanager),
            sfn: client!(aws_sdk_sfn),
            sns: client!(aws_sdk_sns),
            sqs: client!(aws_sdk_sqs),
            id,
            region: region.to_owned(),
            local,
            reporter,
            limits,
            config,
            shared,
        }
    }
}

/// Several stacks at once ask services for more than these take in a second; a first call without an
/// answer has shown its error before.
fn patient(config: SdkConfig) -> SdkConfig {
    let given = config.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
    match given.max_attempts() == RetryConfig::standard().max_attempts() {
        true => config.to_builder().retry_config(given.with_max_attempts(MAX_ATTEMPTS)).build(),
        false => config,
    }
}

/// The web client of the SDK, as the SDK makes its own: by the proxy of the environment, if there is one.
pub(super) fn http_client(proxy: ProxyConfig) -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector =
            Connector::builder().tls_provider(tls::Provider::Rustls(CryptoMode::AwsLc)).proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.build()
    })
}
