//! Records of a table, each written only on a condition, so that two writers cannot both win.

mod table;

use crate::Failure;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

pub use table::FakeTable;
pub(crate) use table::{EXPIRY, KEY, Table, now_seconds};

/// Records of type `T` by their keys.
pub struct Records<T> {
    table: Table<T>,
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
    table: Table<T>,
}

impl<T: Serialize + DeserializeOwned + Clone> Records<T> {
    pub(crate) fn new(table: Table<T>) -> Self {
        Self { table }
    }

    /// Records in memory.
    pub fn fake(table: &FakeTable<T>) -> Self {
        Self { table: Table::Fake(table.clone()) }
    }

    /// The record with this key, unless its life is over.
    pub async fn find(&self, key: &str) -> Result<Option<Stored<T>>, Failure> {
        let found = self.table.get(key).await?;
        Ok(found.map(|(value, revision)| Stored { value, revision }))
    }

    /// Adds a record for so long a life; returns the one that is there already, if there is one.
    pub async fn insert(&self, key: &str, value: &T, life: Duration) -> Result<Result<Stored<T>, Stored<T>>, Failure> {
        loop {
            if self.table.put(key, value, None, Some(life)).await? {
                return Ok(Ok(Stored { value: value.clone(), revision: 1 }));
            }
            // It may have come to its end in between.
            if let Some(there) = self.find(key).await? {
                return Ok(Err(there));
            }
        }
    }

    /// Replaces a record if nobody else has since it was read; `None` if somebody has.
    pub async fn replace(
        &self,
        key: &str,
        previous: &Stored<T>,
        value: &T,
        life: Duration,
    ) -> Result<Option<Stored<T>>, Failure> {
        let revision = previous.revision + 1;
        let is_ours = self.table.put(key, value, Some(previous.revision), Some(life)).await?;
        Ok(is_ours.then(|| Stored { value: value.clone(), revision }))
    }
}

impl<T: Serialize + DeserializeOwned + Clone> Archive<T> {
    pub(crate) fn new(table: Table<T>) -> Self {
        Self { table }
    }

    /// Records in memory.
    pub fn fake(table: &FakeTable<T>) -> Self {
        Self { table: Table::Fake(table.clone()) }
    }

    /// Adds a record, for ever or for so long a life; `false` if there is one with this key.
    pub async fn insert(&self, key: &str, value: &T, life: Option<Duration>) -> Result<bool, Failure> {
        self.table.put(key, value, None, life).await
    }
}
