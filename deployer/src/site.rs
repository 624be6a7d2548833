//! The files of a static site: what changed is uploaded and taken out of caches, the rest is not touched.

use crate::account::Account;
use crate::error::{Error, Outcome};
use crate::outputs::Deployed;
use sha2::{Digest, Sha256};
use stacks::{SiteFile, Stack};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

/// The metadata by which equal files are recognized.
const DIGEST: &str = "sha256";

/// The changes of a site's files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SiteChanges {
    /// Files that were uploaded, new or changed.
    pub uploaded: Vec<String>,
    /// Objects that are no longer of the site.
    pub removed: Vec<String>,
}

impl SiteChanges {
    /// Whether everything was as it should be.
    pub fn is_empty(&self) -> bool {
        self.uploaded.is_empty() && self.removed.is_empty()
    }
}

/// Brings the bucket of a site up to date, and takes what changed out of the caches.
pub(crate) async fn upload_site(account: &Account, stack: &Stack, there: &Deployed) -> Outcome<SiteChanges> {
    let uploaded = bring_up_to_date(account, stack, there).await;
    uploaded
        .map_err(|error| error.of_stack(stack.name(), Some("the stack is deployed, but its site is not up to date")))
}

async fn bring_up_to_date(account: &Account, stack: &Stack, there: &Deployed) -> Outcome<SiteChanges> {
    let mut changes = SiteChanges::default();
    let Some(site) = stack.site_files() else { return Ok(changes) };
    let (Some(bucket), Some(distribution)) =
        (there.outputs.get(site.bucket_output), there.outputs.get(site.distribution_output))
    else {
        return Ok(changes);
    };
    let mut stale = BTreeSet::new();
    for file in site.files {
        let there = state_of(account, bucket, file).await?;
        if there == State::Same {
            continue;
        }
        put(account, bucket, file).await?;
        changes.uploaded.push(file.path.to_owned());
        if there == State::Other {
            stale.insert(file.path.to_owned());
        }
    }
    for (key, _) in objects_of(account, bucket).await? {
        if site.files.iter().any(|file| file.path == key) {
            continue;
        }
        account.mark_changed();
        let call = account.s3.delete_object().bucket(bucket).key(&key).send();
        call.await.map_err(Error::aws("s3:DeleteObject"))?;
        stale.insert(key.clone());
        changes.removed.push(key);
    }
    if !stale.is_empty() {
        invalidate(account, distribution, &stale).await?;
    }
    Ok(changes)
}

/// A file as it is in the bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Absent,
    Same,
    Other,
}

async fn state_of(account: &Account, bucket: &str, file: &SiteFile) -> Outcome<State> {
    match account.s3.head_object().bucket(bucket).key(file.path).send().await {
        Ok(head) => {
            let is_same = head.metadata().and_then(|metadata| metadata.get(DIGEST)) == Some(&digest(file))
                && head.content_type() == Some(file.content_type)
                && head.cache_control() == Some(file.cache_control);
            Ok(if is_same { State::Same } else { State::Other })
        }
        Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == 404) => Ok(State::Absent),
        Err(error) => Err(Error::aws("s3:GetObject")(error)),
    }
}

async fn put(account: &Account, bucket: &str, file: &SiteFile) -> Outcome<()> {
    account.mark_changed();
    let limits = account.limits.for_upload(file.content.len() as u64);
    let call = account
        .s3
        .put_object()
        .bucket(bucket)
        .key(file.path)
        .content_type(file.content_type)
        .cache_control(file.cache_control)
        .metadata(DIGEST, digest(file))
        .body(file.content.to_vec().into())
        .customize()
        .config_override(aws_sdk_s3::config::Builder::new().timeout_config(limits));
    call.send().await.map_err(Error::aws("s3:PutObject"))?;
    Ok(())
}

/// What tells the files of a stack's site from others; `None` if it has no site, or it cannot be found.
pub(crate) async fn fingerprint(account: &Account, stack: &Stack, there: &Deployed) -> Outcome<Option<String>> {
    let Some(bucket) = stack.site_files().and_then(|site| there.outputs.get(site.bucket_output)) else {
        return Ok(None);
    };
    let mut digest = Sha256::new();
    for (key, tag) in objects_of(account, bucket).await? {
        digest.update(format!("{key:?} {tag:?}\n"));
    }
    Ok(Some(hex::encode(digest.finalize())))
}

/// The keys of a bucket in alphabetical order, each with the tag of its content.
async fn objects_of(account: &Account, bucket: &str) -> Outcome<BTreeMap<String, Option<String>>> {
    let mut pages = account.s3.list_objects_v2().bucket(bucket).into_paginator().send();
    let mut objects = BTreeMap::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(Error::aws("s3:ListBucket"))?;
        let found = page.contents().iter();
        objects.extend(found.filter_map(|object| Some((object.key()?.to_owned(), object.e_tag().map(str::to_owned)))));
    }
    Ok(objects)
}

/// The first page is cached under `/` as well.
async fn invalidate(account: &Account, distribution: &str, stale: &BTreeSet<String>) -> Outcome<()> {
    let mut paths: Vec<String> = stale.iter().map(|path| format!("/{path}")).collect();
    if stale.contains("index.html") {
        paths.push("/".into());
    }
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    // What makes repeated requests the same one.
    let reference = format!("tsugite-{}", since_1970.as_nanos());
    account.cloudfront.create_invalidation(distribution, &paths, &reference).await
}

fn digest(file: &SiteFile) -> String {
    hex::encode(Sha256::digest(file.content))
}
