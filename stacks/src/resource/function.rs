//! Functions of Lambda with what each has for itself: role, log group, trigger.

use super::Resource;
use crate::stage::PolicyArn;
use policies::{CfnString, PolicyDocument, Statement};
use serde::Serialize;
use std::collections::BTreeMap;

/// A function of the runtime `provided.al2023`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Function {
    pub(crate) architectures: [&'static str; 1],
    pub(crate) code: Code,
    pub(crate) description: String,
    pub(crate) environment: Environment,
    pub(crate) function_name: CfnString,
    pub(crate) handler: &'static str,
    pub(crate) memory_size: u32,
    pub(crate) role: CfnString,
    pub(crate) runtime: &'static str,
    pub(crate) timeout: u32,
}

/// Where the archive lies; the key is a parameter, so that code is not part of the definition.
#[derive(Debug, Serialize)]
pub(crate) struct Code {
    #[serde(rename = "S3Bucket")]
    pub(crate) bucket: CfnString,
    #[serde(rename = "S3Key")]
    pub(crate) key: CfnString,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Environment {
    pub(crate) variables: BTreeMap<&'static str, CfnString>,
}

impl Resource for Function {
    const TYPE: &'static str = "AWS::Lambda::Function";
}

/// The log group that Lambda writes to, so that the stack sets its retention.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct LogGroup {
    pub(crate) log_group_name: CfnString,
    pub(crate) retention_in_days: u32,
}

impl Resource for LogGroup {
    const TYPE: &'static str = "AWS::Logs::LogGroup";
}

/// A role that one function takes on.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Role {
    pub(crate) assume_role_policy_document: PolicyDocument,
    /// Default: the policies alone say what the role may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions_boundary: Option<String>,
    pub(crate) policies: Vec<InlinePolicy>,
}

/// A policy that lives and dies with its role.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct InlinePolicy {
    pub(crate) policy_document: PolicyDocument,
    pub(crate) policy_name: &'static str,
}

impl Resource for Role {
    const TYPE: &'static str = "AWS::IAM::Role";
}

impl Role {
    /// A role for Lambda with these statements and no others.
    pub(crate) fn for_function(statements: Vec<Statement>, boundary: Option<&PolicyArn>) -> Self {
        Self {
            assume_role_policy_document: PolicyDocument::trusting("lambda.amazonaws.com"),
            permissions_boundary: boundary.map(|boundary| boundary.as_str().to_owned()),
            policies: vec![InlinePolicy { policy_document: PolicyDocument::new(statements), policy_name: "contract" }],
        }
    }

    /// A role for another service, acting for this account, with these statements and no others.
    pub(crate) fn for_service(service: &'static str, statements: Vec<Statement>, boundary: Option<&PolicyArn>) -> Self {
        Self {
            assume_role_policy_document: PolicyDocument::trusting_for_this_account(service),
            permissions_boundary: boundary.map(|boundary| boundary.as_str().to_owned()),
            policies: vec![InlinePolicy {
                policy_document: PolicyDocument::new(statements),
                policy_name: "definition",
            }],
        }
    }
}

/// Lets API Gateway call a function.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Permission {
    pub(crate) action: &'static str,
    pub(crate) function_name: CfnString,
    pub(crate) principal: &'static str,
    pub(crate) source_arn: CfnString,
}

impl Resource for Permission {
    const TYPE: &'static str = "AWS::Lambda::Permission";
}

/// Feeds a function from a queue.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct EventSourceMapping {
    pub(crate) batch_size: u32,
    pub(crate) event_source_arn: CfnString,
    pub(crate) function_name: CfnString,
    pub(crate) function_response_types: [&'static str; 1],
    pub(crate) scaling_config: ScalingConfig,
}

/// How many copies of the function one queue may start.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ScalingConfig {
    pub(crate) maximum_concurrency: u32,
}

impl Resource for EventSourceMapping {
    const TYPE: &'static str = "AWS::Lambda::EventSourceMapping";
}
