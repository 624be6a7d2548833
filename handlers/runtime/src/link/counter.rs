//! A counter that several copies of a function share, and that never passes its limit.

use crate::Failure;
use crate::link::failed_call;
use crate::link::records::{EXPIRY, KEY, now_seconds};
use aws_sdk_dynamodb::types::AttributeValue;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Attribute with the number.
const NUMBER: &str = "number";

/// Counts in a table of DynamoDB with the key `id`, or in memory.
pub struct Counter(Place);

enum Place {
    DynamoDb { client: aws_sdk_dynamodb::Client, table: String },
    Fake(FakeCounter),
}

/// A counter in memory; clones share their numbers.
#[derive(Clone, Default)]
pub struct FakeCounter {
    numbers: Arc<Mutex<BTreeMap<String, u32>>>,
    is_broken: bool,
}

impl FakeCounter {
    /// A counter that cannot be reached.
    pub fn broken() -> Self {
        Self { is_broken: true, ..Self::default() }
    }

    /// Every key with its number.
    pub fn numbers(&self) -> BTreeMap<String, u32> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn count(&self, key: &str, limit: u32) -> Result<bool, Failure> {
        if self.is_broken {
            return Err(Failure::retry("the counter is broken"));
        }
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        let number = numbers.entry(key.to_owned()).or_default();
        let is_within = *number < limit;
        *number += u32::from(is_within);
        Ok(is_within)
    }
}

impl Counter {
    pub(crate) fn dynamo_db(client: aws_sdk_dynamodb::Client, table: String) -> Self {
        Self(Place::DynamoDb { client, table })
    }

    /// A counter in memory.
    pub fn fake(counter: &FakeCounter) -> Self {
        Self(Place::Fake(counter.clone()))
    }

    /// Counts one more under this key, which is forgotten after so long a life; `false` and nothing
    /// changed if the limit is reached.
    ///
    /// Reading, comparing and adding are one operation of DynamoDB: two copies cannot both be the last.
    pub async fn count(&self, key: &str, limit: u32, life: Duration) -> Result<bool, Failure> {
        let (client, table) = match &self.0 {
            Place::DynamoDb { client, table } => (client, table),
            Place::Fake(fake) => return fake.count(key, limit),
        };
        let number = |number: u64| AttributeValue::N(number.to_string());
        let counted = client
            .update_item()
            .table_name(table)
            .key(KEY, AttributeValue::S(key.to_owned()))
            .update_expression("SET #end = :end ADD #number :one")
            .condition_expression("attribute_not_exists(#number) OR #number < :limit")
            .expression_attribute_names("#end", EXPIRY)
            .expression_attribute_names("#number", NUMBER)
            .expression_attribute_values(":end", number(now_seconds() + life.as_secs()))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":limit", number(limit.into()))
            .send()
            .await;
        match counted {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(service) if service.is_conditional_check_failed_exception() => Ok(false),
                _ => Err(failed_call("dynamodb:UpdateItem", error)),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_key_is_counted_up_to_its_limit() {
        let fake = FakeCounter::default();
        let counter = Counter::fake(&fake);
        let mut counted = Vec::new();
        for key in ["a", "a", "a", "b"] {
            counted.push(counter.count(key, 2, Duration::from_secs(1)).await.unwrap());
        }
        assert_eq!(counted, [true, true, false, true]);
        assert_eq!(fake.numbers(), BTreeMap::from([("a".into(), 2), ("b".into(), 1)]));
        assert!(Counter::fake(&FakeCounter::broken()).count("a", 2, Duration::ZERO).await.is_err());
    }
}
