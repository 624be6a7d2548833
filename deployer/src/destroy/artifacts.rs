//! The artifact bucket, which is deleted with the last stack of a stage.

use super::bucket::{all_objects, delete_objects, remove};
use super::guard::{Guard, stack_of};
use crate::account::Account;
use crate::artifact::artifact_bucket;
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use stacks::Stage;

/// How many objects one call deletes at most.
///
/// Source: Amazon S3 API reference, DeleteObjects.
const MOST_AT_ONCE: usize = 1000;

/// Deletes the artifact bucket if no stack of the stage is left; `true` if it was deleted.
///
/// Only what is in it now is deleted: what comes later belongs to a deployment that has just started, and keeps the
/// bucket.
pub async fn delete_artifacts_if_last(account: &Account, stage: &Stage, reporter: &Reporter) -> Outcome<bool> {
    if stack_of(account, stage).await?.is_some() {
        return Ok(false);
    }
    let bucket = artifact_bucket(account, stage);
    let head = account.s3.head_bucket().bucket(&bucket).expected_bucket_owner(&account.id).send().await;
    match head.map_err(Error::aws("s3:ListBucket")) {
        Err(error) if matches!(error.code(), Some("NotFound" | "NoSuchBucket")) => return Ok(false),
        answer => answer?,
    };
    account.mark_changed();
    let guard = Guard::AnyStack(stage);
    for objects in all_objects(account, &bucket).await?.chunks(MOST_AT_ONCE) {
        guard.check(account).await?;
        delete_objects(account, &bucket, objects.to_vec()).await?;
    }
    guard.check(account).await?;
    match remove(account, &bucket).await {
        Err(error) if error.code() == Some("BucketNotEmpty") => {
            reporter
                .warn(format!("the artifact bucket {bucket} is kept: someone is deploying to stage `{}`", stage.name));
            Ok(false)
        }
        answer => answer.map(|()| true),
    }
}
