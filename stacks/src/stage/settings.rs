//! The values of a stage file, each refusing what it cannot be.

mod arn;
mod notice;
mod place;
mod senders;
mod system;
mod workflow;

pub use arn::{PolicyArn, TopicArn};
pub(crate) use notice::publishers;
pub use notice::{AlarmTopic, AlarmsTo, EmailAddress, Publisher};
pub use place::{AccountId, Region};
pub use senders::{SenderList, SenderRange, Senders};
pub(crate) use senders::{senders, senders_or};
pub use system::{Domain, FieldText, FieldValue, IssueSettings, NameOrId, RateRule};
pub use workflow::Schedule;

use contracts::backlog::{self, ProjectKey};
use contracts::{Origin, Saas};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;

/// Makes a type readable from a string by a function that says what is allowed.
macro_rules! read_by {
    ($name:ident, $parse:expr) => {
        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                $parse(text)
            }
        }
    };
}
use read_by;

/// The name of a stage: it becomes part of names in AWS.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StageName(String);

read_by!(StageName, |text: String| {
    let is_allowed = (1..=16).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && !text.ends_with('-')
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    if is_allowed {
        Ok(StageName(text))
    } else {
        Err(format!(
            "`{text}` is not a stage name; allowed are up to 16 lower-case letters, digits and `-`, beginning with a letter, such as `prod`"
        ))
    }
});

impl StageName {
    /// The name of the stage on this machine.
    pub const LOCAL: &'static str = "local";

    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the stage on this machine.
    pub fn is_local(&self) -> bool {
        self.0 == Self::LOCAL
    }
}

impl fmt::Display for StageName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A SaaS whose host the stage file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosted {
    /// The SaaS.
    pub saas: &'static Saas,
    /// Where it answers; none on the local stage, where its stand-in does.
    pub origin: Option<Origin>,
    /// Whose host it is, with an example: `your space, such as …`.
    pub whose: &'static str,
}

/// The processor that functions run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Architecture {
    /// Intel and AMD.
    #[default]
    #[serde(rename = "x86-64")]
    X86_64,
    /// Graviton.
    #[serde(rename = "arm64")]
    Arm64,
}

impl Architecture {
    /// The name that Lambda uses.
    pub fn lambda_name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Arm64 => "arm64",
        }
    }
}

/// Days for which logs are kept: one of the numbers that CloudWatch Logs takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u32")]
pub struct LogRetention(u32);

impl LogRetention {
    /// Source: CloudWatch Logs API reference, PutRetentionPolicy.
    const ALLOWED: [u32; 22] =
        [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

    /// The number of days.
    pub fn days(self) -> u32 {
        self.0
    }
}

impl Default for LogRetention {
    fn default() -> Self {
        Self(30)
    }
}

impl TryFrom<u32> for LogRetention {
    type Error = String;

    fn try_from(days: u32) -> Result<Self, String> {
        if Self::ALLOWED.contains(&days) {
            return Ok(Self(days));
        }
        let allowed = Self::ALLOWED.map(|days| days.to_string()).join(", ");
        Err(format!("{days} days is not a log retention; allowed are {allowed}"))
    }
}

/// Reads tags that CloudFormation takes.
///
/// Source: CloudFormation API reference, Tag: up to 50 in all, of which Tsugite sets two.
pub(crate) fn tags<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    let tags: Option<BTreeMap<String, String>> = Option::deserialize(from)?;
    let tags = tags.unwrap_or_default();
    let wrong = tags.iter().find_map(|(key, value)| {
        let reserved = ["aws:", "tsugite:"].into_iter().find(|prefix| key.to_lowercase().starts_with(prefix));
        match reserved {
            Some(prefix) => {
                Some(format!("`{key}` is not allowed as a tag: names that begin with `{prefix}` are reserved"))
            }
            None if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 => {
                Some(format!("`{key}` is not a tag; allowed are names of 1 to 128 characters with values of up to 256"))
            }
            None => None,
        }
    });
    match wrong {
        Some(wrong) => Err(serde::de::Error::custom(wrong)),
        None if tags.len() > 48 => Err(serde::de::Error::custom("allowed are up to 48 tags")),
        None => Ok(tags),
    }
}

/// Reads a key without a value as an empty section, which most settings refuse, and not as an absent one.
pub(crate) fn present<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(from).map(Some)
}

/// The Backlog space that handlers call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a section with its settings below it")]
pub struct BacklogSettings {
    /// Host of the space; none on the local stage.
    #[serde(default)]
    pub host: Option<Host>,
    /// Key of the project.
    pub project: ProjectKey,
}

impl BacklogSettings {
    pub(super) fn hosted(&self) -> Hosted {
        let origin = self.host.as_ref().map(Host::origin);
        Hosted { saas: &backlog::SAAS, origin, whose: "your space, such as `example.backlog.com`" }
    }
}

/// The host name of a SaaS.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Host(Origin);

read_by!(Host, |text: String| {
    let wrong = || {
        format!(
            "`{text}` is not a host; allowed is a bare name such as `example.backlog.com`, without `https://` and path"
        )
    };
    if !is_bare_host(&text) {
        return Err(wrong());
    }
    Origin::of_host(&text).map(Host).map_err(|_| wrong())
});

fn is_bare_host(text: &str) -> bool {
    text.contains('.') && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
}

impl Host {
    /// Where the service answers: always by HTTPS.
    pub fn origin(&self) -> Origin {
        self.0.clone()
    }
}

/// The host name of a SaaS that users host themselves, perhaps with a port.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct OwnHost(Origin);

read_by!(OwnHost, |text: String| {
    let wrong = || {
        format!(
            "`{text}` is not a host; allowed is a name such as `bytebase.example.com`, or with a port `bytebase.example.com:8443`, without `https://` and path"
        )
    };
    let (host, port) = text.split_once(':').unwrap_or((&text, "443"));
    let is_port = port.parse::<u16>().is_ok_and(|number| number > 0) && port.chars().all(|c| c.is_ascii_digit());
    if !is_bare_host(host) || !is_port {
        return Err(wrong());
    }
    Origin::of_host(&text).map(OwnHost).map_err(|_| wrong())
});

impl OwnHost {
    /// Where the service answers: always by HTTPS.
    pub fn origin(&self) -> Origin {
        self.0.clone()
    }
}
