//! Finding credentials, and asking who we are.

use super::{Account, Shared};
use crate::error::{Error, Outcome};
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
    pub async fn on_aws(stage: &Stage) -> Outcome<Self> {
        let region = Region::new(stage.region.as_str().to_owned());
        let loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http_client(ProxyConfig::from_env()))
            .region(region.clone());
        let Some(profile) = &stage.profile else {
            return Self::connect(loader.load().await, stage, None).await;
        };
        let settings = ProviderConfig::without_region()
            .with_region(Some(region))
            .with_http_client(http_client(ProxyConfig::from_env()));
        let credentials = ProfileFileCredentialsProvider::builder().profile_name(profile).configure(&settings).build();
        let config = loader.profile_name(profile).credentials_provider(credentials).load().await;
        Self::connect(config, stage, None).await.map_err(|error| match error {
            Error::Credentials { reason } => {
                Error::Profile { place: stage.place_of(&["profile"]), profile: profile.clone(), reason }
            }
            other => other,
        })
    }

    /// The account of the local cloud.
    pub async fn on_this_machine(stage: &Stage, local: Local) -> Outcome<Self> {
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
        Self::connect(config, stage, Some(local)).await
    }

    async fn connect(config: SdkConfig, stage: &Stage, local: Option<Local>) -> Outcome<Self> {
        let identity = aws_sdk_sts::Client::new(&config)
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
        Ok(Self::open(config, id, stage.region.as_str(), local, Shared::default()))
    }

    /// The same account in another region.
    pub fn in_region(&self, region: &str) -> Self {
        let config = self.config.to_builder().region(Region::new(region.to_owned())).build();
        Self::open(config, self.id.clone(), region, self.local.clone(), self.shared.clone())
    }

    fn open(config: SdkConfig, id: String, region: &str, local: Option<Local>, shared: Shared) -> Self {
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(local.is_some());
        Self {
            api_gateway: aws_sdk_apigateway::Client::new(&config),
            cloudformation: aws_sdk_cloudformation::Client::new(&config),
            cloudfront: aws_sdk_cloudfront::Client::new(&config),
            dynamodb: aws_sdk_dynamodb::Client::new(&config),
            iam: aws_sdk_iam::Client::new(&config),
            lambda: aws_sdk_lambda::Client::new(&config),
            logs: aws_sdk_cloudwatchlogs::Client::new(&config),
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
            secrets: aws_sdk_secretsmanager::Client::new(&config),
            sfn: aws_sdk_sfn::Client::new(&config),
            sns: aws_sdk_sns::Client::new(&config),
            sqs: aws_sdk_sqs::Client::new(&config),
            id,
            region: region.to_owned(),
            local,
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
fn http_client(proxy: ProxyConfig) -> SharedHttpClient {
    aws_smithy_http_client::Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector =
            Connector::builder().tls_provider(tls::Provider::Rustls(CryptoMode::AwsLc)).proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.build()
    })
}
