//! Resources as CloudFormation takes them: plain structs with only the properties in use.

mod alarm;
mod api;
mod bucket;
mod connection;
pub(crate) mod function;
mod key;
mod queue;
pub(crate) mod schedule;
mod secret;
mod site;
pub(crate) mod state_machine;
mod table;
mod topic;
mod web_acl;

pub(crate) use alarm::{Alarm, Bound, Metric};
pub(crate) use api::{
    ApiStage, Deployment, GatewayResponse, Method, Path, RestApi, Throttle, deployment_id, reaches_the_api,
};
pub use bucket::BucketRef;
pub(crate) use bucket::{Bucket, BucketPolicy};
pub(crate) use connection::Connection;
pub use connection::ConnectionRef;
pub(crate) use function::{EventSourceMapping, Function, LogGroup, Permission, Role};
pub(crate) use key::Key;
pub use queue::QueueRef;
pub(crate) use queue::{DeadLetters, Queue};
pub(crate) use secret::Secret;
pub use secret::{SecretRef, SigningKeyRef};
pub(crate) use site::{
    Alias, Certificate, Distribution, OriginAccessControl, Origins, ResponseHeadersPolicy, SiteBucketPolicy,
};
pub use table::{DailyCount, TableRef};
pub(crate) use table::{DataTable, Table};
pub use topic::TopicRef;
pub(crate) use topic::{QueuePolicy, Subscription, Topic, TopicPolicy, deliverer};
pub(crate) use web_acl::{WebAcl, WebAclAssociation};

use serde::Serialize;
use serde_json::Value as Json;

/// A resource type of CloudFormation; it serializes to the resource's properties.
pub(crate) trait Resource: Serialize {
    /// Such as `AWS::SQS::Queue`.
    const TYPE: &'static str;
    /// What happens to the resource when the stack lets go of it.
    const HOLDS_DATA: bool = false;
}

/// A resource in a template.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TemplateResource {
    #[serde(rename = "Type")]
    pub(crate) kind: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) depends_on: Vec<String>,
    /// Default: deleted with the stack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deletion_policy: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) update_replace_policy: Option<&'static str>,
    pub(crate) properties: Json,
}

impl TemplateResource {
    pub(crate) fn new<R: Resource>(resource: &R) -> Self {
        let policy = |name| R::HOLDS_DATA.then_some(name);
        Self {
            kind: R::TYPE,
            depends_on: Vec::new(),
            // A first deployment that fails leaves nothing; after that, data outlives mistakes.
            deletion_policy: policy("RetainExceptOnCreate"),
            update_replace_policy: policy("Retain"),
            properties: serde_json::to_value(resource).unwrap_or_else(|error| panic!("{}: {error}", R::TYPE)),
        }
    }
}
