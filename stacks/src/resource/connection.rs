//! Connections of EventBridge: what a state machine authenticates its requests with.

use super::Resource;
use policies::CfnString;
use serde::Serialize;
use serde_json::{Value as Json, json};

/// A connection that adds one header to each request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Connection {
    auth_parameters: Json,
    authorization_type: &'static str,
    description: String,
    name: CfnString,
}

impl Resource for Connection {
    const TYPE: &'static str = "AWS::Events::Connection";
}

impl Connection {
    /// Its header is in the template, hence no secret; what is one is put in later.
    pub(crate) fn with_header(
        name: &'static str,
        value: &'static str,
        connection: CfnString,
        description: String,
    ) -> Self {
        Self {
            auth_parameters: json!({"ApiKeyAuthParameters": {"ApiKeyName": name, "ApiKeyValue": value}}),
            authorization_type: "API_KEY",
            description,
            name: connection,
        }
    }
}

/// A connection in a stack.
pub struct ConnectionRef {
    logical_id: String,
}

impl ConnectionRef {
    pub(crate) fn new(logical_id: &str) -> Self {
        Self { logical_id: logical_id.to_owned() }
    }

    pub(crate) fn name(&self) -> CfnString {
        CfnString::reference(&self.logical_id)
    }

    pub(crate) fn arn(&self) -> CfnString {
        CfnString::attribute(&self.logical_id, "Arn")
    }
}
