//! Alarms of CloudWatch: one for each way in which a message can be late or lost, and on floods.

use super::Resource;
use policies::CfnString;
use serde::Serialize;
use serde_json::{Value as Json, json};

/// An alarm on one metric that rises above a bound.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Alarm {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alarm_actions: Vec<CfnString>,
    alarm_description: String,
    comparison_operator: &'static str,
    dimensions: Json,
    evaluation_periods: u32,
    metric_name: &'static str,
    namespace: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "OKActions")]
    ok_actions: Vec<CfnString>,
    period: u32,
    statistic: &'static str,
    threshold: u32,
    treat_missing_data: &'static str,
}

impl Resource for Alarm {
    const TYPE: &'static str = "AWS::CloudWatch::Alarm";
}

/// A metric of a service with its one dimension.
pub(crate) struct Metric {
    pub(crate) namespace: &'static str,
    pub(crate) name: &'static str,
    pub(crate) statistic: &'static str,
    pub(crate) dimension: (&'static str, CfnString),
}

/// What a metric must not rise above, within how many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bound {
    pub(crate) threshold: u32,
    pub(crate) period_seconds: u32,
}

impl Bound {
    /// Nothing at all, which is reported within a minute.
    pub(crate) const ZERO: Self = Self { threshold: 0, period_seconds: 60 };
}

impl Alarm {
    /// An alarm that goes off when the metric rises above its bound.
    ///
    /// No data means that nothing happened, which is well.
    pub(crate) fn above(bound: Bound, metric: Metric, description: String, topic: Option<CfnString>) -> Self {
        let actions: Vec<CfnString> = topic.into_iter().collect();
        let (dimension, value) = metric.dimension;
        Self {
            alarm_actions: actions.clone(),
            alarm_description: description,
            comparison_operator: "GreaterThanThreshold",
            dimensions: json!([{"Name": dimension, "Value": value}]),
            evaluation_periods: 1,
            metric_name: metric.name,
            namespace: metric.namespace,
            ok_actions: actions,
            period: bound.period_seconds,
            statistic: metric.statistic,
            threshold: bound.threshold,
            treat_missing_data: "notBreaching",
        }
    }
}

impl Metric {
    /// Messages that wait in a dead-letter queue.
    pub(crate) fn dead_letters(queue: &str) -> Self {
        Self {
            namespace: "AWS/SQS",
            name: "ApproximateNumberOfMessagesVisible",
            statistic: "Maximum",
            dimension: ("QueueName", CfnString::attribute(queue, "QueueName")),
        }
    }

    /// Requests that a REST API, by its name, answered with 5xx.
    ///
    /// Source: API Gateway developer guide, "Amazon API Gateway dimensions and metrics".
    pub(crate) fn server_errors(api_name: CfnString) -> Self {
        Self { namespace: "AWS/ApiGateway", name: "5XXError", statistic: "Sum", dimension: ("ApiName", api_name) }
    }

    /// Requests that a REST API, by its name, refused with 4xx: its own throttling counts too.
    pub(crate) fn refusals(api_name: CfnString) -> Self {
        Self { name: "4XXError", ..Self::server_errors(api_name) }
    }

    /// All requests to a REST API, by its name; the service counts them as samples.
    pub(crate) fn requests(api_name: CfnString) -> Self {
        Self { name: "Count", statistic: "SampleCount", ..Self::server_errors(api_name) }
    }

    /// Writes to a table whose condition did not hold.
    ///
    /// Source: DynamoDB developer guide, "DynamoDB Metrics and dimensions".
    pub(crate) fn refused_writes(table: &str) -> Self {
        Self {
            namespace: "AWS/DynamoDB",
            name: "ConditionalCheckFailedRequests",
            statistic: "Sum",
            dimension: ("TableName", CfnString::reference(table)),
        }
    }

    /// Invocations of a function that ended in an error.
    pub(crate) fn errors(function: &str) -> Self {
        Self::of_function("Errors", function)
    }

    /// Invocations that Lambda throttled.
    pub(crate) fn throttles(function: &str) -> Self {
        Self::of_function("Throttles", function)
    }

    fn of_function(name: &'static str, function: &str) -> Self {
        Self {
            namespace: "AWS/Lambda",
            name,
            statistic: "Sum",
            dimension: ("FunctionName", CfnString::reference(function)),
        }
    }
}
