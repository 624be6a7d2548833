//! Removing a stack and everything that CloudFormation leaves behind.

mod stack;

use crate::account::Account;
use crate::artifact::artifact_bucket;
use crate::error::{Error, Outcome};
use crate::event::{Reporter, counted};
use aws_sdk_dynamodb::types::PointInTimeRecoverySpecification;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
pub(crate) use stack::delete_stack;
use stacks::{Stack, Stage};
use std::time::Instant;

/// What DynamoDB says of the backups of a table that is being deleted.
const AWAY: [&str; 3] = ["TableNotFoundException", "ContinuousBackupsUnavailableException", "ResourceInUseException"];

/// What becomes of buckets and tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// They go with all that is in them.
    Nothing,
    /// They stay.
    Data,
}

/// What there is of a stack, with or without the stack itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Id of the stack, if there is one.
    pub stack_id: Option<String>,
    /// Buckets with how many objects, versions included, and how many bytes.
    pub buckets: Vec<BucketContent>,
    /// Tables that outlive the stack, with about how many items.
    pub tables: Vec<TableContent>,
    /// Log groups of the stack's functions that are not in the stack.
    pub log_groups: Vec<String>,
    /// Resources that are deleted with the stack.
    pub n_resources: usize,
}

/// What is in a bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketContent {
    /// Name of the bucket.
    pub name: String,
    /// Objects and old versions.
    pub n_objects: usize,
    /// Bytes of all of them.
    pub n_bytes: u64,
}

/// What is in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableContent {
    /// Name of the table.
    pub name: String,
    /// Items, as DynamoDB counts them every six hours.
    pub n_items: u64,
}

impl Leftovers {
    /// Whether there is nothing to remove.
    pub fn is_empty(&self) -> bool {
        self.stack_id.is_none() && self.buckets.is_empty() && self.tables.is_empty() && self.log_groups.is_empty()
    }
}

/// Finds everything of a stack.
pub async fn find_leftovers(account: &Account, stack: &Stack) -> Outcome<Leftovers> {
    let name = stack.full_stack_name();
    let stack_id = account.find_stack(&name).await?.map(|summary| summary.id);
    let resources = match &stack_id {
        Some(id) => account.resources_of(id).await?,
        None => Vec::new(),
    };
    let mut buckets = Vec::new();
    for bucket in buckets_of(account, &name).await? {
        buckets.push(content_of(account, &bucket).await?);
    }
    let mut tables = Vec::new();
    for table in tables_of(account, stack).await? {
        let answer = account.dynamodb.describe_table().table_name(&table).send().await;
        let answer = answer.map_err(Error::aws("dynamodb:DescribeTable"))?;
        let n_items = answer.table().and_then(|table| u64::try_from(table.item_count()?).ok()).unwrap_or(0);
        tables.push(TableContent { name: table, n_items });
    }
    let log_groups = log_groups_of(account, &name).await?;
    Ok(Leftovers { stack_id, buckets, tables, log_groups, n_resources: resources.len() })
}

/// Removes everything that was found, and whatever came in between.
pub async fn destroy(
    account: &Account,
    stack: &Stack,
    found: &Leftovers,
    keep: Keep,
    reporter: &Reporter,
) -> Outcome<()> {
    if found.is_empty() {
        return Ok(());
    }
    account.changes();
    let name = stack.full_stack_name();
    if let Some(id) = &found.stack_id {
        let step = format!("deleting {}", stack.name());
        reporter.step(&step, delete_stack(account, stack, id, reporter), |()| "stack deleted".into()).await?;
    }
    if keep == Keep::Nothing {
        // Looked for again: a handler may have written until the stack was gone.
        for bucket in buckets_of(account, &name).await? {
            let step = format!("emptying {bucket}");
            reporter
                .step(&step, delete_bucket(account, &bucket), |n_objects| {
                    format!("{} removed, versions included", counted(*n_objects, "object"))
                })
                .await?;
        }
        for table in tables_of(account, stack).await? {
            let step = format!("deleting table {table}");
            reporter.step(&step, delete_table(account, &table, reporter), |()| "table deleted".into()).await?;
        }
    }
    for group in log_groups_of(account, &name).await? {
        delete_log_group(account, &group).await?;
    }
    Ok(())
}

/// Removes the artifact bucket if no stack of the stage is left; `true` if it was there and went.
pub async fn delete_artifacts_if_last(account: &Account, stage: &Stage) -> Outcome<bool> {
    let prefix = Stack::name_prefix(stage);
    let mut pages = account.cloudformation.describe_stacks().into_paginator().items().send();
    while let Some(stack) = pages.next().await {
        let stack = stack.map_err(Error::aws("cloudformation:DescribeStacks"))?;
        let is_gone = stack.stack_status().is_some_and(|status| status.as_str() == "DELETE_COMPLETE");
        if stack.stack_name().is_some_and(|name| name.starts_with(&prefix)) && !is_gone {
            return Ok(false);
        }
    }
    let bucket = artifact_bucket(account, stage);
    let head = account.s3.head_bucket().bucket(&bucket).expected_bucket_owner(&account.id).send().await;
    if head.is_err() {
        return Ok(false);
    }
    account.changes();
    delete_bucket(account, &bucket).await?;
    Ok(true)
}

/// Buckets that CloudFormation named after the stack: `<stack>-<logical id>-<suffix>`.
async fn buckets_of(account: &Account, stack_name: &str) -> Outcome<Vec<String>> {
    let prefix = format!("{stack_name}-");
    let mut pages = account.s3.list_buckets().prefix(&prefix).into_paginator().send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(Error::aws("s3:ListAllMyBuckets"))?;
        names.extend(page.buckets().iter().filter_map(|bucket| bucket.name()).map(str::to_owned));
    }
    // A stack `a` must not take the buckets of a stack `a-b` for its own.
    names.retain(|name| name.strip_prefix(&prefix).is_some_and(|rest| rest.split('-').count() == 2));
    Ok(names)
}

/// Tables that CloudFormation named after the stack and leaves when it goes: `<stack>-<logical id>-<suffix>`.
async fn tables_of(account: &Account, stack: &Stack) -> Outcome<Vec<String>> {
    let prefix = format!("{}-", stack.full_stack_name());
    let mut pages = account.dynamodb.list_tables().into_paginator().items().send();
    let mut names = Vec::new();
    while let Some(name) = pages.next().await {
        let name = name.map_err(Error::aws("dynamodb:ListTables"))?;
        let parts: Vec<&str> = name.strip_prefix(&prefix).unwrap_or_default().split('-').collect();
        if parts.len() == 2 && stack.holds_data().any(|logical_id| logical_id == parts[0]) {
            names.push(name);
        }
    }
    Ok(names)
}

/// Deletes a table, without the backup that DynamoDB would make of one that can be set back in time.
///
/// Source: DynamoDB developer guide, "Before you begin using point-in-time recovery": it would be kept for 35 days.
async fn delete_table(account: &Account, name: &str, reporter: &Reporter) -> Outcome<()> {
    let is_off = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(false).build();
    if let Ok(is_off) = is_off {
        let call = account.dynamodb.update_continuous_backups().table_name(name);
        let answer = call.point_in_time_recovery_specification(is_off).send().await;
        match answer.map_err(Error::aws("dynamodb:UpdateContinuousBackups")) {
            Ok(_) => {}
            // It is on its way already, or another operation is.
            Err(Error::Aws { code, .. }) if AWAY.contains(&code.as_str()) => {}
            Err(error) => reporter.warn(format!("DynamoDB will keep a backup of {name} for 35 days: {error}")),
        }
    }
    let call = account.dynamodb.delete_table().table_name(name).send();
    match call.await.map_err(Error::aws("dynamodb:DeleteTable")) {
        Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(()),
        answer => answer.map(|_| ())?,
    }
    let began = Instant::now();
    loop {
        let call = account.dynamodb.describe_table().table_name(name);
        let look = async || call.clone().send().await.map_err(Error::aws("dynamodb:DescribeTable"));
        match account.look(look).await {
            Ok(_) => tokio::time::sleep(account.poll_interval(began.elapsed())).await,
            Err(error) if error.code() == Some("ResourceNotFoundException") => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

async fn content_of(account: &Account, bucket: &str) -> Outcome<BucketContent> {
    let mut content = BucketContent { name: bucket.to_owned(), n_objects: 0, n_bytes: 0 };
    let (mut key, mut version) = (None, None);
    loop {
        let call = account.s3.list_object_versions().bucket(bucket);
        let page = call.set_key_marker(key).set_version_id_marker(version).send().await;
        let page = page.map_err(Error::aws("s3:ListBucketVersions"))?;
        content.n_objects += page.versions().len();
        let sizes = page.versions().iter().filter_map(|version| version.size());
        content.n_bytes += sizes.filter_map(|size| u64::try_from(size).ok()).sum::<u64>();
        if page.is_truncated() != Some(true) {
            return Ok(content);
        }
        (key, version) = (page.next_key_marker, page.next_version_id_marker);
    }
}

/// Removes unfinished uploads, versions, delete markers and the bucket; returns how many objects.
async fn delete_bucket(account: &Account, bucket: &str) -> Outcome<usize> {
    // What is listed first is removed first, so that every first page is a new one.
    loop {
        let page = account.s3.list_multipart_uploads().bucket(bucket).send().await;
        let page = page.map_err(Error::aws("s3:ListBucketMultipartUploads"))?;
        if page.uploads().is_empty() {
            break;
        }
        for upload in page.uploads() {
            account
                .s3
                .abort_multipart_upload()
                .bucket(bucket)
                .set_key(upload.key.clone())
                .set_upload_id(upload.upload_id.clone())
                .send()
                .await
                .map_err(Error::aws("s3:AbortMultipartUpload"))?;
        }
    }
    let mut n_objects = 0;
    loop {
        let page = account.s3.list_object_versions().bucket(bucket).send().await;
        let page = page.map_err(Error::aws("s3:ListBucketVersions"))?;
        let versions = page.versions().iter().map(|version| (version.key(), version.version_id()));
        let markers = page.delete_markers().iter().map(|marker| (marker.key(), marker.version_id()));
        let objects: Vec<ObjectIdentifier> = versions
            .chain(markers)
            .filter_map(|(key, version)| {
                ObjectIdentifier::builder().key(key?).set_version_id(version.map(str::to_owned)).build().ok()
            })
            .collect();
        if objects.is_empty() {
            break;
        }
        n_objects += objects.len();
        delete_objects(account, bucket, objects).await?;
    }
    account.s3.delete_bucket().bucket(bucket).send().await.map_err(Error::aws("s3:DeleteBucket"))?;
    Ok(n_objects)
}

async fn delete_objects(account: &Account, bucket: &str, objects: Vec<ObjectIdentifier>) -> Outcome<()> {
    let Ok(delete) = Delete::builder().set_objects(Some(objects)).quiet(true).build() else { return Ok(()) };
    let answer = account
        .s3
        .delete_objects()
        .bucket(bucket)
        .delete(delete)
        .send()
        .await
        .map_err(Error::aws("s3:DeleteObjectVersion"))?;
    match answer.errors().first() {
        None => Ok(()),
        Some(error) => Err(Error::Aws {
            operation: "s3:DeleteObjectVersion",
            code: error.code().unwrap_or_default().to_owned(),
            message: format!("{}: {}", error.key().unwrap_or_default(), error.message().unwrap_or_default()),
        }),
    }
}

async fn log_groups_of(account: &Account, stack_name: &str) -> Outcome<Vec<String>> {
    let prefix = format!("/aws/lambda/{stack_name}-");
    let pages = account.logs.describe_log_groups().log_group_name_prefix(prefix).into_paginator().items().send();
    let groups = pages.try_collect().await.map_err(Error::aws("logs:DescribeLogGroups"))?;
    Ok(groups.into_iter().filter_map(|group| group.log_group_name).collect())
}

async fn delete_log_group(account: &Account, name: &str) -> Outcome<()> {
    match account.logs.delete_log_group().log_group_name(name).send().await.map_err(Error::aws("logs:DeleteLogGroup")) {
        Err(Error::Aws { code, .. }) if code == "ResourceNotFoundException" => Ok(()),
        answer => answer.map(|_| ()),
    }
}
