//! An account that answers by rules: one for each call, in the order in which they are to be made.
//!
//! For decisions that depend on what AWS says one time and then another. Answers are values of the SDK and no bytes,
//! nothing is sent, and nothing is waited for; what an answer looks like on the wire, and what happens without one,
//! is tried by `scripted`.

pub(crate) mod cloudformation;

use super::service::Call;
use super::{Account, CallLimits, Shared};
use crate::event::{Event, Reporter};
use crate::pace::Pace;
use aws_config::retry::RetryConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, Error as ErasedError, FinalizerInterceptorContextMut, Input, Output,
    OutputOrError,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::ErrorMetadata;
use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::mpsc::UnboundedReceiver;

/// What one call is answered with.
pub(crate) struct Rule(Box<Answering>);

/// What comes of an input; `None` if the rule is for another call.
type Answering = dyn FnOnce(&Input) -> Option<OutputOrError> + Send;

impl Rule {
    /// An answer to the call with this input; `answer` may look at what was asked.
    pub(crate) fn new<I, O, E>(answer: impl FnOnce(&I) -> Result<O, E> + Send + 'static) -> Self
    where
        I: Debug + Send + Sync + 'static,
        O: Debug + Send + Sync + 'static,
        E: std::error::Error + Debug + Send + Sync + 'static,
    {
        Self(Box::new(move |input| {
            let answer = answer(input.downcast_ref::<I>()?);
            Some(answer.map(Output::erase).map_err(|error| OrchestratorError::operation(ErasedError::erase(error))))
        }))
    }
}

impl Rule {
    /// An answer to a call by name, of a service of which the deployer makes few; `answer` takes and returns bodies.
    pub(crate) fn of_call(
        operation: &'static str,
        answer: impl FnOnce(&str) -> Result<String, ErrorMetadata> + Send + 'static,
    ) -> Self {
        Self::new::<Call, _, _>(move |call| {
            assert_eq!(call.operation, operation, "the next rule is for another call");
            answer(&call.body)
        })
    }
}

/// What a service says with an error: its code and its message.
pub(crate) fn refused(code: &str, message: &str) -> ErrorMetadata {
    ErrorMetadata::builder().code(code).message(message).build()
}

/// An account with the rules that are left.
pub(crate) struct ByRules {
    pub(crate) account: Account,
    events: UnboundedReceiver<Event>,
    left: Arc<Mutex<VecDeque<Rule>>>,
}

impl ByRules {
    /// An account on AWS that takes these calls and no others.
    pub(crate) fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        Self::with_pace(Pace::of_test(), rules)
    }

    /// The same with other limits than those of tests.
    pub(crate) fn with_pace(pace: Pace, rules: impl IntoIterator<Item = Rule>) -> Self {
        let left = Arc::new(Mutex::new(rules.into_iter().collect()));
        let (reporter, events) = Reporter::new();
        let nowhere = http_client_fn(|_, _| SharedHttpConnector::new(Nowhere));
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .http_client(nowhere)
            .region(Region::new("ap-northeast-1"))
            // Each rule is for one call, and the SDK's own repetitions are not what is tried here.
            .retry_config(RetryConfig::disabled())
            .credentials_provider(SharedCredentialsProvider::new(Credentials::new("k", "s", None, None, "test")))
            .build();
        let limits = CallLimits::of_attempt(Duration::from_secs(60));
        let mut shared = Shared::new(reporter, limits, pace);
        shared.interceptors.push(SharedInterceptor::new(Answers { left: Arc::clone(&left), now: Mutex::default() }));
        let account = Account::open(config, "111122223333".into(), "ap-northeast-1", None, shared);
        Self { account, events, left }
    }

    /// Demands that every call was made, and returns the notes and warnings that were reported.
    pub(crate) fn told(&mut self) -> Vec<String> {
        assert_eq!(self.left.lock().unwrap().len(), 0, "calls that were not made");
        let events = std::iter::from_fn(|| self.events.try_recv().ok());
        let told = events.filter_map(|event| match event {
            Event::Note(text) | Event::Warning(text) => Some(text),
            _ => None,
        });
        told.collect()
    }
}

/// Puts the rules' answers in the place of what came from nowhere.
#[derive(Debug)]
struct Answers {
    left: Arc<Mutex<VecDeque<Rule>>>,
    /// The answer to the call that is being made: they are made one after the other.
    now: Mutex<Option<OutputOrError>>,
}

impl Debug for Rule {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Rule")
    }
}

impl Intercept for Answers {
    fn name(&self) -> &'static str {
        "Answers"
    }

    fn read_before_serialization(
        &self,
        call: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let rule = self.left.lock().unwrap().pop_front();
        let input = call.input();
        let answer = rule.map(|rule| rule.0(input)).unwrap_or_else(|| panic!("no rule is left for {input:?}"));
        let answer = answer.unwrap_or_else(|| panic!("the next rule is for another call than {input:?}"));
        *self.now.lock().unwrap() = Some(answer);
        Ok(())
    }

    fn modify_before_attempt_completion(
        &self,
        call: &mut FinalizerInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(answer) = self.now.lock().unwrap().take() {
            call.inner_mut().set_output_or_error(answer);
        }
        Ok(())
    }
}

/// Where requests go: an empty answer comes back, in whose place the rule's is put.
#[derive(Debug)]
struct Nowhere;

impl HttpConnector for Nowhere {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let status = 200u16.try_into().unwrap();
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::empty())))
    }
}
