//! What flows through queues.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A message with a real example of itself.
pub trait Message: DeserializeOwned {
    /// The bytes that the handler's test and `publish-test-event` both use.
    const TEST_EVENT: &'static str;
}

/// Any JSON object: what a receiver passes on without knowing whose it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JsonObject(pub serde_json::Map<String, serde_json::Value>);

impl Message for JsonObject {
    const TEST_EVENT: &'static str = "{}";
}
