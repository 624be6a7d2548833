//! Topics of SNS, and the queues behind them.

use super::Resource;
use crate::stage::{EmailAddress, Region};
use contracts::{PublishTo, Wire};
use policies::{Action, CfnString, Condition, Grant, PolicyDocument, Statement};
use serde::Serialize;
use std::borrow::Cow;
use std::marker::PhantomData;

/// A standard topic.
///
/// Not encrypted with a key of the stack: the AWS-managed key would keep CloudWatch from publishing.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Topic {
    pub(crate) topic_name: CfnString,
}

impl Resource for Topic {
    const TYPE: &'static str = "AWS::SNS::Topic";
}

/// Services of which AWS does not document that they tell for which account they act.
///
/// A condition that demands the account might never hold for them; one that only refuses other accounts does.
/// Sources: EventBridge user guide, "Using resource-based policies", says so of topics; the guides of AWS
/// Backup and of the Developer Tools console show policies without a condition.
const TELL_NO_ACCOUNT: [&str; 3] =
    ["backup.amazonaws.com", "codestar-notifications.amazonaws.com", "events.amazonaws.com"];

/// Who may publish to a topic beside the principals of the account that a policy of their own allows.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TopicPolicy {
    policy_document: PolicyDocument,
    topics: Vec<CfnString>,
}

impl Resource for TopicPolicy {
    const TYPE: &'static str = "AWS::SNS::TopicPolicy";
}

impl TopicPolicy {
    /// Lets these services, by their principals, publish for this account.
    pub(crate) fn for_services(topic: CfnString, services: &[&'static str]) -> Self {
        let allow = |service: &&'static str| {
            let condition = match TELL_NO_ACCOUNT.contains(service) {
                true => Condition::for_no_other_account(),
                false => Condition::for_this_account(),
            };
            Statement::allow_service(*service, Action::PUBLISH, topic.clone(), condition)
        };
        Self { policy_document: PolicyDocument::new(services.iter().map(allow).collect()), topics: vec![topic.clone()] }
    }
}

/// A subscriber who gets what is published: a queue, in the envelope, or a person who has confirmed it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Subscription {
    pub(crate) endpoint: CfnString,
    pub(crate) protocol: &'static str,
    /// Default: the stack's region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<String>,
    pub(crate) topic_arn: CfnString,
}

impl Resource for Subscription {
    const TYPE: &'static str = "AWS::SNS::Subscription";
}

impl Subscription {
    /// Mails what is published, once the link in SNS's first mail was opened.
    pub(crate) fn by_email(address: &EmailAddress, topic_arn: CfnString) -> Self {
        Self { endpoint: CfnString::text(address.as_str()), protocol: "email", region: None, topic_arn }
    }
}

/// Lets one topic put messages into one queue.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct QueuePolicy {
    policy_document: PolicyDocument,
    queues: Vec<CfnString>,
}

impl Resource for QueuePolicy {
    const TYPE: &'static str = "AWS::SQS::QueuePolicy";
}

impl QueuePolicy {
    pub(crate) fn for_topic(
        topic: CfnString,
        deliverer: Cow<'static, str>,
        queue_arn: CfnString,
        queue_url: CfnString,
    ) -> Self {
        let statement =
            Statement::allow_service(deliverer, Action::SEND_MESSAGE, queue_arn, Condition::for_source(topic));
        Self { policy_document: PolicyDocument::new(vec![statement]), queues: vec![queue_url] }
    }
}

/// The service principal under which SNS delivers from one region to a queue in another.
///
/// Without the right one, messages are dropped without a word. Source: SNS developer guide, "Sending Amazon SNS
/// messages to an Amazon SQS queue or AWS Lambda function in a different Region".
pub(crate) fn deliverer(topic: &Region, queue: &Region) -> Cow<'static, str> {
    let between = match (topic.is_opt_in(), queue.is_opt_in()) {
        _ if topic == queue => None,
        (false, false) => None,
        (true, false) => Some(topic),
        (_, true) => Some(queue),
    };
    match between {
        None => "sns.amazonaws.com".into(),
        Some(region) => format!("sns.{}.amazonaws.com", region.as_str()).into(),
    }
}

/// A topic of messages of type `M`: one of the stack, or an existing one.
pub struct TopicRef<M> {
    pub(crate) arn: CfnString,
    /// Region of a topic that is not the stack's.
    pub(crate) region: Option<Region>,
    message: PhantomData<fn() -> M>,
}

impl<M> TopicRef<M> {
    pub(crate) fn new(arn: CfnString, region: Option<Region>) -> Self {
        Self { arn, region, message: PhantomData }
    }

    /// Lets a function publish to the topic.
    pub fn publish(&self) -> Wire<PublishTo<M>> {
        #[expect(clippy::disallowed_methods, reason = "this is a resource")]
        Wire::new(self.arn.clone(), vec![Grant::Publish { topic: self.arn.clone() }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deliverer_is_that_of_the_guide_for_each_pair_of_regions() {
        let region = |name: &str| Region::try_from(name.to_owned()).unwrap();
        for (topic, queue, expected) in [
            ("ap-northeast-1", "ap-northeast-1", "sns.amazonaws.com"),
            ("us-east-1", "ap-northeast-1", "sns.amazonaws.com"),
            ("ap-east-1", "ap-east-1", "sns.amazonaws.com"),
            ("ap-east-1", "ap-northeast-1", "sns.ap-east-1.amazonaws.com"),
            ("ap-northeast-1", "ap-east-1", "sns.ap-east-1.amazonaws.com"),
            ("af-south-1", "eu-south-1", "sns.eu-south-1.amazonaws.com"),
            ("mx-central-1", "us-east-1", "sns.mx-central-1.amazonaws.com"),
        ] {
            assert_eq!(deliverer(&region(topic), &region(queue)), expected, "{topic} to {queue}");
        }
    }
}
