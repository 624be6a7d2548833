//! Policy documents as IAM reads them.

use crate::{Action, CfnString};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A policy document of language version 2012-10-17.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyDocument {
    version: &'static str,
    /// The statements, in order.
    pub statement: Vec<Statement>,
}

impl PolicyDocument {
    /// A document of these statements.
    pub fn new(statement: Vec<Statement>) -> Self {
        Self { version: "2012-10-17", statement }
    }

    /// The trust policy that lets one AWS service, such as `lambda.amazonaws.com`, take on a role.
    pub fn trusting(service: &'static str) -> Self {
        Self::new(vec![Statement {
            principal: Some(Principal::Service(service.into())),
            ..Statement::allow([Action::ASSUME_ROLE], vec![])
        }])
    }

    /// The same, but only where the service acts for the stack's own account.
    pub fn trusting_for_this_account(service: &'static str) -> Self {
        Self::new(
            Self::trusting(service).statement.into_iter().map(|s| s.under(Condition::for_this_account())).collect(),
        )
    }
}

/// One statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// Whether it allows or denies.
    pub effect: Effect,
    /// Who is meant. Default: the principal that the policy is attached to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<Principal>,
    /// What may be done.
    pub action: Vec<ActionPattern>,
    /// To what. Left out where it is empty, as in a trust policy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resource: Vec<CfnString>,
    /// When. Default: always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Condition>,
}

impl Statement {
    /// Allows these actions on these resources.
    pub fn allow(actions: impl IntoIterator<Item = Action>, resource: Vec<CfnString>) -> Self {
        Self {
            effect: Effect::Allow,
            principal: None,
            action: actions.into_iter().map(ActionPattern::One).collect(),
            resource,
            condition: None,
        }
    }

    /// Allows one action to an AWS service, by its host name, under a condition.
    pub fn allow_service(
        service: impl Into<Cow<'static, str>>,
        action: Action,
        resource: CfnString,
        condition: Condition,
    ) -> Self {
        Self {
            principal: Some(Principal::Service(service.into())),
            condition: Some(condition),
            ..Self::allow([action], vec![resource])
        }
    }

    /// Allows, in the policy of a key, what the account's own policies allow; `*` means this key there.
    pub fn allow_account_on_key(actions: impl IntoIterator<Item = Action>) -> Self {
        Self { principal: Some(Principal::ThisAccount), ..Self::allow(actions, vec![CfnString::text("*")]) }
    }

    /// The same under a condition.
    pub fn under(self, condition: Condition) -> Self {
        Self { condition: Some(condition), ..self }
    }

    /// Denies one action to everyone under a condition.
    pub fn deny_everyone(action: Action, resource: Vec<CfnString>, condition: Condition) -> Self {
        Self {
            effect: Effect::Deny,
            principal: Some(Principal::Everyone),
            action: vec![ActionPattern::One(action)],
            resource,
            condition: Some(condition),
        }
    }

    /// Denies every action of a service to everyone under a condition: the one place for `service:*`,
    /// because a denial is the safer the wider it is.
    pub fn deny_everyone_all_of(service: &'static str, resource: Vec<CfnString>, condition: Condition) -> Self {
        Self {
            effect: Effect::Deny,
            principal: Some(Principal::Everyone),
            action: vec![ActionPattern::AllOf(service)],
            resource,
            condition: Some(condition),
        }
    }
}

/// An action, or in a denial all actions of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionPattern {
    /// One action.
    One(Action),
    /// `service:*`; only the constructor of denials makes it.
    AllOf(&'static str),
}

impl Serialize for ActionPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(action) => action.serialize(serializer),
            Self::AllOf(service) => serializer.serialize_str(&format!("{service}:*")),
        }
    }
}

/// Whether a statement allows or denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Effect {
    /// The actions are allowed.
    Allow,
    /// The actions are denied, whatever else allows them.
    Deny,
}

/// Who a statement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// An AWS service by its host name.
    Service(Cow<'static, str>),
    /// Everyone whom the policies of the stack's own account allow it.
    ThisAccount,
    /// Anyone, signed in or not.
    Everyone,
}

impl Serialize for Principal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Everyone => serializer.serialize_str("*"),
            Self::ThisAccount => {
                let root = CfnString::arn_in("iam", "", CfnString::reference("AWS::AccountId"), "root");
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("AWS", &root)?;
                map.end()
            }
            Self::Service(service) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("Service", service)?;
                map.end()
            }
        }
    }
}

/// A condition: operator, then key, then values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Condition(BTreeMap<&'static str, BTreeMap<&'static str, Vec<CfnString>>>);

impl Condition {
    /// The request did not come over TLS.
    pub fn not_over_tls() -> Self {
        Self::one("Bool", "aws:SecureTransport", vec!["false".into()])
    }

    /// The sender's address is in none of these ranges (CIDR notation).
    pub fn not_from(ranges: impl IntoIterator<Item = String>) -> Self {
        Self::one("NotIpAddress", "aws:SourceIp", ranges.into_iter().map(CfnString::from).collect())
    }

    /// The service acts for the account that the stack is in.
    pub fn for_this_account() -> Self {
        Self::one("StringEquals", "aws:SourceAccount", vec![CfnString::reference("AWS::AccountId")])
    }

    /// The service does not act for another account, as far as it tells for which it acts.
    ///
    /// For services that tell nothing in some calls: there, a plain comparison would refuse all of them.
    pub fn for_no_other_account() -> Self {
        Self::one("StringEqualsIfExists", "aws:SourceAccount", vec![CfnString::reference("AWS::AccountId")])
    }

    /// The service acts for one resource, by its ARN.
    pub fn for_source(arn: CfnString) -> Self {
        Self::one("ArnEquals", "aws:SourceArn", vec![arn])
    }

    /// The service acts for one resource, by its ARN; CloudFront's guide compares it as a string.
    pub fn for_source_string(arn: CfnString) -> Self {
        Self::one("StringEquals", "AWS:SourceArn", vec![arn])
    }

    /// A state machine calls one endpoint with one method.
    pub fn http_call(endpoint: CfnString, method: &'static str) -> Self {
        let equals = BTreeMap::from([
            ("states:HTTPEndpoint", vec![endpoint]),
            ("states:HTTPMethod", vec![CfnString::text(method)]),
        ]);
        Self(BTreeMap::from([("StringEquals", equals)]))
    }

    /// A key is used for the data of one state machine, by its ARN.
    pub fn for_data_of_machine(arn: CfnString) -> Self {
        Self::one("StringEquals", "kms:EncryptionContext:aws:states:stateMachineArn", vec![arn])
    }

    fn one(operator: &'static str, key: &'static str, values: Vec<CfnString>) -> Self {
        Self(BTreeMap::from([(operator, BTreeMap::from([(key, values)]))]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_document_reads_as_iam_wants_it() {
        let document = PolicyDocument::new(vec![Statement::allow(
            [Action::SEND_MESSAGE],
            vec![CfnString::attribute("Queue", "Arn")],
        )]);
        assert_eq!(
            serde_json::to_value(document).unwrap(),
            json!({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow",
                "Action": ["sqs:SendMessage"],
                "Resource": [{"Fn::GetAtt": ["Queue", "Arn"]}],
            }]})
        );
    }

    #[test]
    fn a_trust_policy_names_one_service_and_no_resource() {
        assert_eq!(
            serde_json::to_value(PolicyDocument::trusting("lambda.amazonaws.com")).unwrap(),
            json!({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": ["sts:AssumeRole"],
            }]})
        );
    }

    #[test]
    fn a_call_is_bound_to_its_endpoint_and_its_method_together() {
        let condition = Condition::http_call(CfnString::reference("Url").then("/v1/projects"), "GET");
        assert_eq!(
            serde_json::to_value(condition).unwrap(),
            json!({"StringEquals": {
                "states:HTTPEndpoint": [{"Fn::Sub": "${Url}/v1/projects"}],
                "states:HTTPMethod": ["GET"],
            }})
        );
    }

    #[test]
    fn a_key_leaves_it_to_the_policies_of_its_account() {
        assert_eq!(
            serde_json::to_value(Statement::allow_account_on_key([Action::DECRYPT])).unwrap(),
            json!({
                "Effect": "Allow", "Action": ["kms:Decrypt"], "Resource": ["*"],
                "Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}},
            })
        );
    }

    #[test]
    fn a_denial_of_plain_text_traffic_covers_the_whole_service() {
        let statement = Statement::deny_everyone_all_of("s3", vec![CfnString::text("x")], Condition::not_over_tls());
        assert_eq!(
            serde_json::to_value(statement).unwrap(),
            json!({
                "Effect": "Deny", "Principal": "*", "Action": ["s3:*"], "Resource": ["x"],
                "Condition": {"Bool": {"aws:SecureTransport": ["false"]}},
            })
        );
    }
}
