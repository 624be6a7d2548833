//! Backlog as its webhooks and its API describe it.
//!
//! Source: developer.nulab.com, "Get Activity" for the types and their content.

mod custom_fields;
mod event;
mod folder;
mod formatting;
mod id;

pub use custom_fields::CustomFields;
pub use event::{BacklogEvent, SharedFile, Undescribed};
pub use folder::{Folder, KeyPrefix, UnusableName};
pub use formatting::TextFormatting;
pub use id::{IssueTypeId, MilestoneId, PriorityId, ProjectId, UserId};

use crate::secret::secret_value;
use crate::setting::setting_from_text;
use crate::{Saas, SettingValue};
use serde::{Deserialize, Serialize};

/// Backlog of Nulab.
pub const SAAS: Saas = Saas { name: "Backlog" };

secret_value! {
    /// A key of the Backlog API; it acts with the rights of the user who made it.
    BacklogApiKey = "BACKLOG_API_KEY", Key of SAAS,
    "your icon, Personal settings, API, Register"
}

/// The header in which the key travels, so that no URL holds it, which proxies, logs and errors show.
///
/// Source: developer.nulab.com, "Getting started": the header is the first way, a parameter of the query the second.
pub const API_KEY_HEADER: &str = "Backlog-API-Key";

/// The key of a project, such as `SUB`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProjectKey(String);

setting_from_text!(ProjectKey);

impl ProjectKey {
    /// The key as Backlog writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SettingValue for ProjectKey {
    fn render(&self) -> String {
        self.0.clone()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let first_is_letter = text.starts_with(|c: char| c.is_ascii_uppercase());
        let all_allowed = text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if first_is_letter && all_allowed {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!(
                "`{text}` is not a project key; allowed are capital letters, digits and `_`, beginning with a letter, such as `SUB`"
            ))
        }
    }
}
