//! Topics of SNS, and the queues behind them.

use super::Resource;
use contracts::{PublishTo, Wire};
use policies::{Action, Condition, Grant, PolicyDocument, Statement, Value};
use serde::Serialize;
use std::marker::PhantomData;

/// A standard topic.
///
/// Not encrypted with a key of ours: the AWS-managed key would keep CloudWatch from publishing.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Topic {
    pub(crate) topic_name: Value,
}

impl Resource for Topic {
    const TYPE: &'static str = "AWS::SNS::Topic";
}

/// Who may publish to a topic beside the principals of the account that a policy of their own allows.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TopicPolicy {
    policy_document: PolicyDocument,
    topics: Vec<Value>,
}

impl Resource for TopicPolicy {
    const TYPE: &'static str = "AWS::SNS::TopicPolicy";
}

impl TopicPolicy {
    /// Lets these services, by their host names, publish for this account.
    pub(crate) fn for_services(topic: Value, services: &[&'static str]) -> Self {
        let allow = |service: &&'static str| {
            // Source: EventBridge user guide, "Using resource-based policies", on topics: it gives nothing
            // that a condition could be about, so one that demands the account never holds.
            let condition = match *service {
                "events.amazonaws.com" => Condition::for_no_other_account(),
                _ => Condition::for_this_account(),
            };
            Statement::allow_service(service, Action::PUBLISH, topic.clone(), condition)
        };
        Self { policy_document: PolicyDocument::new(services.iter().map(allow).collect()), topics: vec![topic.clone()] }
    }
}

/// A queue that gets what is published, in its envelope.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Subscription {
    pub(crate) endpoint: Value,
    pub(crate) protocol: &'static str,
    /// Default: the stack's region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<String>,
    pub(crate) topic_arn: Value,
}

impl Resource for Subscription {
    const TYPE: &'static str = "AWS::SNS::Subscription";
}

/// Lets one topic put messages into one queue.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct QueuePolicy {
    policy_document: PolicyDocument,
    queues: Vec<Value>,
}

impl Resource for QueuePolicy {
    const TYPE: &'static str = "AWS::SQS::QueuePolicy";
}

impl QueuePolicy {
    pub(crate) fn for_topic(topic: Value, queue_arn: Value, queue_url: Value) -> Self {
        let statement = Statement::allow_service(
            "sns.amazonaws.com",
            Action::SEND_MESSAGE,
            queue_arn,
            Condition::for_source(topic),
        );
        Self { policy_document: PolicyDocument::new(vec![statement]), queues: vec![queue_url] }
    }
}

/// A topic of messages of type `M`: one of the stack, or one that is there already.
pub struct TopicRef<M> {
    pub(crate) arn: Value,
    /// Region of a topic that is not the stack's.
    pub(crate) region: Option<String>,
    message: PhantomData<fn() -> M>,
}

impl<M> TopicRef<M> {
    pub(crate) fn new(arn: Value, region: Option<String>) -> Self {
        Self { arn, region, message: PhantomData }
    }

    /// Lets a function publish to the topic.
    pub fn publish(&self) -> Wire<PublishTo<M>> {
        #[expect(clippy::disallowed_methods, reason = "this is a resource")]
        Wire::new(self.arn.clone(), vec![Grant::Publish { topic: self.arn.clone() }])
    }
}
