//! Mackerel as its webhooks describe it.
//!
//! Source: Mackerel help, "Webhook notifications", and captured deliveries.

mod alert;
mod event;
mod test_alert;

pub use alert::{AlertNotification, Host, MARKER_LABEL, Metric, NotAnAlert};
pub use event::MackerelEvent;
pub use test_alert::{HEADLINE_CHARS, TestAlert, test_alert};

use crate::setting::setting_from_text;
use crate::{Saas, SettingValue};
use serde::{Deserialize, Serialize};

/// Mackerel of Hatena.
pub const SAAS: Saas = Saas { name: "Mackerel" };

/// What to do with an issue when its alert recovers.
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
