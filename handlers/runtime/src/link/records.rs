//! Records of a table, each written only on a condition, so that two writers cannot both win.

use super::end_of;
use crate::Failure;
use crate::calls::{TableCalls, Write};
use std::time::Duration;

/// Records of type `T` by their keys.
pub struct Records<T> {
    table: Box<dyn TableCalls<T>>,
}

/// A record as it was read; needed to replace it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<T> {
    /// The record.
    pub value: T,
    revision: u64,
}

/// Records of type `T` that are only ever added.
pub struct Archive<T> {
    table: Box<dyn TableCalls<T>>,
}

impl<T: Clone> Records<T> {
    /// The records of a table.
    pub fn new(table: impl TableCalls<T> + 'static) -> Self {
        Self { table: Box::new(table) }
    }

    /// The record with this key, unless its life is over.
    pub async fn find(&self, key: &str) -> Result<Option<Stored<T>>, Failure> {
        let found = self.table.get(key).await?;
        Ok(found.map(|(value, revision)| Stored { value, revision }))
    }

    /// Adds a record with this lifetime; returns the existing one, if there is one.
    pub async fn insert(&self, key: &str, value: &T, life: Duration) -> Result<Result<Stored<T>, Stored<T>>, Failure> {
        loop {
            let write = first(Some(life));
            if self.table.put(key, value, write).await? {
                return Ok(Ok(Stored { value: value.clone(), revision: write.revision }));
            }
            // It may have come to its end in between.
            if let Some(there) = self.find(key).await? {
                return Ok(Err(there));
            }
        }
    }

    /// Replaces a record unless it has changed since it was read; `None` if it has.
    pub async fn replace(
        &self,
        key: &str,
        previous: &Stored<T>,
        value: &T,
        life: Duration,
    ) -> Result<Option<Stored<T>>, Failure> {
        let revision = previous.revision + 1;
        let write = Write { previous: Some(previous.revision), revision, expires_at: Some(end_of(life)) };
        let is_replaced = self.table.put(key, value, write).await?;
        Ok(is_replaced.then(|| Stored { value: value.clone(), revision }))
    }
}

impl<T> Archive<T> {
    /// The records of a table.
    pub fn new(table: impl TableCalls<T> + 'static) -> Self {
        Self { table: Box::new(table) }
    }

    /// Adds a record, for ever or with a lifetime; `false` if there is one with this key.
    pub async fn insert(&self, key: &str, value: &T, life: Option<Duration>) -> Result<bool, Failure> {
        self.table.put(key, value, first(life)).await
    }
}

/// The write of a record that must not be there.
fn first(life: Option<Duration>) -> Write {
    Write { previous: None, revision: 1, expires_at: life.map(end_of) }
}
