//! Tables that outlive their stack.

use super::TableContent;
use super::guard::Guard;
use super::names::logical_id_of;
use crate::account::Account;
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use aws_sdk_dynamodb::types::PointInTimeRecoverySpecification;
use stacks::KnownStack;

/// What DynamoDB says of the backups of a table that is being deleted.
const AWAY: [&str; 3] = ["TableNotFoundException", "ContinuousBackupsUnavailableException", "ResourceInUseException"];

/// Tables that CloudFormation named after the stack and keeps when it is deleted.
pub(super) async fn tables_of(account: &Account, stack: &dyn KnownStack) -> Outcome<Vec<TableContent>> {
    let (stack_name, retained) = (stack.full_stack_name(), stack.retained_ids());
    let mut pages = account.dynamodb.list_tables().into_paginator().items().send();
    let mut tables = Vec::new();
    while let Some(name) = pages.next().await {
        let name = name.map_err(Error::aws("dynamodb:ListTables"))?;
        let logical_id = logical_id_of(&name, &stack_name);
        if !logical_id.is_some_and(|logical_id| retained.contains(&logical_id)) {
            continue;
        }
        let answer = account.dynamodb.describe_table().table_name(&name).send().await;
        match answer.map_err(Error::aws("dynamodb:DescribeTable")) {
            // Another process has deleted it since it was listed.
            Err(error) if is_gone(&error) => {}
            answer => {
                let n_items = answer?.table().and_then(|table| u64::try_from(table.item_count()?).ok());
                tables.push(TableContent { name, n_items: n_items.unwrap_or(0) });
            }
        }
    }
    Ok(tables)
}

fn is_gone(error: &Error) -> bool {
    error.code() == Some("ResourceNotFoundException")
}

/// Deletes a table, without the backup that DynamoDB would make of one that can be set back in time.
///
/// Source: DynamoDB developer guide, "Before you begin using point-in-time recovery": it would be kept for 35 days.
pub(super) async fn delete_table(account: &Account, name: &str, guard: &Guard<'_>, reporter: &Reporter) -> Outcome<()> {
    guard.check(account).await?;
    let is_off = PointInTimeRecoverySpecification::builder().point_in_time_recovery_enabled(false).build();
    if let Ok(is_off) = is_off {
        let call = account.dynamodb.update_continuous_backups().table_name(name);
        let answer = call.point_in_time_recovery_specification(is_off).send().await;
        match answer.map_err(Error::aws("dynamodb:UpdateContinuousBackups")) {
            Ok(_) => {}
            // It is on its way already, or another operation is.
            Err(Error::Aws { code, .. }) if AWAY.contains(&code.as_str()) => {}
            Err(error) => reporter.warn(format!("DynamoDB keeps a backup of {name} for 35 days: {error}")),
        }
    }
    guard.check(account).await?;
    let call = account.dynamodb.delete_table().table_name(name).send();
    match call.await.map_err(Error::aws("dynamodb:DeleteTable")) {
        Err(error) if is_gone(&error) => return Ok(()),
        // Another process deletes it too: its end is waited for as well.
        Err(error) if error.code() == Some("ResourceInUseException") => {}
        answer => answer.map(|_| ())?,
    }
    let call = account.dynamodb.describe_table().table_name(name);
    let look = async || call.clone().send().await.map_err(Error::aws("dynamodb:DescribeTable"));
    let is_there = async |_| match account.retry_transient(look).await {
        Ok(_) => Ok(None),
        Err(error) if is_gone(&error) => Ok(Some(())),
        Err(error) => Err(error),
    };
    account.pace.until(is_there).await
}
