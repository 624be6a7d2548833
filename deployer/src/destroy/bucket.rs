//! Buckets that outlive their stack, with all that is in them.

use super::BucketContent;
use super::guard::Guard;
use super::names::logical_id_of;
use crate::account::Account;
use crate::error::{Error, Outcome};
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};

/// How often S3 may refuse to delete an empty bucket as not empty.
const MOST_FUTILE: u32 = 3;

/// Buckets that CloudFormation named after the stack, in the stack's region.
///
/// The same stage may be in another region too; its buckets are none of this one's business.
pub(super) async fn buckets_of(account: &Account, stack_name: &str) -> Outcome<Vec<String>> {
    let call = account.s3.list_buckets().prefix(format!("{stack_name}-")).bucket_region(&account.region);
    let mut pages = call.into_paginator().send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(Error::aws("s3:ListAllMyBuckets"))?;
        names.extend(page.buckets().iter().filter_map(|bucket| bucket.name()).map(str::to_owned));
    }
    names.retain(|name| logical_id_of(name, stack_name).is_some());
    Ok(names)
}

/// How much is in a bucket; `None` if it does not exist.
pub(super) async fn content_of(account: &Account, bucket: &str) -> Outcome<Option<BucketContent>> {
    let mut content = BucketContent { name: bucket.to_owned(), n_objects: 0, n_bytes: 0 };
    let (mut key, mut version) = (None, None);
    loop {
        let Some(page) = page_of(account, bucket, key, version).await? else { return Ok(None) };
        content.n_objects += page.versions().len();
        let sizes = page.versions().iter().filter_map(|version| version.size());
        content.n_bytes += sizes.filter_map(|size| u64::try_from(size).ok()).sum::<u64>();
        if page.is_truncated() != Some(true) {
            return Ok(Some(content));
        }
        (key, version) = (page.next_key_marker, page.next_version_id_marker);
    }
}

/// One page of versions and delete markers; `None` if the bucket does not exist.
async fn page_of(
    account: &Account,
    bucket: &str,
    key: Option<String>,
    version: Option<String>,
) -> Outcome<Option<ListObjectVersionsOutput>> {
    let call = account.s3.list_object_versions().bucket(bucket);
    let page = call.set_key_marker(key).set_version_id_marker(version).send().await;
    unless_gone(page.map_err(Error::aws("s3:ListBucketVersions")))
}

/// "Not found" counts as deleted: the answer to an earlier deletion was lost, or another process was faster.
fn unless_gone<T>(answer: Outcome<T>) -> Outcome<Option<T>> {
    match answer {
        Err(error) if matches!(error.code(), Some("NoSuchBucket" | "NoSuchUpload")) => Ok(None),
        answer => answer.map(Some),
    }
}

/// Removes unfinished uploads, versions, delete markers and the bucket; returns how many objects.
pub(super) async fn delete_bucket(account: &Account, bucket: &str, guard: &Guard<'_>) -> Outcome<usize> {
    let (mut n_objects, mut n_futile) = (0, 0);
    loop {
        abort_uploads(account, bucket, guard).await?;
        let n_removed = empty(account, bucket, guard).await?;
        n_objects += n_removed;
        guard.check(account).await?;
        match remove(account, bucket).await {
            // Something was written since it was emptied.
            Err(error) if error.code() == Some("BucketNotEmpty") && n_futile < MOST_FUTILE => {
                n_futile = if n_removed == 0 { n_futile + 1 } else { 0 };
            }
            answer => return answer.map(|()| n_objects),
        }
    }
}

/// Removes a bucket that is empty.
pub(super) async fn remove(account: &Account, bucket: &str) -> Outcome<()> {
    let remove = async || {
        let answer = account.s3.delete_bucket().bucket(bucket).send().await;
        unless_gone(answer.map_err(Error::aws("s3:DeleteBucket")))
    };
    account.while_busy(remove).await.map(|_| ())
}

async fn abort_uploads(account: &Account, bucket: &str, guard: &Guard<'_>) -> Outcome<()> {
    // What is listed first is removed first, so that every first page is a new one.
    loop {
        let page = account.s3.list_multipart_uploads().bucket(bucket).send().await;
        let page = unless_gone(page.map_err(Error::aws("s3:ListBucketMultipartUploads")))?;
        let Some(page) = page.filter(|page| !page.uploads().is_empty()) else { return Ok(()) };
        guard.check(account).await?;
        for upload in page.uploads() {
            let call = account.s3.abort_multipart_upload().bucket(bucket);
            let call = call.set_key(upload.key.clone()).set_upload_id(upload.upload_id.clone());
            unless_gone(call.send().await.map_err(Error::aws("s3:AbortMultipartUpload")))?;
        }
    }
}

async fn empty(account: &Account, bucket: &str, guard: &Guard<'_>) -> Outcome<usize> {
    let mut n_objects = 0;
    loop {
        let objects = match page_of(account, bucket, None, None).await? {
            Some(page) => objects_of(&page),
            None => Vec::new(),
        };
        if objects.is_empty() {
            return Ok(n_objects);
        }
        n_objects += objects.len();
        guard.check(account).await?;
        delete_objects(account, bucket, objects).await?;
    }
}

/// Every version and delete marker that is in a bucket now.
pub(super) async fn all_objects(account: &Account, bucket: &str) -> Outcome<Vec<ObjectIdentifier>> {
    let (mut objects, mut key, mut version) = (Vec::new(), None, None);
    while let Some(page) = page_of(account, bucket, key, version).await? {
        objects.extend(objects_of(&page));
        if page.is_truncated() != Some(true) {
            break;
        }
        (key, version) = (page.next_key_marker, page.next_version_id_marker);
    }
    Ok(objects)
}

fn objects_of(page: &ListObjectVersionsOutput) -> Vec<ObjectIdentifier> {
    let versions = page.versions().iter().map(|version| (version.key(), version.version_id()));
    let markers = page.delete_markers().iter().map(|marker| (marker.key(), marker.version_id()));
    let objects = versions.chain(markers).filter_map(|(key, version)| {
        ObjectIdentifier::builder().key(key?).set_version_id(version.map(str::to_owned)).build().ok()
    });
    objects.collect()
}

/// Deletes up to a thousand objects; those that S3 is too busy for are asked for again.
pub(super) async fn delete_objects(account: &Account, bucket: &str, objects: Vec<ObjectIdentifier>) -> Outcome<()> {
    let Ok(delete) = Delete::builder().set_objects(Some(objects)).quiet(true).build() else { return Ok(()) };
    let call = account.s3.delete_objects().bucket(bucket).delete(delete);
    let delete = async || {
        let answer = call.clone().send().await.map_err(Error::aws("s3:DeleteObjectVersion"));
        let Some(answer) = unless_gone(answer)? else { return Ok(()) };
        let errors = answer.errors().iter().map(|error| Error::Aws {
            operation: "s3:DeleteObjectVersion",
            code: error.code().unwrap_or_default().to_owned(),
            message: format!("{}: {}", error.key().unwrap_or_default(), error.message().unwrap_or_default()),
        });
        // A permanent failure is reported, even beside transient ones.
        match errors.min_by_key(Error::is_transient) {
            None => Ok(()),
            Some(error) => Err(error),
        }
    };
    account.retry_transient(delete).await
}
