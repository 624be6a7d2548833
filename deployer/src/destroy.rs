//! Deleting a stack and everything that CloudFormation leaves behind.

mod artifacts;
mod bucket;
mod guard;
mod log_group;
mod names;
mod stack;
mod table;

use crate::account::Account;
use crate::error::{Error, Outcome};
use crate::event::{Reporter, counted};
pub use artifacts::delete_artifacts_if_last;
use bucket::{buckets_of, content_of, delete_bucket};
use guard::Guard;
pub use log_group::LogGroupFound;
use log_group::{delete_log_group, log_groups_of};
pub(crate) use stack::delete_stack;
use stacks::KnownStack;
use std::collections::BTreeSet;
use table::{delete_table, tables_of};

/// Whether buckets and tables are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// They are deleted with all that is in them.
    Nothing,
    /// They are kept.
    Data,
}

/// What exists of a stack, with or without the stack itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// Id of the stack, if there is one.
    pub stack_id: Option<String>,
    /// Buckets with how many objects, versions included, and how many bytes.
    pub buckets: Vec<BucketContent>,
    /// Tables that outlive the stack, with about how many items.
    pub tables: Vec<TableContent>,
    /// Log groups of the stack's functions that are not in the stack.
    pub log_groups: Vec<LogGroupFound>,
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
    /// Whether there is nothing to delete.
    pub fn is_empty(&self) -> bool {
        self.stack_id.is_none() && self.buckets.is_empty() && self.tables.is_empty() && self.log_groups.is_empty()
    }
}

/// Finds everything of a stack.
pub async fn find_leftovers(account: &Account, stack: &dyn KnownStack) -> Outcome<Leftovers> {
    find(account, stack).await.map_err(|error| error.of_stack(stack.name(), None))
}

async fn find(account: &Account, stack: &dyn KnownStack) -> Outcome<Leftovers> {
    let name = stack.full_stack_name();
    let stack_id = account.find_stack(&name).await?.map(|summary| summary.id);
    let n_resources = match &stack_id {
        Some(id) => account.resources_of(id).await?.len(),
        None => 0,
    };
    let mut buckets = Vec::new();
    for bucket in buckets_of(account, &name).await? {
        buckets.extend(content_of(account, &bucket).await?);
    }
    let tables = tables_of(account, stack).await?;
    let log_groups = log_groups_of(account, &name).await?;
    Ok(Leftovers { stack_id, buckets, tables, log_groups, n_resources })
}

/// Deletes the stack and the resources that existed at the start: those found, and those that an operation in progress
/// created since.
///
/// Resources of a newer stack of the same name are kept: each deletion first checks that there is none.
pub async fn destroy(
    account: &Account,
    stack: &dyn KnownStack,
    found: &Leftovers,
    keep: Keep,
    reporter: &Reporter,
) -> Outcome<()> {
    if found.is_empty() {
        return Ok(());
    }
    account.mark_changed();
    let removal = async {
        let guard = Guard::against_newer(stack, found.stack_id.as_deref());
        let mut doomed = Doomed::of(found);
        if let Some(id) = &found.stack_id {
            doomed.add_resources(account, stack, id).await?;
            let step = reporter.begin_on_stack(stack.name(), format!("deleting {}", stack.name()));
            step.run(delete_stack(account, stack, id, reporter), |()| "stack deleted".into()).await?;
        }
        if keep == Keep::Nothing {
            delete_data(account, stack, &doomed, &guard, reporter).await?;
        }
        for group in log_groups_of(account, &stack.full_stack_name()).await? {
            if doomed.log_groups.contains(&group) {
                guard.check(account).await?;
                delete_log_group(account, &group).await?;
            }
        }
        Ok(())
    };
    removal.await.map_err(|error: Error| error.of_stack(stack.name(), None))
}

/// Empties and deletes buckets, and deletes tables; functions may write to them until their stack is deleted.
async fn delete_data(
    account: &Account,
    stack: &dyn KnownStack,
    doomed: &Doomed,
    guard: &Guard<'_>,
    reporter: &Reporter,
) -> Outcome<()> {
    for bucket in buckets_of(account, &stack.full_stack_name()).await? {
        if doomed.names.contains(&bucket) {
            let step = format!("emptying {bucket}");
            reporter
                .step(&step, delete_bucket(account, &bucket, guard), |n_objects| {
                    format!("{} deleted, including old versions", counted(*n_objects, "object"))
                })
                .await?;
        }
    }
    for table in tables_of(account, stack).await?.into_iter().map(|table| table.name) {
        if doomed.names.contains(&table) {
            let step = format!("deleting table {table}");
            reporter.step(&step, delete_table(account, &table, guard, reporter), |()| "table deleted".into()).await?;
        }
    }
    Ok(())
}

/// What existed when the deletion started.
struct Doomed {
    /// Buckets and tables. CloudFormation gives those of a newer stack other names.
    names: BTreeSet<String>,
    /// A newer stack's functions have the same names, and so have their log groups: only their age distinguishes them.
    log_groups: Vec<LogGroupFound>,
}

impl Doomed {
    fn of(found: &Leftovers) -> Self {
        let buckets = found.buckets.iter().map(|bucket| bucket.name.clone());
        let tables = found.tables.iter().map(|table| table.name.clone());
        Self { names: buckets.chain(tables).collect(), log_groups: found.log_groups.clone() }
    }

    /// Adds what an operation in progress creates.
    async fn add_resources(&mut self, account: &Account, stack: &dyn KnownStack, id: &str) -> Outcome<()> {
        account.wait_until_settled(id).await?;
        let resources = account.resources_of(id).await?;
        self.names.extend(resources.into_iter().filter_map(|resource| resource.physical_resource_id));
        for group in log_groups_of(account, &stack.full_stack_name()).await? {
            if self.names.contains(&group.name) && !self.log_groups.contains(&group) {
                self.log_groups.push(group);
            }
        }
        Ok(())
    }
}
