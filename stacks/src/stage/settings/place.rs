//! Where a stage goes: its region and its account, both of the partition `aws`.

use super::read_by;
use serde::Deserialize;
use std::fmt;

/// What the regions of other partitions begin with, and the partition; nothing here was tried there.
///
/// Source: botocore, `partitions.json`.
const OTHER_PARTITIONS: [(&str, &str); 7] = [
    ("cn-", "aws-cn"),
    ("us-gov-", "aws-us-gov"),
    ("eusc-", "aws-eusc"),
    ("us-iso-", "aws-iso"),
    ("us-isob-", "aws-iso-b"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-isof-", "aws-iso-f"),
];

/// The regions that every account has from its beginning; all others of the partition are opt-in regions.
///
/// Source: AWS Account Management guide, "Enable or disable AWS Regions in your account".
const DEFAULT_REGIONS: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

/// An AWS region such as `ap-northeast-1`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Region(String);

read_by!(Region, |text: String| {
    if let Some((_, partition)) = OTHER_PARTITIONS.iter().find(|(prefix, _)| text.starts_with(prefix)) {
        return Err(format!(
            "`{text}` is a region of the partition `{partition}`; allowed is one of the partition `aws`, such as `ap-northeast-1`"
        ));
    }
    let parts: Vec<&str> = text.split('-').collect();
    let is_region = matches!(parts.as_slice(), [area, .., number]
        if (3..=4).contains(&parts.len())
            && area.len() == 2
            && number.len() == 1
            && number.chars().all(|c| c.is_ascii_digit()))
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && parts.iter().all(|part| !part.is_empty());
    if is_region {
        Ok(Region(text))
    } else {
        Err(format!("`{text}` is not an AWS region; allowed is a name such as `ap-northeast-1`"))
    }
});

impl Region {
    /// The only region whose certificates CloudFront takes.
    pub const OF_CERTIFICATES: &'static str = "us-east-1";

    /// A region that AWS prescribes.
    pub(crate) fn prescribed(name: &'static str) -> Self {
        Self(name.to_owned())
    }

    /// Whether an account has the region only after a person enabled it there.
    pub fn is_opt_in(&self) -> bool {
        !DEFAULT_REGIONS.contains(&self.as_str())
    }

    /// The name as AWS writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The number of an AWS account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct AccountId(String);

read_by!(AccountId, |text: String| {
    match text.len() == 12 && text.chars().all(|c| c.is_ascii_digit()) {
        true => Ok(AccountId(text)),
        false => Err(format!("`{text}` is not an account; allowed are its twelve digits, such as 111122223333")),
    }
});

impl AccountId {
    /// The twelve digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}
