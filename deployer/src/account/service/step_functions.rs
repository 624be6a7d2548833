//! Step Functions: one execution of a state machine.

use super::{About, Service};
use crate::error::Outcome;
use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use serde::Deserialize;
use serde_json::json;

const ABOUT: About = About { id: "SFN", name: "states", global_region: None };
const PROTOCOL: (&str, &str) = ("1.0", "AWSStepFunctions");

/// A client of Step Functions. Source of all calls: Step Functions API reference.
#[derive(Clone, Debug)]
pub(crate) struct StepFunctions(Service);

/// How an execution is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ExecutionStatus {
    /// It has not ended.
    Running,
    /// It reached its end.
    Succeeded,
    /// It failed; error and cause say why.
    Failed,
    /// It took longer than it may.
    TimedOut,
    /// A person stopped it.
    Aborted,
    /// It failed, and begins again at the state that failed.
    PendingRedrive,
}

impl ExecutionStatus {
    /// In words.
    pub(crate) fn words(&self) -> &'static str {
        match self {
            Self::Running => "it is running",
            Self::Succeeded => "it succeeded",
            Self::Failed => "it failed",
            Self::TimedOut => "it took longer than it may",
            Self::Aborted => "a person stopped it",
            Self::PendingRedrive => "it failed, and is to begin again",
        }
    }
}

/// An execution.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Described {
    pub(crate) status: ExecutionStatus,
    pub(crate) output: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<String>,
}

/// An event in the history of an execution.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HistoryEvent {
    /// In seconds since 1970.
    pub(crate) timestamp: f64,
    pub(crate) state_entered_event_details: Option<StateNamed>,
    pub(crate) state_exited_event_details: Option<StateNamed>,
}

/// A state that an event is about.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct StateNamed {
    pub(crate) name: String,
}

impl StepFunctions {
    pub(crate) fn new(config: &SdkConfig, interceptors: &[SharedInterceptor]) -> Self {
        Self(Service::new(&ABOUT, config, interceptors))
    }

    /// Starts an execution under a name; returns its ARN.
    pub(crate) async fn start_execution(&self, machine: &str, name: &str, input: &str) -> Outcome<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Started {
            execution_arn: String,
        }
        let asked = json!({"stateMachineArn": machine, "name": name, "input": input});
        let started: Started = self.0.call_json("states:StartExecution", PROTOCOL, "StartExecution", &asked).await?;
        Ok(started.execution_arn)
    }

    /// How an execution is now.
    pub(crate) async fn describe_execution(&self, arn: &str) -> Outcome<Described> {
        let asked = json!({"executionArn": arn});
        self.0.call_json("states:DescribeExecution", PROTOCOL, "DescribeExecution", &asked).await
    }

    /// Everything that has happened in an execution, oldest first.
    pub(crate) async fn get_execution_history(&self, arn: &str) -> Outcome<Vec<HistoryEvent>> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Page {
            events: Vec<HistoryEvent>,
            next_token: Option<String>,
        }
        let (mut events, mut asked) = (Vec::new(), json!({"executionArn": arn}));
        loop {
            let page: Page =
                self.0.call_json("states:GetExecutionHistory", PROTOCOL, "GetExecutionHistory", &asked).await?;
            events.extend(page.events);
            match page.next_token {
                Some(token) => asked["nextToken"] = token.into(),
                None => return Ok(events),
            }
        }
    }
}
