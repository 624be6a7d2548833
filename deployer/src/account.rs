//! The account that a stage lives in, real or on this machine: clients, and what is in it.

mod call_waits;
mod caller;
mod connect;
mod endpoint_override;
mod limits;
mod mfa;
mod open_change_sets;
#[cfg(test)]
pub(crate) mod rules;
#[cfg(test)]
pub(crate) mod scripted;
mod service;
mod stack;
mod standing;
#[cfg(test)]
mod tests;

use call_waits::ReportWaits;
pub(crate) use caller::Caller;
pub(crate) use limits::CallLimits;
pub use mfa::ReadCode;
pub(crate) use open_change_sets::{OpenChangeSet, OpenChangeSets};
use service::{CloudFront, Logs, StepFunctions};
pub(crate) use service::{ExecutionStatus, HistoryEvent, WantedEvents};
pub(crate) use stack::StackSummary;
pub use standing::{ResourceStanding, Standing, describe_status};

use crate::error::{Error, Outcome, bare};
use crate::event::Reporter;
use crate::local_stage::LocalStage;
use crate::pace::Pace;
use crate::trust::Trust;
use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use contracts::{Origin, Saas};
use stacks::Stage;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// A client that is made for its first call: a command uses a few of them.
type Lazy<T> = LazyLock<T, Box<dyn FnOnce() -> T + Send>>;

/// Clients of one account and region.
#[derive(Debug)]
pub struct Account {
    pub(crate) api_gateway: Lazy<aws_sdk_apigateway::Client>,
    pub(crate) cloudformation: Lazy<aws_sdk_cloudformation::Client>,
    pub(crate) cloudfront: CloudFront,
    pub(crate) dynamodb: Lazy<aws_sdk_dynamodb::Client>,
    pub(crate) iam: Lazy<aws_sdk_iam::Client>,
    pub(crate) lambda: Lazy<aws_sdk_lambda::Client>,
    pub(crate) logs: Logs,
    pub(crate) s3: Lazy<aws_sdk_s3::Client>,
    pub(crate) secrets: Lazy<aws_sdk_secretsmanager::Client>,
    pub(crate) sfn: StepFunctions,
    pub(crate) sns: Lazy<aws_sdk_sns::Client>,
    pub(crate) sqs: Lazy<aws_sdk_sqs::Client>,
    /// Number of the account.
    pub id: String,
    /// Region.
    pub region: String,
    /// The local stage, if the account is its emulator's.
    pub local: Option<LocalStage>,
    /// Reports what is waited for.
    pub(crate) reporter: Reporter,
    /// How long calls may take.
    pub(crate) limits: CallLimits,
    /// How often polls repeat.
    pub(crate) pace: Pace,
    config: SdkConfig,
    shared: Shared,
}

/// What the clients of all regions of an account share.
#[derive(Clone, Debug)]
struct Shared {
    reporter: Reporter,
    limits: CallLimits,
    pace: Pace,
    may_have_changed: Arc<AtomicBool>,
    open_change_sets: OpenChangeSets,
    /// See each call of every client.
    interceptors: Vec<SharedInterceptor>,
    network: Network,
}

impl Shared {
    fn new(reporter: Reporter, limits: CallLimits, pace: Pace) -> Self {
        let (may_have_changed, open_change_sets) = (Arc::default(), OpenChangeSets::default());
        let interceptors = vec![SharedInterceptor::new(ReportWaits(reporter.clone()))];
        Self { reporter, limits, pace, may_have_changed, open_change_sets, interceptors, network: Network::default() }
    }
}

/// How AWS is reached, as the AWS configuration of this machine says.
#[derive(Clone, Debug, Default)]
struct Network {
    trust: Trust,
    endpoint_override: Option<String>,
}

impl Account {
    /// Where a SaaS answers for a stage: its stand-in on the local stage, else the host that the stage file names.
    ///
    /// `None` if the stage file names none.
    pub(crate) fn origin_of(&self, stage: &Stage, saas: &Saas) -> Outcome<Option<Origin>> {
        match &self.local {
            Some(local) => local.origin_of(saas).map(Some),
            None => Ok(stage.origin_of(saas)),
        }
    }

    /// The endpoints that replace AWS's own, with the services that they are for; `None` if there are none.
    pub fn endpoint_override(&self) -> Option<&str> {
        self.shared.network.endpoint_override.as_deref()
    }

    /// Certificates that are trusted in addition to the system's.
    pub(crate) fn trust(&self) -> &Trust {
        &self.shared.network.trust
    }

    /// Whether anything was done that may have changed the account.
    pub fn may_have_changed(&self) -> bool {
        self.shared.may_have_changed.load(Ordering::Relaxed) || self.shared.open_change_sets.is_any_executing()
    }

    /// Remembers that from now on the account may have changed.
    pub(crate) fn mark_changed(&self) {
        self.shared.may_have_changed.store(true, Ordering::Relaxed);
    }

    /// The change sets that were asked for and are neither executed nor discarded.
    pub(crate) fn open_change_sets(&self) -> &OpenChangeSets {
        &self.shared.open_change_sets
    }

    /// Repeats a read while the service is unreachable or throttling, for up to [`Pace::patience`].
    pub(crate) async fn retry_transient<T>(&self, mut ask: impl AsyncFnMut() -> Outcome<T>) -> Outcome<T> {
        let began = Instant::now();
        let mut wait = None;
        let look = async |elapsed: Duration| match ask().await {
            Err(error) if error.is_transient() && elapsed < self.pace.patience => {
                let told = || self.reporter.wait_since(began, "a service to answer again");
                wait.get_or_insert_with(told).because(error.to_string());
                Ok(None)
            }
            answer => answer.map(Some),
        };
        self.pace.until(look).await
    }

    /// Repeats a call while a service is busy with a resource: another deployment creates a bucket, the name of a
    /// deleted one is not free yet, another process changes a log group.
    pub(crate) async fn while_busy<T>(&self, mut ask: impl AsyncFnMut() -> Outcome<T>) -> Outcome<T> {
        let look = async |elapsed: Duration| match ask().await {
            Err(Error::Aws { code, .. }) if bare(&code) == "OperationAborted" && elapsed < self.pace.busy => Ok(None),
            answer => answer.map(Some),
        };
        self.pace.until(look).await
    }

    /// The address at which something of a stack answers: as AWS gives it, or in the local stage's form.
    pub fn reachable(&self, address: &str) -> String {
        let Some(local) = &self.local else {
            return address.to_owned();
        };
        let parts = address.strip_prefix("https://").and_then(|rest| rest.split_once('.'));
        match parts.map(|(name, rest)| (name, rest.split_once('/').unwrap_or((rest, "")))) {
            Some((name, ("cloudfront.net", path))) => format!("{}/{path}", local.site_url(name)),
            Some((api, (host, path))) if host.starts_with("execute-api.") => {
                format!("{}/_aws/execute-api/{api}/{path}", local.emulator_url())
            }
            _ => address.to_owned(),
        }
    }
}
