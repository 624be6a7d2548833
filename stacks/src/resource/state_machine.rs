//! State machines of Step Functions.

use super::Resource;
use policies::CfnString;
use serde::Serialize;
use std::collections::BTreeMap;

/// A standard state machine whose data is encrypted with a key of its own.
///
/// It writes no log: the right to deliver one takes `Resource: "*"`. Its history lasts 90 days.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct StateMachine {
    pub(crate) definition_string: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) definition_substitutions: BTreeMap<String, CfnString>,
    pub(crate) encryption_configuration: Encryption,
    pub(crate) role_arn: CfnString,
    pub(crate) state_machine_name: CfnString,
    pub(crate) state_machine_type: &'static str,
}

impl Resource for StateMachine {
    const TYPE: &'static str = "AWS::StepFunctions::StateMachine";
}

/// With which key definition and history are encrypted.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Encryption {
    kms_data_key_reuse_period_seconds: u32,
    kms_key_id: CfnString,
    #[serde(rename = "Type")]
    kind: &'static str,
}

impl Encryption {
    /// With this key; what it makes is used for five minutes, so that KMS is not asked for every event.
    pub(crate) fn with_key(arn: CfnString) -> Self {
        Self { kms_data_key_reuse_period_seconds: 300, kms_key_id: arn, kind: "CUSTOMER_MANAGED_KMS_KEY" }
    }
}
