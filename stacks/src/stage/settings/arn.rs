//! ARNs that a stage file names, all of the partition `aws`.

use super::{AccountId, Region, read_by};
use serde::Deserialize;

/// The parts of an ARN of one service; the error says that it is of another partition.
///
/// `None` if it is no ARN of that service.
fn parts_of<'a>(text: &'a str, service: &str) -> Result<Option<[&'a str; 3]>, String> {
    match text.splitn(6, ':').collect::<Vec<_>>().as_slice() {
        ["arn", "aws", found, region, account, resource] if *found == service => {
            Ok(Some([*region, *account, *resource]))
        }
        ["arn", partition, ..] if partition.starts_with("aws-") => {
            Err(format!("`{text}` is of the partition `{partition}`; allowed is an ARN of the partition `aws`"))
        }
        _ => Ok(None),
    }
}

/// ARN of a standard topic.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct TopicArn {
    text: String,
    region: Region,
    account: AccountId,
}

read_by!(TopicArn, |text: String| {
    let wrong = || {
        format!(
            "`{text}` is not a standard topic; allowed is an ARN such as `arn:aws:sns:ap-northeast-1:111122223333:alarms`"
        )
    };
    let [region, account, name] = parts_of(&text, "sns")?.ok_or_else(wrong)?;
    let is_name =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let account = AccountId::try_from(account.to_owned()).map_err(|_| wrong())?;
    if !is_name {
        return Err(wrong());
    }
    let region = Region::try_from(region.to_owned())?;
    Ok(TopicArn { text, region, account })
});

impl TopicArn {
    /// The ARN as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The region that it names.
    pub fn region(&self) -> &Region {
        &self.region
    }

    /// The account that it names.
    pub fn account(&self) -> &AccountId {
        &self.account
    }
}

/// ARN of a managed policy of IAM: one of an account, or one that AWS keeps for everyone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PolicyArn {
    text: String,
    account: Option<AccountId>,
}

read_by!(PolicyArn, |text: String| {
    let wrong = || {
        format!(
            "`{text}` is not a managed policy; allowed is an ARN such as `arn:aws:iam::111122223333:policy/boundary`"
        )
    };
    let ["", account, resource] = parts_of(&text, "iam")?.ok_or_else(wrong)? else { return Err(wrong()) };
    let account = match account {
        "aws" => None,
        account => Some(AccountId::try_from(account.to_owned()).map_err(|_| wrong())?),
    };
    // Source: IAM API reference, CreatePolicy: a path of printable characters, and a name of up to 128.
    let (path, name) =
        resource.strip_prefix("policy/").map(|rest| rest.rsplit_once('/').unwrap_or(("", rest))).ok_or_else(wrong)?;
    let is_name = (1..=128).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte));
    if !is_name || !path.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(wrong());
    }
    Ok(PolicyArn { text, account })
});

impl PolicyArn {
    /// The ARN as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The account that it names; `None` for a policy that AWS keeps.
    pub fn account(&self) -> Option<&AccountId> {
        self.account.as_ref()
    }
}
