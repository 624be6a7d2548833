//! The code of functions, set past CloudFormation.

use crate::account::Account;
use crate::artifact::artifact_bucket;
use crate::error::{Error, Outcome};
use aws_sdk_lambda::types::LastUpdateStatus;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::future::try_join_all;
use stacks::{ParameterSource, Stack};
use std::collections::BTreeMap;
use std::time::Duration;

/// A function, and the key of the archive that it is to have.
pub(crate) struct WantedCode<'a> {
    pub(crate) function: String,
    pub(crate) bucket: &'a str,
    pub(crate) key: &'a str,
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
        Some(WantedCode { function: name, bucket: &bucket, key: keys.get(function.package)? })
    });
    try_join_all(wanted.map(|wanted| set_code(account, wanted))).await.map(|_| ())
}

/// Gives a function its code, unless it has it; returns when it runs.
///
/// Source: Lambda API reference, UpdateFunctionCode, and developer guide, "Lambda function states": an update is over
/// when `LastUpdateStatus` is no longer `InProgress`, and none can begin before.
pub(crate) async fn set_code(account: &Account, wanted: WantedCode<'_>) -> Outcome<()> {
    let WantedCode { function, bucket, key } = wanted;
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
pub(crate) fn digest_in(key: &str) -> Option<String> {
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
}
