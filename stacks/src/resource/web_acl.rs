//! Rules of AWS WAF in front of an API.

use super::Resource;
use crate::stage::RateRule;
use policies::CfnString;
use serde::Serialize;
use serde_json::{Value as Json, json};

/// Seconds for which requests of one address are counted.
const WINDOW_SECONDS: u32 = 300;

/// How many times as much may come from one address that stands in front of many people, as CloudFront's do.
const PEOPLE_BEHIND_ADDRESS: u32 = 10;

/// Rules that let everything pass but what they block.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct WebAcl {
    default_action: Json,
    name: CfnString,
    rules: Json,
    scope: &'static str,
    visibility_config: Json,
}

impl Resource for WebAcl {
    const TYPE: &'static str = "AWS::WAFv2::WebACL";
}

impl WebAcl {
    /// Blocks an address after so many requests.
    ///
    /// A request by CloudFront names the person's address in a header, which counts; a caller who forges the header,
    /// or leaves it out, is counted by the address that connects. Source: AWS WAF developer guide, "Using
    /// forwarded IP addresses in AWS WAF": the first address of the header counts, and a request without the
    /// header is not counted at all.
    pub(crate) fn limiting_addresses(name: CfnString, rule: RateRule) -> Self {
        let limit = rule.requests();
        let forwarded = json!({
            "AggregateKeyType": "FORWARDED_IP",
            "EvaluationWindowSec": WINDOW_SECONDS,
            "ForwardedIPConfig": {"FallbackBehavior": "NO_MATCH", "HeaderName": "X-Forwarded-For"},
            "Limit": limit,
        });
        let connected = json!({
            "AggregateKeyType": "IP",
            "EvaluationWindowSec": WINDOW_SECONDS,
            "Limit": limit * PEOPLE_BEHIND_ADDRESS,
        });
        let rule = |name: &str, priority: u32, statement: Json| {
            json!({
                "Action": {"Block": {}},
                "Name": name,
                "Priority": priority,
                "Statement": {"RateBasedStatement": statement},
                "VisibilityConfig": visibility(name),
            })
        };
        Self {
            default_action: json!({"Allow": {}}),
            name,
            rules: json!([rule("forwarded-address", 0, forwarded), rule("connecting-address", 1, connected)]),
            scope: "REGIONAL",
            visibility_config: visibility("all"),
        }
    }
}

/// Metrics, and no sample of requests: a question is private.
fn visibility(name: &str) -> Json {
    json!({"CloudWatchMetricsEnabled": true, "MetricName": name, "SampledRequestsEnabled": false})
}

/// Puts rules in front of one stage of an API.
#[derive(Debug, Serialize)]
pub(crate) struct WebAclAssociation {
    #[serde(rename = "ResourceArn")]
    resource: CfnString,
    #[serde(rename = "WebACLArn")]
    web_acl: CfnString,
}

impl Resource for WebAclAssociation {
    const TYPE: &'static str = "AWS::WAFv2::WebACLAssociation";
}

impl WebAclAssociation {
    /// Source: AWS WAF API reference, AssociateWebACL: the ARN of a stage names no account.
    pub(crate) fn new(web_acl: &str, api: CfnString, stage: &str) -> Self {
        let stage = CfnString::text("/restapis/").join(api).then(format!("/stages/{stage}"));
        let resource = CfnString::arn_in("apigateway", CfnString::reference("AWS::Region"), "", stage);
        Self { resource, web_acl: CfnString::attribute(web_acl, "Arn") }
    }
}
