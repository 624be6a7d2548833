//! A table of DynamoDB with the key `id`, or one in memory that keeps the same conditions.

use crate::Failure;
use crate::link::failed_call;
use aws_sdk_dynamodb::types::AttributeValue;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, HashMap};
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// Attribute with the key.
pub(crate) const KEY: &str = "id";
/// Attribute that counts the writes.
const REVISION: &str = "revision";
/// Attribute with the end of the record's life in seconds since 1970; DynamoDB removes it some time later.
pub(crate) const EXPIRY: &str = "expires_at";

/// Where records are.
pub(crate) enum Table<T> {
    DynamoDb { client: aws_sdk_dynamodb::Client, name: String, record: PhantomData<fn() -> T> },
    Fake(FakeTable<T>),
}

/// A table in memory; clones share their records.
pub struct FakeTable<T> {
    records: Arc<Mutex<BTreeMap<String, FakeRecord<T>>>>,
    is_broken: bool,
}

#[derive(Clone)]
struct FakeRecord<T> {
    value: T,
    revision: u64,
    expires_at: Option<u64>,
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

impl<T: Clone> FakeTable<T> {
    /// A table that cannot be reached.
    pub fn broken() -> Self {
        Self { is_broken: true, ..Self::default() }
    }

    /// The record with this key, and the seconds since 1970 at which its life ends.
    pub fn record(&self, key: &str) -> Option<(T, Option<u64>)> {
        self.records().get(key).map(|record| (record.value.clone(), record.expires_at))
    }

    /// Every key, in order.
    pub fn keys(&self) -> Vec<String> {
        self.records().keys().cloned().collect()
    }

    /// Puts a record as an earlier process may have left it.
    pub fn leave(&self, key: &str, value: T) {
        let revision = self.records().get(key).map_or(1, |record| record.revision + 1);
        self.records().insert(key.to_owned(), FakeRecord { value, revision, expires_at: None });
    }

    fn records(&self) -> MutexGuard<'_, BTreeMap<String, FakeRecord<T>>> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn living(&self, key: &str) -> Option<FakeRecord<T>> {
        let alive = |record: &&FakeRecord<T>| record.expires_at.is_none_or(|end| end > now_seconds());
        self.records().get(key).filter(alive).cloned()
    }

    fn check(&self) -> Result<(), Failure> {
        if self.is_broken { Err(Failure::retry("the table is broken")) } else { Ok(()) }
    }

    fn put(&self, key: &str, value: &T, previous: Option<u64>, expires_at: Option<u64>) -> Result<bool, Failure> {
        self.check()?;
        let there = self.living(key).map(|record| record.revision);
        if there != previous {
            return Ok(false);
        }
        let revision = previous.unwrap_or(0) + 1;
        self.records().insert(key.to_owned(), FakeRecord { value: value.clone(), revision, expires_at });
        Ok(true)
    }
}

impl<T: Serialize + DeserializeOwned + Clone> Table<T> {
    pub(crate) fn dynamo_db(client: aws_sdk_dynamodb::Client, name: String) -> Self {
        Self::DynamoDb { client, name, record: PhantomData }
    }

    /// A living record and its revision, as the last write left it.
    pub(super) async fn get(&self, key: &str) -> Result<Option<(T, u64)>, Failure> {
        let (client, name) = match self {
            Self::DynamoDb { client, name, .. } => (client, name),
            Self::Fake(fake) => {
                fake.check()?;
                return Ok(fake.living(key).map(|record| (record.value, record.revision)));
            }
        };
        let answer = client
            .get_item()
            .table_name(name)
            .key(KEY, AttributeValue::S(key.to_owned()))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| failed_call("dynamodb:GetItem", error))?;
        let Some(mut item) = answer.item else { return Ok(None) };
        let number = |value: Option<AttributeValue>| value.and_then(|value| value.as_n().ok()?.parse::<u64>().ok());
        let revision = number(item.remove(REVISION)).unwrap_or(1);
        let is_over = number(item.remove(EXPIRY)).is_some_and(|end| end <= now_seconds());
        item.remove(KEY);
        let value = serde_dynamo::from_item(item)
            .map_err(|error| Failure::permanent(format!("record `{key}` is not what this function keeps: {error}")))?;
        Ok((!is_over).then_some((value, revision)))
    }

    /// Writes a record if its revision is still the previous one; without one, if there is none.
    pub(super) async fn put(
        &self,
        key: &str,
        value: &T,
        previous: Option<u64>,
        life: Option<Duration>,
    ) -> Result<bool, Failure> {
        let expires_at = life.map(|life| now_seconds() + life.as_secs());
        let (client, name) = match self {
            Self::DynamoDb { client, name, .. } => (client, name),
            Self::Fake(fake) => return fake.put(key, value, previous, expires_at),
        };
        let item: HashMap<String, AttributeValue> = serde_dynamo::to_item(value)
            .map_err(|error| Failure::permanent(format!("record `{key}` cannot be written: {error}")))?;
        let number = |number: u64| AttributeValue::N(number.to_string());
        let call = client
            .put_item()
            .table_name(name)
            .set_item(Some(item))
            .item(KEY, AttributeValue::S(key.to_owned()))
            .item(REVISION, number(previous.unwrap_or(0) + 1));
        let call = match expires_at {
            Some(end) => call.item(EXPIRY, number(end)),
            None => call,
        };
        let call = match previous {
            Some(revision) => call
                .condition_expression("#revision = :previous")
                .expression_attribute_names("#revision", REVISION)
                .expression_attribute_values(":previous", number(revision)),
            None => call
                .condition_expression("attribute_not_exists(#id) OR #end <= :now")
                .expression_attribute_names("#id", KEY)
                .expression_attribute_names("#end", EXPIRY)
                .expression_attribute_values(":now", number(now_seconds())),
        };
        match call.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(service) if service.is_conditional_check_failed_exception() => Ok(false),
                Some(service) if service.meta().code() == Some("ValidationException") => {
                    let why = service.meta().message().unwrap_or_default();
                    Err(Failure::permanent(format!("dynamodb:PutItem refused record `{key}`: {why}")))
                }
                _ => Err(failed_call("dynamodb:PutItem", error)),
            },
        }
    }
}

pub(crate) fn now_seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}
