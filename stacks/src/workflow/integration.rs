//! What a task can call; each integration brings its arguments and its permissions along.

use super::{Expression, Text, Variable};
use crate::resource::{ConnectionRef, SecretRef};
use contracts::SecretValue;
use policies::{CfnString, Grant};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// Something that a task calls: its arguments and its permissions come from the same fields.
///
/// The role of a machine is derived from the permissions of its tasks and has no other source.
pub trait Integration<L> {
    /// The resource of Step Functions, such as `arn:aws:states:::http:invoke`.
    fn resource(&self) -> &'static str;

    /// What is passed.
    fn arguments(&self, links: &L, substitutions: &mut Substitutions) -> Json;

    /// What the role must be allowed, for the machine with this ARN.
    fn permissions(&self, links: &L, machine: &CfnString) -> Permissions;
}

/// One or more grants: nothing can be called without any.
pub struct Permissions {
    first: Grant,
    more: Vec<Grant>,
}

impl Permissions {
    /// This grant.
    pub fn of(first: Grant) -> Self {
        Self { first, more: vec![] }
    }

    /// This grant too.
    pub fn and(mut self, grant: Grant) -> Self {
        self.more.push(grant);
        self
    }

    pub(crate) fn into_grants(self) -> impl Iterator<Item = Grant> {
        std::iter::once(self.first).chain(self.more)
    }
}

/// Values that only CloudFormation knows, by the names that stand for them in a definition.
///
/// The definition itself stays text: CloudFormation would turn the numbers of an object into strings.
#[derive(Debug, Default)]
pub struct Substitutions(pub(crate) BTreeMap<String, CfnString>);

impl Substitutions {
    /// The value as text, with a placeholder for each reference.
    pub fn text(&mut self, value: &CfnString) -> String {
        value.write_with(|name, reference| {
            let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
            let text = format!("${{{name}}}");
            let previous = self.0.insert(name.clone(), reference.clone());
            assert!(previous.is_none_or(|previous| previous == reference), "`{name}` stands for two values");
            text
        })
    }
}

/// Reads a secret.
pub struct GetSecretValue<L, T> {
    /// The secret.
    pub secret: fn(&L) -> &SecretRef<T>,
}

impl<L, T: SecretValue> Integration<L> for GetSecretValue<L, T> {
    fn resource(&self) -> &'static str {
        "arn:aws:states:::aws-sdk:secretsmanager:getSecretValue"
    }

    fn arguments(&self, links: &L, substitutions: &mut Substitutions) -> Json {
        json!({"SecretId": substitutions.text(&(self.secret)(links).arn())})
    }

    fn permissions(&self, links: &L, _machine: &CfnString) -> Permissions {
        Permissions::of(Grant::ReadSecret { secret: (self.secret)(links).arn() })
    }
}

/// Asks in which state a connection is; the answer holds no secret.
pub struct DescribeConnection<L> {
    /// The connection.
    pub connection: fn(&L) -> &ConnectionRef,
}

impl<L> Integration<L> for DescribeConnection<L> {
    fn resource(&self) -> &'static str {
        "arn:aws:states:::aws-sdk:eventbridge:describeConnection"
    }

    fn arguments(&self, links: &L, substitutions: &mut Substitutions) -> Json {
        json!({"Name": substitutions.text(&(self.connection)(links).name())})
    }

    fn permissions(&self, links: &L, _machine: &CfnString) -> Permissions {
        Permissions::of(Grant::DescribeConnection { connection: (self.connection)(links).name() })
    }
}

/// Replaces the header by which a connection authenticates.
pub struct SetApiKey<L> {
    /// The connection.
    pub connection: fn(&L) -> &ConnectionRef,
    /// Name of the header.
    pub header: &'static str,
    /// Its value, of at most 512 characters.
    pub value: Text,
}

impl<L> Integration<L> for SetApiKey<L> {
    fn resource(&self) -> &'static str {
        "arn:aws:states:::aws-sdk:eventbridge:updateConnection"
    }

    fn arguments(&self, links: &L, substitutions: &mut Substitutions) -> Json {
        json!({
            "Name": substitutions.text(&(self.connection)(links).name()),
            "AuthorizationType": "API_KEY",
            "AuthParameters": {"ApiKeyAuthParameters": {
                "ApiKeyName": self.header,
                "ApiKeyValue": self.value.render(),
            }},
        })
    }

    fn permissions(&self, links: &L, _machine: &CfnString) -> Permissions {
        let connection = (self.connection)(links).name();
        Permissions::of(Grant::UpdateConnection { connection: connection.clone() })
            .and(Grant::KeepConnectionSecret { connection })
    }
}

/// Calls a web service, authenticated by a connection.
pub struct HttpInvoke<L: 'static> {
    /// How the call is authenticated.
    pub connection: fn(&L) -> &ConnectionRef,
    /// Where the service answers.
    pub origin: fn(&L) -> &CfnString,
    /// The path, beginning with `/`; the permission is for it alone.
    pub path: &'static str,
    /// The method, for which alone the permission is.
    pub method: HttpMethod,
    /// Computes an object of query parameters.
    pub query: Option<Expression>,
    /// Members of the JSON body; no body if there are none.
    pub body: &'static [(&'static str, Argument<L>)],
}

/// A method of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpMethod {
    /// `GET`.
    Get,
    /// `POST`.
    Post,
}

/// A member of a body.
pub enum Argument<L> {
    /// The value of a variable.
    Variable(Variable),
    /// Text that the stage decides.
    Setting(fn(&L) -> String),
    /// True or false.
    Flag(bool),
}

impl HttpMethod {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

impl<L> HttpInvoke<L> {
    fn endpoint(&self, links: &L) -> CfnString {
        (self.origin)(links).clone().then(self.path)
    }
}

impl<L> Integration<L> for HttpInvoke<L> {
    fn resource(&self) -> &'static str {
        "arn:aws:states:::http:invoke"
    }

    fn arguments(&self, links: &L, substitutions: &mut Substitutions) -> Json {
        let mut arguments = json!({
            "ApiEndpoint": substitutions.text(&self.endpoint(links)),
            "Method": self.method.name(),
            "InvocationConfig": {"ConnectionArn": substitutions.text(&(self.connection)(links).arn())},
        });
        if let Some(query) = self.query {
            arguments["QueryParameters"] = query.render().into();
        }
        if !self.body.is_empty() {
            let member = |argument: &Argument<L>| match argument {
                Argument::Variable(variable) => format!("{{% ${} %}}", variable.name()).into(),
                Argument::Setting(setting) => setting(links).into(),
                Argument::Flag(flag) => (*flag).into(),
            };
            let body: Map<String, Json> =
                self.body.iter().map(|(name, argument)| ((*name).to_owned(), member(argument))).collect();
            arguments["RequestBody"] = body.into();
        }
        arguments
    }

    fn permissions(&self, links: &L, machine: &CfnString) -> Permissions {
        let connection = (self.connection)(links).name();
        Permissions::of(Grant::CallEndpoint {
            machine: machine.clone(),
            endpoint: self.endpoint(links),
            method: self.method.name(),
        })
        .and(Grant::UseConnection { connection: connection.clone() })
        .and(Grant::ReadConnectionSecret { connection })
    }
}
