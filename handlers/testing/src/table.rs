//! A table of records in memory, with the conditions of DynamoDB.

use crate::{at_once, lock};
use contracts::claim::Progress;
use runtime::calls::{Answer, TableCalls, Write};
use runtime::{Archive, Claims, Failure, Records};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

/// Records by their keys; clones share them.
pub struct FakeTable<T> {
    records: Arc<Mutex<BTreeMap<String, Record<T>>>>,
    is_broken: bool,
}

#[derive(Clone)]
struct Record<T> {
    value: T,
    revision: u64,
    expires_at: Option<u64>,
}

impl<T> Record<T> {
    fn is_over(&self) -> bool {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        self.expires_at.is_some_and(|end| end <= now)
    }
}

impl<T> Clone for FakeTable<T> {
    fn clone(&self) -> Self {
        Self { records: Arc::clone(&self.records), is_broken: self.is_broken }
    }
}

impl<T> Default for FakeTable<T> {
    fn default() -> Self {
        Self { records: Arc::default(), is_broken: false }
    }
}

impl FakeTable<Progress> {
    /// Claims that are kept in it.
    pub fn claims(&self) -> Claims {
        Claims::new(self.records())
    }
}

impl<T: Clone + Send + Sync + 'static> FakeTable<T> {
    /// A table that cannot be reached.
    pub fn broken() -> Self {
        Self { is_broken: true, ..Self::default() }
    }

    /// A link that reads, inserts and replaces.
    pub fn records(&self) -> Records<T> {
        Records::new(self.clone())
    }

    /// A link that only inserts.
    pub fn archive(&self) -> Archive<T> {
        Archive::new(self.clone())
    }

    /// The record with this key, and the seconds since 1970 at which its life ends.
    pub fn record(&self, key: &str) -> Option<(T, Option<u64>)> {
        lock(&self.records).get(key).map(|record| (record.value.clone(), record.expires_at))
    }

    /// Every key, in order.
    pub fn keys(&self) -> Vec<String> {
        lock(&self.records).keys().cloned().collect()
    }

    /// Puts a record as an earlier process may have left it.
    pub fn leave(&self, key: &str, value: T) {
        let mut records = lock(&self.records);
        let revision = records.get(key).map_or(1, |record| record.revision + 1);
        records.insert(key.to_owned(), Record { value, revision, expires_at: None });
    }

    fn check(&self) -> Result<(), Failure> {
        if self.is_broken { Err(Failure::retry("the table is broken")) } else { Ok(()) }
    }
}

impl<T: Clone + Send + Sync + 'static> TableCalls<T> for FakeTable<T> {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<(T, u64)>> {
        let living = lock(&self.records).get(key).filter(|record| !record.is_over()).cloned();
        at_once(self.check().map(|()| living.map(|record| (record.value, record.revision))))
    }

    fn put<'a>(&'a self, key: &'a str, value: &'a T, write: Write) -> Answer<'a, bool> {
        if let Err(failure) = self.check() {
            return at_once(Err(failure));
        }
        let mut records = lock(&self.records);
        let there = records.get(key);
        let is_met = match write.previous {
            None => there.is_none_or(Record::is_over),
            Some(previous) => there.is_some_and(|record| record.revision == previous),
        };
        if is_met {
            let Write { revision, expires_at, .. } = write;
            records.insert(key.to_owned(), Record { value: value.clone(), revision, expires_at });
        }
        at_once(Ok(is_met))
    }
}
