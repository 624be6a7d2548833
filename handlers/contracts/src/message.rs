//! What flows through queues.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Headers that came beside a message, by their names in lower case.
pub type Headers = BTreeMap<String, String>;

/// A message with a real example of itself.
pub trait Message: Sized {
    /// The bytes that the handler's test and `publish-test-event` both use.
    const TEST_EVENT: &'static str;

    /// Reads the body of a queue's message.
    fn from_body(body: &str) -> serde_json::Result<Self>;

    /// Reads a queue's message with the headers that came beside it; most messages have no use for them.
    fn from_parts(body: &str, headers: &Headers) -> serde_json::Result<Self> {
        let _ = headers;
        Self::from_body(body)
    }
}

/// Makes a type of one JSON document a message.
macro_rules! json_message {
    ($name:ty, $event:expr) => {
        impl $crate::Message for $name {
            const TEST_EVENT: &'static str = $event;

            fn from_body(body: &str) -> serde_json::Result<Self> {
                serde_json::from_str(body)
            }
        }
    };
}
pub(crate) use json_message;

/// Any JSON object: what a receiver passes on without knowing whose it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JsonObject(pub serde_json::Map<String, serde_json::Value>);

json_message!(JsonObject, "{}");
