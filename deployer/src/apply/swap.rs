//! The short way for new code: a function gets it at once, and the change set that follows records it.
//!
//! CloudFormation needs most of a minute for what Lambda does in two seconds. Template and functions agree when the
//! command ends: if the change set fails, the functions get back the code that the stack has. Should the command be
//! killed in between, its change set is left, by which the next command sees that it has to look.

use crate::account::Account;
use crate::artifact::artifact_bucket;
use crate::change::{Change, ChangeKind};
use crate::error::{Error, Outcome};
use crate::propose::Plan;
use aws_sdk_lambda::types::LastUpdateStatus;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::future::try_join_all;
use stacks::{ParameterSource, Stack};
use std::collections::BTreeMap;
use std::time::Duration;

/// A function, and the key of the archive that it is to have.
struct Wanted<'a> {
    function: String,
    bucket: &'a str,
    key: &'a str,
}

/// Whether a proposal changes the code of functions and nothing else.
pub(super) fn is_only_code(changes: &[Change]) -> bool {
    let is_code = |change: &Change| {
        change.kind == ChangeKind::Changed
            && change.resource_type == "AWS::Lambda::Function"
            && change.properties == ["Code"]
    };
    !changes.is_empty() && changes.iter().all(is_code)
}

/// Gives the functions their new code; returns when it runs.
pub(super) async fn swap(account: &Account, plan: &Plan<'_>, changes: &[Change]) -> Outcome<()> {
    let bucket = artifact_bucket(account, plan.stack.stage());
    let key_of = |function: &str| plan.code_keys.get(package_of(plan.stack, function)?);
    let wanted = changes.iter().filter_map(|change| {
        let function = format!("{}-{}", plan.stack.full_stack_name(), change.logical_id);
        Some(Wanted { function, bucket: &bucket, key: key_of(&change.logical_id)? })
    });
    try_join_all(wanted.map(|wanted| set_code(account, wanted))).await.map(|_| ())
}

/// Gives the functions of a deployed stack the code that its parameters name, where they have another one.
pub(crate) async fn put_back(account: &Account, stack: &Stack) -> Outcome<()> {
    let Some(there) = account.find_settled(&stack.full_stack_name()).await? else { return Ok(()) };
    let bucket = artifact_bucket(account, stack.stage());
    let keys: BTreeMap<&str, &String> = stack
        .parameters()
        .iter()
        .filter_map(|(name, source)| match source {
            ParameterSource::CodeKey(package) => Some((*package, there.parameters.get(name)?)),
            _ => None,
        })
        .collect();
    let wanted = stack.functions().iter().filter_map(|function| {
        let name = format!("{}-{}", stack.full_stack_name(), function.logical_id);
        Some(Wanted { function: name, bucket: &bucket, key: keys.get(function.package)? })
    });
    try_join_all(wanted.map(|wanted| set_code(account, wanted))).await.map(|_| ())
}

fn package_of<'a>(stack: &'a Stack, logical_id: &str) -> Option<&'a str> {
    stack.functions().iter().find(|function| function.logical_id == logical_id).map(|function| function.package)
}

/// Source: Lambda API reference, UpdateFunctionCode, and developer guide, "Lambda function states": an update is over
/// when `LastUpdateStatus` is no longer `InProgress`, and none can begin before.
async fn set_code(account: &Account, wanted: Wanted<'_>) -> Outcome<()> {
    let Wanted { function, bucket, key } = wanted;
    let read = async || {
        let call = account.lambda.get_function_configuration().function_name(&function).send();
        call.await.map_err(Error::aws("lambda:GetFunctionConfiguration"))
    };
    if read().await?.code_sha256() == digest_in(key).as_deref() {
        return Ok(());
    }
    account.mark_changed();
    let update = async |elapsed: Duration| {
        let call = account.lambda.update_function_code().function_name(&function).s3_bucket(bucket).s3_key(key).send();
        match call.await.map_err(Error::aws("lambda:UpdateFunctionCode")) {
            Err(error) if error.code() == Some("ResourceConflictException") && elapsed < account.pace.busy => Ok(None),
            answer => answer.map(|_| Some(())),
        }
    };
    account.pace.until(update).await?;
    let is_over = async |elapsed: Duration| {
        let now = account.retry_transient(&read).await?;
        match now.last_update_status() {
            Some(LastUpdateStatus::InProgress) if elapsed < account.pace.busy => Ok(None),
            None | Some(LastUpdateStatus::Successful) => Ok(Some(())),
            status => Err(Error::Aws {
                operation: "lambda:UpdateFunctionCode",
                code: status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
                message: now.last_update_status_reason().unwrap_or("no reason given").to_owned(),
            }),
        }
    };
    account.pace.until(is_over).await
}

/// The digest of an archive, from its key, as Lambda writes it.
pub(super) fn digest_in(key: &str) -> Option<String> {
    let digest = key.rsplit('/').next()?.strip_suffix(".zip")?;
    Some(BASE64_STANDARD.encode(hex::decode(digest).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_of_a_key_is_as_lambda_writes_it() {
        assert_eq!(digest_in("one/00ff10.zip").as_deref(), Some("AP8Q"));
        assert_eq!(digest_in("one/code.zip"), None);
    }

    #[test]
    fn only_code_is_nothing_but_code() {
        let change = |kind, resource_type: &str, properties: &[&str]| Change {
            kind,
            logical_id: "F".into(),
            resource_type: resource_type.into(),
            properties: properties.iter().map(|name| (*name).to_owned()).collect(),
            fate: None,
        };
        const FUNCTION: &str = "AWS::Lambda::Function";
        let code = || change(ChangeKind::Changed, FUNCTION, &["Code"]);
        assert!(is_only_code(&[code(), code()]));
        for other in [
            change(ChangeKind::Changed, FUNCTION, &["Code", "Role"]),
            change(ChangeKind::Changed, "AWS::SQS::Queue", &["Code"]),
            change(ChangeKind::Replaced, FUNCTION, &["Code"]),
            change(ChangeKind::Added, FUNCTION, &[]),
        ] {
            assert!(!is_only_code(&[code(), other]));
        }
        assert!(!is_only_code(&[]));
    }
}
