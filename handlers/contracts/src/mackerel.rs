//! Mackerel as its webhooks describe it.
//!
//! Source: Mackerel help, "Send alert notifications to a webhook", and captured deliveries.

use crate::SettingValue;
use crate::message::json_message;
use crate::setting::setting_from_text;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A webhook event: whatever object it is, for Mackerel adds events and fields at any time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MackerelEvent(pub Map<String, Value>);

json_message!(MackerelEvent, include_str!("../events/mackerel-alert.json"));

/// What becomes of an issue when its alert recovers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum OnRecovery {
    /// A comment says so.
    #[default]
    Comment,
    /// A comment says so and the issue is closed.
    Close,
    /// Nothing.
    Ignore,
}

setting_from_text!(OnRecovery);

impl SettingValue for OnRecovery {
    fn render(&self) -> String {
        match self {
            Self::Comment => "comment",
            Self::Close => "close",
            Self::Ignore => "ignore",
        }
        .to_owned()
    }

    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "comment" => Ok(Self::Comment),
            "close" => Ok(Self::Close),
            "ignore" => Ok(Self::Ignore),
            _ => Err(format!("`{text}` is nothing to do on recovery; allowed are `comment`, `close` and `ignore`")),
        }
    }
}
