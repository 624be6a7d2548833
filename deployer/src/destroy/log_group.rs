//! Log groups of a stack's functions that are not in the stack.

use super::names::function_of_log_group;
use crate::account::Account;
use crate::error::{Error, Outcome};

/// A log group at a time: a newer one of the same name is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogGroupFound {
    /// Its name.
    pub name: String,
    /// When it was made, in milliseconds since 1970.
    pub(crate) made: i64,
}

/// The log groups of the functions of a stack.
pub(super) async fn log_groups_of(account: &Account, stack_name: &str) -> Outcome<Vec<LogGroupFound>> {
    let prefix = format!("/aws/lambda/{stack_name}-");
    let pages = account.logs.describe_log_groups().log_group_name_prefix(prefix).into_paginator().items().send();
    let groups = pages.try_collect().await.map_err(Error::aws("logs:DescribeLogGroups"))?;
    let groups = groups.into_iter().filter_map(|group| {
        Some(LogGroupFound { name: group.log_group_name?, made: group.creation_time.unwrap_or_default() })
    });
    Ok(groups.filter(|group| function_of_log_group(&group.name, stack_name).is_some()).collect())
}

/// Deletes a log group; one that is gone is as good as deleted.
pub(super) async fn delete_log_group(account: &Account, group: &LogGroupFound) -> Outcome<()> {
    let call = account.logs.delete_log_group().log_group_name(&group.name).send();
    match call.await.map_err(Error::aws("logs:DeleteLogGroup")) {
        Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(()),
        answer => answer.map(|_| ()),
    }
}
