//! On which resources an action is needed, and under which conditions.

use crate::stack::{KnownStack, Stack};
use serde::Serialize;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// How long the random end of a name is that CloudFormation makes.
const SUFFIX: usize = 13;
/// What IAM takes as the name of a role.
const ROLE_NAME_LIMIT: usize = 64;
/// However long the other parts are, so much of a stack's name is in the name of its role.
const STACK_NAME_KEPT: usize = 24;

/// Resources that an action is needed on, by resource type (any, where it is empty) and action or service.
///
/// Names begin with the stack's, so that another resource in the stack needs no other policy. Secrets
/// Manager and other newer types name a resource by its logical id alone. Where AWS gives an id of its own
/// (APIs, keys, distributions, certificates, mappings), nothing but the kind of resource is known before.
///
/// Source: Service Authorization Reference; AWS CloudFormation user guide, "Name type".
const SCOPES: &[(&str, &str, &[&str])] = &[
    ("", "acm", &["arn:aws:acm:{region}:{account}:certificate/*"]),
    ("", "apigateway", &["arn:aws:apigateway:{region}::/restapis/*"]),
    ("AWS::ApiGateway::RestApi", "apigateway:POST", &["arn:aws:apigateway:{region}::/restapis"]),
    (
        "AWS::ApiGateway::RestApi",
        "apigateway:UpdateRestApiPolicy",
        &["arn:aws:apigateway:{region}::/restapis", "arn:aws:apigateway:{region}::/restapis/*"],
    ),
    (
        "AWS::ApiGateway::RestApi",
        "apigateway",
        &["arn:aws:apigateway:{region}::/restapis/*", "arn:aws:apigateway:{region}::/tags/*"],
    ),
    ("AWS::ApiGateway::Stage", "apigateway:POST", &["arn:aws:apigateway:{region}::/restapis/*"]),
    (
        "AWS::ApiGateway::Stage",
        "apigateway",
        &["arn:aws:apigateway:{region}::/restapis/*", "arn:aws:apigateway:{region}::/tags/*"],
    ),
    ("AWS::CloudFront::Distribution", "cloudfront", &["arn:aws:cloudfront::{account}:distribution/*"]),
    ("AWS::CloudFront::OriginAccessControl", "cloudfront", &["arn:aws:cloudfront::{account}:origin-access-control/*"]),
    (
        "AWS::CloudFront::ResponseHeadersPolicy",
        "cloudfront",
        &["arn:aws:cloudfront::{account}:response-headers-policy/*"],
    ),
    ("", "cloudwatch", &["arn:aws:cloudwatch:{region}:{account}:alarm:{stack}-*"]),
    ("", "dynamodb", &["arn:aws:dynamodb:{region}:{account}:table/{stack}-*"]),
    ("", "events", &["arn:aws:events:{region}:{account}:connection/{stack}-*"]),
    ("", "iam", &["arn:aws:iam::{account}:role/{role}"]),
    (
        "",
        "iam:CreateServiceLinkedRole",
        &[
            "arn:aws:iam::{account}:role/aws-service-role/apidestinations.events.amazonaws.com/AWSServiceRoleForAmazonEventBridgeApiDestinations",
        ],
    ),
    ("", "kms", &["arn:aws:kms:{region}:{account}:key/*"]),
    ("", "lambda", &["arn:aws:lambda:{region}:{account}:function:{stack}-*"]),
    ("AWS::Lambda::EventSourceMapping", "lambda", &["arn:aws:lambda:{region}:{account}:event-source-mapping:*"]),
    ("", "logs", &["arn:aws:logs:{region}:{account}:log-group:/aws/lambda/{stack}-*"]),
    ("", "route53", &["arn:aws:route53:::hostedzone/{zone}"]),
    ("", "route53:GetChange", &["arn:aws:route53:::change/*"]),
    ("", "s3", &["arn:aws:s3:::{stack}-*"]),
    ("AWS::Lambda::Function", "s3", &["{artifacts}/*"]),
    (
        "",
        "scheduler",
        &[
            "arn:aws:scheduler:{region}:{account}:schedule/default/{stack}-*",
            "arn:aws:scheduler:{region}:{account}:schedule/default/{logical}-*",
        ],
    ),
    ("", "secretsmanager", &["arn:aws:secretsmanager:{region}:{account}:secret:{secret}"]),
    (
        "AWS::Events::Connection",
        "secretsmanager",
        &["arn:aws:secretsmanager:{region}:{account}:secret:events!connection/{stack}-*"],
    ),
    ("", "sns", &["arn:aws:sns:{region}:{account}:{stack}-*"]),
    ("AWS::SNS::Subscription", "sns", &["arn:aws:sns:{region}:{account}:{stack}-*", "{topic}"]),
    ("", "sqs", &["arn:aws:sqs:{region}:{account}:{stack}-*"]),
    ("", "states", &["arn:aws:states:{region}:{account}:stateMachine:{stack}"]),
    ("", "wafv2", &["arn:aws:wafv2:{region}:{account}:regional/webacl/{stack}-*"]),
    ("", "wafv2:GetWebACL", &["arn:aws:wafv2:{region}:{account}:regional/webacl/{stack}-*"]),
    (
        "AWS::WAFv2::WebACLAssociation",
        "wafv2",
        &[
            "arn:aws:wafv2:{region}:{account}:regional/webacl/{stack}-*",
            "arn:aws:apigateway:{region}::/restapis/*/stages/*",
        ],
    ),
    ("AWS::WAFv2::WebACLAssociation", "apigateway", &["arn:aws:apigateway:{region}::/restapis/*/stages/*"]),
];

/// Actions that have no resource level, so that a policy must say `*`.
///
/// Source: Service Authorization Reference, the pages of the services; `ci` compares it with a copy of them.
const WITHOUT_RESOURCE: &[&str] = &[
    "acm:RequestCertificate",
    "cloudformation:ListStacks",
    "cloudfront:CreateDistribution",
    "cloudfront:CreateOriginAccessControl",
    "cloudfront:CreateResponseHeadersPolicy",
    "dynamodb:ListTables",
    "kms:CreateKey",
    "lambda:CreateEventSourceMapping",
    "lambda:GetAccountSettings",
    "lambda:ListEventSourceMappings",
    "logs:DescribeIndexPolicies",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "route53:ListHostedZones",
    "s3:ListAllMyBuckets",
    "secretsmanager:GetRandomPassword",
];

/// Whether an action has no resource level.
pub fn needs_every_resource(action: &str) -> bool {
    WITHOUT_RESOURCE.contains(&action)
}

/// When an action is needed: operator, then key of the request's context, then value.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Conditions(BTreeMap<&'static str, BTreeMap<&'static str, String>>);

impl Conditions {
    /// Always.
    pub fn none() -> Self {
        Self::default()
    }

    /// A key of the context must hold a value, as the operator compares them.
    pub fn one(operator: &'static str, key: &'static str, value: impl Into<String>) -> Self {
        Self::default().and(operator, key, value)
    }

    /// CloudFormation makes the call on the user's behalf.
    ///
    /// Source: IAM user guide, "AWS global condition context keys", `aws:CalledVia`.
    pub fn called_via_cloudformation() -> Self {
        Self::one("ForAnyValue:StringEquals", "aws:CalledVia", "cloudformation.amazonaws.com")
    }

    /// A key is used for the data of the stack's state machine.
    ///
    /// Source: Step Functions developer guide, "Data at rest encryption".
    pub fn data_of_machine() -> Self {
        const CONTEXT: &str = "kms:EncryptionContext:aws:states:stateMachineArn";
        Self::one("StringEquals", CONTEXT, "arn:aws:states:{region}:{account}:stateMachine:{stack}")
    }

    /// Both.
    pub fn and(mut self, operator: &'static str, key: &'static str, value: impl Into<String>) -> Self {
        self.0.entry(operator).or_default().insert(key, value.into());
        self
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every key with the value that it is compared with.
    pub fn entries(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.values().flatten().map(|(key, value)| (*key, value.as_str()))
    }

    pub(super) fn map_values(&self, map: impl Fn(&str) -> String) -> Self {
        let mapped = self
            .0
            .iter()
            .map(|(operator, keys)| (*operator, keys.iter().map(|(key, value)| (*key, map(value))).collect()));
        Self(mapped.collect())
    }
}

/// When CloudFormation needs an action for a resource type.
///
/// Roles, service-linked roles, keys and the secrets of connections are used by a service that was itself
/// called; there its own key says more than the chain of callers.
///
/// A boundary of the stage keeps a role from being made, or changed, so that it is without the boundary.
pub(super) fn conditions(kind: &str, action: &str, properties: &Json) -> Conditions {
    let via = Conditions::called_via_cloudformation;
    match (kind, action) {
        ("AWS::IAM::Role", "iam:CreateRole" | "iam:PutRolePermissionsBoundary") => {
            match properties["PermissionsBoundary"].as_str() {
                Some(boundary) => via().and("StringEquals", "iam:PermissionsBoundary", boundary),
                None => via(),
            }
        }
        (_, "iam:PassRole") => Conditions::one("StringEquals", "iam:PassedToService", passed_to(kind)),
        (_, "iam:CreateServiceLinkedRole") => {
            Conditions::one("StringEquals", "iam:AWSServiceName", "apidestinations.events.amazonaws.com")
        }
        ("AWS::StepFunctions::StateMachine", "kms:Decrypt" | "kms:GenerateDataKey") => Conditions::data_of_machine(),
        ("AWS::Events::Connection", action) if action.starts_with("secretsmanager:") => Conditions::none(),
        (
            "AWS::Lambda::EventSourceMapping",
            "lambda:CreateEventSourceMapping" | "lambda:UpdateEventSourceMapping" | "lambda:DeleteEventSourceMapping",
        ) => via().and("ArnLike", "lambda:FunctionArn", "arn:aws:lambda:{region}:{account}:function:{stack}-*"),
        _ => via(),
    }
}

fn passed_to(kind: &str) -> &'static str {
    match kind {
        "AWS::Lambda::Function" => "lambda.amazonaws.com",
        "AWS::StepFunctions::StateMachine" => "states.amazonaws.com",
        "AWS::Scheduler::Schedule" => "scheduler.amazonaws.com",
        other => panic!("`{other}` is not known to take a role"),
    }
}

/// The names that stand in braces in an ARN: each with its values, of which there may be several or none.
#[derive(Clone)]
pub(super) struct Names(Vec<(&'static str, BTreeSet<String>)>);

impl Names {
    /// The names of a stack in an account.
    pub(super) fn new(stack: &Stack, account: &str) -> Self {
        let region = stack.region().as_str();
        let full_name = stack.full_stack_name();
        let artifacts = format!("arn:aws:s3:::tsugite-{account}-{region}-{}", stack.stage().name);
        let secrets = stack.secrets().iter().map(|secret| format!("{}-*", secret.logical_id));
        let defined = [
            ("{artifacts}", BTreeSet::from([artifacts])),
            ("{role}", roles(stack, &full_name)),
            ("{secret}", secrets.chain([format!("{full_name}-*")]).collect()),
            ("{topic}", topics(stack)),
        ];
        Self(defined.into_iter().chain(Self::without_definition(stack, account).0).collect())
    }

    /// The names of a stack in an account that do not depend on its definition.
    pub(super) fn without_definition(stack: &dyn KnownStack, account: &str) -> Self {
        let one = |value: &str| BTreeSet::from([value.to_owned()]);
        Self(vec![
            ("{region}", one(stack.region().as_str())),
            ("{account}", one(account)),
            ("{stack}", one(&stack.full_stack_name())),
        ])
    }

    /// With the names of one resource.
    pub(super) fn of_resource(&self, logical_id: &str, properties: &Json) -> Self {
        let one = |value: &str| BTreeSet::from([value.to_owned()]);
        let own = [("{logical}", one(logical_id)), ("{zone}", one(zone(properties)))];
        Self(self.0.iter().cloned().chain(own).collect())
    }

    /// The resources that an action on a resource of this type is needed on.
    pub(super) fn resources(&self, kind: &str, action: &str) -> Vec<String> {
        if needs_every_resource(action) {
            return vec!["*".into()];
        }
        let service = action.split(':').next().unwrap_or_default();
        let find = |kind: &str, what: &str| SCOPES.iter().find(|(of, name, _)| *of == kind && *name == what);
        let found = [(kind, action), ("", action), (kind, service), ("", service)];
        let Some((.., scopes)) = found.into_iter().find_map(|(kind, what)| find(kind, what)) else {
            panic!("`{kind}`: it is not known on what `{action}` is needed")
        };
        scopes.iter().flat_map(|scope| self.expand(scope)).collect()
    }

    /// An ARN with its names, once for each value that a name has.
    pub(super) fn expand(&self, scope: &str) -> Vec<String> {
        self.0.iter().fold(vec![scope.to_owned()], |texts, (name, values)| {
            let replaced = texts.into_iter().flat_map(|text| match text.contains(name) {
                true => values.iter().map(|value| text.replace(name, value)).collect(),
                false => vec![text],
            });
            replaced.collect()
        })
    }

    /// A text whose names have one value each.
    pub(super) fn one(&self, text: &str) -> String {
        self.expand(text).into_iter().next().unwrap_or_default()
    }
}

/// Names of the stack's roles: IAM takes so few characters that CloudFormation may shorten the stack's name.
fn roles(stack: &Stack, full_name: &str) -> BTreeSet<String> {
    let kept = stack.resources_of_type("AWS::IAM::Role").filter_map(|(logical_id, _)| {
        let rest = logical_id.len() + SUFFIX + 2;
        let is_too_long = full_name.len() + rest > ROLE_NAME_LIMIT;
        is_too_long.then(|| ROLE_NAME_LIMIT.saturating_sub(rest).max(STACK_NAME_KEPT).min(full_name.len()))
    });
    let name = match kept.min() {
        Some(kept) => format!("{}*", &full_name[..kept]),
        None => format!("{full_name}-*"),
    };
    BTreeSet::from([name])
}

/// Topics that the stack listens to and that are none of its own.
fn topics(stack: &Stack) -> BTreeSet<String> {
    let subscriptions = stack.resources_of_type("AWS::SNS::Subscription");
    subscriptions.filter_map(|(_, properties)| properties["TopicArn"].as_str().map(str::to_owned)).collect()
}

/// The hosted zone of a record, or of the records that prove a certificate.
fn zone(properties: &Json) -> &str {
    let of_record = &properties["HostedZoneId"];
    let of_proof = &properties["DomainValidationOptions"][0]["HostedZoneId"];
    [of_record, of_proof].into_iter().find_map(Json::as_str).unwrap_or("*")
}
