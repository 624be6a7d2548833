//! Where alarms go, and who reports what happens in the account.

use super::{TopicArn, read_by};
use serde::{Deserialize, Deserializer};

/// Where alarms go.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum AlarmTopic {
    /// The topic of the stack with this name.
    Stack(String),
    /// Another topic.
    Arn(TopicArn),
}

read_by!(AlarmTopic, |text: String| {
    let is_name = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
    match is_name {
        true => Ok(AlarmTopic::Stack(text)),
        false => {
            TopicArn::try_from(text).map(AlarmTopic::Arn).map_err(|error| format!("{error}, or the name of a stack"))
        }
    }
});

/// Where the alarms of a stack go that takes the alarms of others: it cannot announce its own failure.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum AlarmsTo {
    /// A mailbox.
    Email(EmailAddress),
    /// An existing topic.
    Topic(TopicArn),
}

read_by!(AlarmsTo, |text: String| {
    match text.starts_with("arn:") {
        true => TopicArn::try_from(text).map(AlarmsTo::Topic),
        false => EmailAddress::try_from(text).map(AlarmsTo::Email),
    }
});

/// The address of a mail box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailAddress(String);

read_by!(EmailAddress, |text: String| {
    let is_host = |host: &str| {
        host.contains('.')
            && host.split('.').all(|label| !label.is_empty())
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
    };
    // RFC 5321 allows 254 characters, and more signs before the `@` than anybody uses.
    let is_address = text.len() <= 254
        && text.rsplit_once('@').is_some_and(|(name, host)| {
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~.-".contains(&byte))
                && is_host(host)
        });
    match is_address {
        true => Ok(EmailAddress(text)),
        false => Err(format!("`{text}` is neither an email address such as `ops@example.com` nor the ARN of a topic")),
    }
});

impl EmailAddress {
    /// The address as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A service that publishes to a topic only if the topic's policy lets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Publisher {
    /// AWS Backup.
    Backup,
    /// Notification rules of CodePipeline, CodeBuild, CodeCommit and CodeDeploy.
    CodestarNotifications,
    /// AWS Config.
    Config,
    /// Cost Anomaly Detection.
    CostAlerts,
    /// Event subscriptions of RDS.
    Rds,
    /// Event notifications of buckets.
    S3,
    /// Bounces, complaints and deliveries of SES.
    Ses,
}

impl Publisher {
    const ALL: [Self; 7] =
        [Self::Backup, Self::CodestarNotifications, Self::Config, Self::CostAlerts, Self::Rds, Self::S3, Self::Ses];

    /// The name in a stage file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::CodestarNotifications => "codestar-notifications",
            Self::Config => "config",
            Self::CostAlerts => "costalerts",
            Self::Rds => "rds",
            Self::S3 => "s3",
            Self::Ses => "ses",
        }
    }

    /// The service principal.
    ///
    /// Sources: AWS Backup guide, "Notification options"; Developer Tools console guide, "Configure Amazon SNS
    /// topics for notifications"; AWS Config guide, "Permissions for the Amazon SNS Topic"; Cost Management
    /// guide, "Creating an Amazon SNS topic for anomaly notifications"; RDS guide, "Granting permissions to
    /// publish notifications"; SNS guide, "Example cases for Amazon SNS access control" (S3, SES).
    pub fn principal(self) -> &'static str {
        match self {
            Self::Backup => "backup.amazonaws.com",
            Self::CodestarNotifications => "codestar-notifications.amazonaws.com",
            Self::Config => "config.amazonaws.com",
            Self::CostAlerts => "costalerts.amazonaws.com",
            Self::Rds => "events.rds.amazonaws.com",
            Self::S3 => "s3.amazonaws.com",
            Self::Ses => "ses.amazonaws.com",
        }
    }

    fn from_name(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|publisher| publisher.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(|publisher| format!("`{}`", publisher.name())).join(", ");
            format!(
                "`{text}` is not a publisher to add; allowed are {names}. CloudWatch, Budgets and EventBridge may publish \
                 already, and other services, such as GuardDuty and Health, come by a rule of EventBridge"
            )
        })
    }
}

/// Reads a list of publishers, each named once.
pub(crate) fn publishers<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Publisher>, D::Error> {
    let names: Vec<String> = Vec::deserialize(from)?;
    let publishers: Result<Vec<Publisher>, String> = names.iter().map(|name| Publisher::from_name(name)).collect();
    let mut publishers = publishers.map_err(serde::de::Error::custom)?;
    publishers.sort();
    publishers.dedup();
    Ok(publishers)
}
