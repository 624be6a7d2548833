//! Reports each call to AWS while it is in progress, so that no wait for an answer is silent.

use crate::event::{Reporter, Wait};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata, OrchestratorError};
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

/// An interceptor of every call of a client.
#[derive(Clone, Debug)]
pub(super) struct ReportWaits(pub(super) Reporter);

/// The wait for one call's answer, all its attempts together. It ends with the call, also when that is
/// interrupted, because the SDK drops what it keeps for the call.
#[derive(Debug)]
struct OpenWait(Wait);

impl Storable for OpenWait {
    type Storer = StoreReplace<Self>;
}

impl Intercept for ReportWaits {
    fn name(&self) -> &'static str {
        "ReportWaits"
    }

    // Before this the SDK has not put down yet which operation it is.
    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        call: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let named = call.load::<Metadata>().map(|call| format!("{} to answer {}", call.service(), call.name()));
        let wait = self.0.wait(named.unwrap_or_else(|| "AWS to answer".into()));
        call.interceptor_state().store_put(OpenWait(wait));
        Ok(())
    }

    fn read_after_attempt(
        &self,
        attempt: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        call: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let (Some(Err(error)), Some(OpenWait(wait))) = (attempt.output_or_error(), call.load::<OpenWait>()) {
            let n_attempts = call.load::<RequestAttempts>().map_or(1, RequestAttempts::attempts);
            wait.because(format!("attempt {n_attempts} failed: {}", reason(attempt.response(), error)));
        }
        Ok(())
    }
}

/// Why an attempt failed, in a few words.
fn reason<E: std::fmt::Debug>(answer: Option<&HttpResponse>, error: &OrchestratorError<E>) -> String {
    match answer {
        Some(answer) => match code_of(answer) {
            Some(code) => format!("{} {code}", answer.status().as_u16()),
            None => format!("the answer was {}", answer.status().as_u16()),
        },
        None if error.is_timeout_error() => "no answer in time".into(),
        None => match error.as_connector_error() {
            Some(error) if error.is_timeout() => "no connection in time".into(),
            _ => "no connection".into(),
        },
    }
}

/// The service's code: in a header, or in the body as XML or JSON.
fn code_of(answer: &HttpResponse) -> Option<String> {
    if let Some(code) = answer.headers().get("x-amzn-errortype") {
        return Some(code.split(':').next().unwrap_or(code).to_owned());
    }
    let body = String::from_utf8_lossy(answer.body().bytes()?).into_owned();
    let between = |before: &str, after: char| {
        let (_, rest) = body.split_once(before)?;
        let (code, _) = rest.split_once(after)?;
        Some(code.rsplit('#').next().unwrap_or(code).to_owned())
    };
    between("<Code>", '<').or_else(|| between("\"__type\":\"", '"'))
}
