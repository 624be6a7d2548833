//! Finding credentials, and connecting to the account that they are of.

use super::call_waits::ReportWaits;
use super::endpoint_override::endpoint_override;
use super::mfa::{Chain, ReadCode};
use super::service::{CloudFront, Logs, StepFunctions};
use super::{Account, CallLimits, Network, Shared};
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use crate::local_stage::LocalStage;
use crate::pace::Pace;
use crate::trust::Trust;
use aws_config::profile::{ProfileFileCredentialsProvider, load};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{self, rustls_provider::CryptoMode};
use aws_types::os_shim_internal::{Env, Fs};
use aws_types::sdk_config::SharedHttpClient;
use stacks::{KnownStack, Stage};
use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

/// How often a call is made before its error is believed.
const MAX_ATTEMPTS: u32 = 8;

impl Account {
    /// The account of an AWS stage, by the profile of the stage file or the usual chain.
    ///
    /// A profile is the only source where there is one: in the chain, keys in the environment come
    /// first, and the stage would go to their account. `asked` gives the code where the profile names an MFA
    /// device. Requests that do not go to AWS are reported before the first one.
    pub async fn on_aws(stage: &Stage, asked: &dyn ReadCode, reporter: &Reporter) -> Outcome<Self> {
        let named = stage.profile.clone();
        let profiles = load(&Fs::real(), &Env::real(), &Default::default(), named.clone().map(Cow::Owned)).await;
        let profiles = profiles.map_err(|error| Error::Credentials { reason: error.to_string() })?;
        let trust = Trust::of(profiles.get("ca_bundle"))?;
        let http_client = http_client(ProxyConfig::from_env(), &trust);
        let region = Region::new(stage.region.as_str().to_owned());
        let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http_client.clone())
            .region(region.clone());
        let settings = ProviderConfig::without_region().with_region(Some(region)).with_http_client(http_client);
        if let Some(profile) = &named {
            let provider = ProfileFileCredentialsProvider::builder().profile_name(profile).configure(&settings);
            loader = loader.profile_name(profile).credentials_provider(provider.build());
        }
        let mut config = loader.load().await;
        let network = Network { trust, endpoint_override: endpoint_override(&config) };
        if let Some(endpoint_override) = &network.endpoint_override {
            reporter.warn(format!(
                "AWS requests go to {endpoint_override}, as AWS_ENDPOINT_URL or the AWS configuration says"
            ));
            reporter.flush().await;
        }
        if let Some(chain) = Chain::of(&profiles).filter(|_| named.is_some() || !has_keys_in_environment()) {
            config = config.to_builder().timeout_config(CallLimits::from_environment()?.for_calls()).build();
            let credentials = chain.credentials(&config, &settings, asked).await?;
            config = config.to_builder().credentials_provider(credentials).build();
        }
        Self::connect(config, stage, None, reporter, network).await.map_err(|error| match (error, named) {
            (Error::Credentials { reason }, Some(profile)) => {
                Error::Profile { place: stage.place_of(&["profile"]), profile, reason }
            }
            (error, _) => error,
        })
    }

    /// The account of the local stage's emulator.
    pub async fn on_this_machine(stage: &Stage, local: LocalStage, reporter: &Reporter) -> Outcome<Self> {
        let root = local.root_key();
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            // Nothing here is encrypted: reading the system's certificates would take more time than the calls.
            .http_client(aws_smithy_http_client::Builder::new().build_http())
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
        Self::connect(config, stage, Some(local), reporter, Network::default()).await
    }

    async fn connect(
        config: SdkConfig,
        stage: &Stage,
        local: Option<LocalStage>,
        reporter: &Reporter,
        network: Network,
    ) -> Outcome<Self> {
        let limits = CallLimits::from_environment()?;
        let config = config.to_builder().timeout_config(limits.for_calls()).build();
        let id = match &local {
            Some(_) => LocalStage::ACCOUNT.to_owned(),
            None => ask_for_id(&config, reporter).await?,
        };
        if let Some(expected) = stage.account.as_ref().filter(|expected| local.is_none() && expected.as_str() != id) {
            let place = stage.place_of(&["account"]);
            return Err(Error::OtherAccount { place, expected: expected.as_str().to_owned(), found: id });
        }
        let (config, pace) = match local {
            Some(_) => (config, Pace::on_this_machine()),
            None => (patient(config), Pace::on_aws(limits.looking())),
        };
        let shared = Shared { network, ..Shared::new(reporter.clone(), limits, pace) };
        Ok(Self::open(config, id, stage.region.as_str(), local, shared))
    }

    /// The same account in the region of a stack.
    pub fn in_region_of(self: &Arc<Self>, stack: &dyn KnownStack) -> Arc<Self> {
        match stack.region().as_str() {
            region if region == self.region => Arc::clone(self),
            region => Arc::new(self.in_region(region)),
        }
    }

    /// The same account in another region.
    pub(crate) fn in_region(&self, region: &str) -> Self {
        let config = self.config.to_builder().region(Region::new(region.to_owned())).build();
        Self::open(config, self.id.clone(), region, self.local.clone(), self.shared.clone())
    }

    pub(super) fn open(config: SdkConfig, id: String, region: &str, local: Option<LocalStage>, shared: Shared) -> Self {
        let Shared { reporter, limits, pace, .. } = shared.clone();
        macro_rules! client {
            ($sdk:ident $(, $setting:ident($value:expr))?) => {{
                let (config, interceptors) = (config.clone(), shared.interceptors.clone());
                LazyLock::new(Box::new(move || {
                    let mut settings = $sdk::config::Builder::from(&config)$(.$setting($value))?;
                    interceptors.into_iter().for_each(|interceptor| {
                        settings.push_interceptor(interceptor);
                    });
                    $sdk::Client::from_conf(settings.build())
                }))
            }};
        }
        let is_local = local.is_some();
        Self {
            api_gateway: client!(aws_sdk_apigateway),
            cloudformation: client!(aws_sdk_cloudformation),
            cloudfront: CloudFront::new(&config, &shared.interceptors),
            dynamodb: client!(aws_sdk_dynamodb),
            iam: client!(aws_sdk_iam),
            lambda: client!(aws_sdk_lambda),
            logs: Logs::new(&config, &shared.interceptors),
            s3: client!(aws_sdk_s3, force_path_style(is_local)),
            secrets: client!(aws_sdk_secretsmanager),
            sfn: StepFunctions::new(&config, &shared.interceptors),
            sns: client!(aws_sdk_sns),
            sqs: client!(aws_sdk_sqs),
            id,
            region: region.to_owned(),
            local,
            reporter,
            limits,
            pace,
            config,
            shared,
        }
    }
}

/// The number of the account that the credentials are of.
async fn ask_for_id(config: &SdkConfig, reporter: &Reporter) -> Outcome<String> {
    let watched = aws_sdk_sts::config::Builder::from(config).interceptor(ReportWaits(reporter.clone()));
    let call = aws_sdk_sts::Client::from_conf(watched.build()).get_caller_identity().send();
    let identity = call.await.map_err(Error::aws("sts:GetCallerIdentity"))?;
    Ok(identity.account.unwrap_or_default())
}

/// Whether the chain takes keys from the environment, before it looks at any profile.
#[expect(clippy::disallowed_methods, reason = "the chain of credentials begins with these variables")]
fn has_keys_in_environment() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    is_set("AWS_ACCESS_KEY_ID") && is_set("AWS_SECRET_ACCESS_KEY")
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
pub(super) fn http_client(proxy: ProxyConfig, trust: &Trust) -> SharedHttpClient {
    let trusted = trust.context();
    aws_smithy_http_client::Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector =
            Connector::builder().tls_provider(tls::Provider::Rustls(CryptoMode::Ring)).proxy_config(proxy.clone());
        connector.set_tls_context(trusted.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.build()
    })
}
