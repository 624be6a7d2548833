//! REST APIs of API Gateway, and when a new deployment of one is due.

use super::{Resource, TemplateResource};
use crate::api_policy;
use policies::{CfnString, PolicyDocument};
use serde::Serialize;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A regional REST API.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RestApi {
    endpoint_configuration: Json,
    name: CfnString,
    /// Always written: without one, CloudFormation leaves the policy that the API had before.
    policy: PolicyDocument,
}

impl Resource for RestApi {
    const TYPE: &'static str = "AWS::ApiGateway::RestApi";
}

impl RestApi {
    /// An API that only these addresses (CIDR) may call; all may if there are none.
    pub(crate) fn new(name: CfnString, senders: &[String]) -> Self {
        Self { endpoint_configuration: json!({"Types": ["REGIONAL"]}), name, policy: api_policy::policy(senders) }
    }
}

/// A part of a path.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Path {
    pub(crate) parent_id: CfnString,
    pub(crate) path_part: String,
    pub(crate) rest_api_id: CfnString,
}

impl Resource for Path {
    const TYPE: &'static str = "AWS::ApiGateway::Resource";
}

/// A method that passes the whole request to a function.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Method {
    authorization_type: &'static str,
    http_method: &'static str,
    integration: Integration,
    resource_id: CfnString,
    rest_api_id: CfnString,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Integration {
    integration_http_method: &'static str,
    #[serde(rename = "Type")]
    kind: &'static str,
    uri: CfnString,
}

impl Resource for Method {
    const TYPE: &'static str = "AWS::ApiGateway::Method";
}

impl Method {
    /// `POST`, open to everyone who gets through the API's policy; the function checks the token.
    pub(crate) fn post(api: CfnString, path: CfnString, function: CfnString) -> Self {
        let invocations = CfnString::text("path/2015-03-31/functions/").join(function).then("/invocations");
        let uri = CfnString::arn_in("apigateway", CfnString::reference("AWS::Region"), "lambda", invocations);
        Self {
            authorization_type: "NONE",
            http_method: "POST",
            integration: Integration { integration_http_method: "POST", kind: "AWS_PROXY", uri },
            resource_id: path,
            rest_api_id: api,
        }
    }
}

/// What API Gateway itself answers to a request that reaches no method.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct GatewayResponse {
    response_templates: BTreeMap<&'static str, &'static str>,
    response_type: &'static str,
    rest_api_id: CfnString,
    status_code: &'static str,
}

impl Resource for GatewayResponse {
    const TYPE: &'static str = "AWS::ApiGateway::GatewayResponse";
}

impl GatewayResponse {
    /// 404 in place of the service's 403 "Missing Authentication Token" for a wrong path.
    pub(crate) fn not_found(api: CfnString) -> Self {
        Self {
            response_templates: BTreeMap::from([(
                "application/json",
                r#"{"message": "there is no such endpoint; check path and method (POST)"}"#,
            )]),
            response_type: "MISSING_AUTHENTICATION_TOKEN",
            rest_api_id: api,
            status_code: "404",
        }
    }

    /// 429 in place of the service's 403 for what AWS WAF refuses, which here is always too many requests.
    pub(crate) fn too_many(api: CfnString) -> Self {
        Self {
            response_templates: BTreeMap::from([(
                "application/json",
                r#"{"message": "too many requests from this address; wait some minutes"}"#,
            )]),
            response_type: "WAF_FILTERED",
            rest_api_id: api,
            status_code: "429",
        }
    }
}

/// A snapshot of the API; immutable, hence a new logical id for every change of the API.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Deployment {
    pub(crate) rest_api_id: CfnString,
}

impl Resource for Deployment {
    const TYPE: &'static str = "AWS::ApiGateway::Deployment";
}

/// How many requests an API takes, from everybody together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Throttle {
    /// Lasting requests a second.
    pub(crate) per_second: u32,
    /// Requests at once.
    pub(crate) burst: u32,
}

impl Throttle {
    /// What a SaaS sends, beside a flood of forged requests: a 401 is answered in a few milliseconds, and what is
    /// over this limit is refused without a look at who sent it.
    pub(crate) const WEBHOOK: Self = Self { per_second: 200, burst: 400 };
    /// What a room full of people asks; more is not meant well.
    pub(crate) const FORM: Self = Self { per_second: 5, burst: 20 };
}

/// The stage under which the current snapshot answers.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ApiStage {
    deployment_id: CfnString,
    method_settings: Json,
    rest_api_id: CfnString,
    stage_name: &'static str,
}

impl Resource for ApiStage {
    const TYPE: &'static str = "AWS::ApiGateway::Stage";
}

impl ApiStage {
    /// The name in the URL; it says nothing, so that it never has a reason to change.
    pub(crate) const NAME: &'static str = "v1";

    /// A stage that lets through as much as is expected, and slows down what a flood would bring.
    pub(crate) fn new(api: CfnString, deployment: CfnString, throttle: Throttle) -> Self {
        Self {
            deployment_id: deployment,
            method_settings: json!([{
                "HttpMethod": "*",
                "ResourcePath": "/*",
                "ThrottlingBurstLimit": throttle.burst,
                "ThrottlingRateLimit": throttle.per_second,
            }]),
            rest_api_id: api,
            stage_name: Self::NAME,
        }
    }
}

/// Types of API Gateway that take effect without a new deployment.
///
/// Source: API Gateway developer guide, "Updates to a REST API that require redeployment".
const LIVE_TYPES: [&str; 8] = [
    "AWS::ApiGateway::Account",
    "AWS::ApiGateway::ApiKey",
    "AWS::ApiGateway::BasePathMapping",
    "AWS::ApiGateway::Deployment",
    "AWS::ApiGateway::DomainName",
    "AWS::ApiGateway::Stage",
    "AWS::ApiGateway::UsagePlan",
    "AWS::ApiGateway::UsagePlanKey",
];

/// Properties of a REST API that no caller can notice.
const LABELS: [&str; 3] = ["Description", "Name", "Tags"];

/// The logical id of the deployment: a hash of everything that reaches the API.
pub(crate) fn deployment_id(resources: &BTreeMap<String, TemplateResource>) -> String {
    let mut digest = Sha256::new();
    for (logical_id, entry) in resources {
        if !reaches_the_api(entry.kind) {
            continue;
        }
        let mut properties = entry.properties.clone();
        if entry.kind == RestApi::TYPE
            && let Some(properties) = properties.as_object_mut()
        {
            properties.retain(|name, _| !LABELS.contains(&name.as_str()));
        }
        digest.update(json!([logical_id, entry.kind, properties]).to_string());
    }
    format!("Deployment{}", hex::encode(&digest.finalize()[..8]))
}

pub(crate) fn reaches_the_api(kind: &str) -> bool {
    kind.starts_with("AWS::ApiGateway::") && !LIVE_TYPES.contains(&kind)
}

#[cfg(test)]
mod tests;
