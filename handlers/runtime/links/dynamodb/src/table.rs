//! A table of records, each with a revision.

use crate::{EXPIRY, KEY};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use runtime::Failure;
use runtime::calls::{Answer, TableCalls, Write};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::marker::PhantomData;
use std::time::SystemTime;

/// Attribute that counts the writes.
const REVISION: &str = "revision";

pub(crate) struct RecordTable<T> {
    client: Client,
    name: String,
    record: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned> RecordTable<T> {
    pub(crate) fn new(client: Client, name: String) -> Self {
        Self { client, name, record: PhantomData }
    }

    async fn find(&self, key: &str) -> Result<Option<(T, u64)>, Failure> {
        let call = self.client.get_item().table_name(&self.name).key(KEY, AttributeValue::S(key.to_owned()));
        let answer = call.consistent_read(true).send().await;
        let answer = answer.map_err(|error| aws::failed_call("dynamodb:GetItem", error))?;
        let Some(mut item) = answer.item else { return Ok(None) };
        let number = |value: Option<AttributeValue>| value.and_then(|value| value.as_n().ok()?.parse::<u64>().ok());
        let revision = number(item.remove(REVISION)).unwrap_or(1);
        let is_over = number(item.remove(EXPIRY)).is_some_and(|end| end <= now_seconds());
        item.remove(KEY);
        let value = serde_dynamo::from_item(item)
            .map_err(|error| Failure::permanent(format!("record `{key}` is not what this function keeps: {error}")))?;
        Ok((!is_over).then_some((value, revision)))
    }

    async fn write(&self, key: &str, value: &T, write: Write) -> Result<bool, Failure> {
        let item: HashMap<String, AttributeValue> = serde_dynamo::to_item(value)
            .map_err(|error| Failure::permanent(format!("record `{key}` cannot be written: {error}")))?;
        let call = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(item))
            .item(KEY, AttributeValue::S(key.to_owned()))
            .item(REVISION, number(write.revision));
        let call = match write.expires_at {
            Some(end) => call.item(EXPIRY, number(end)),
            None => call,
        };
        let call = match write.previous {
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
                _ => Err(aws::failed_call("dynamodb:PutItem", error)),
            },
        }
    }
}

impl<T: Serialize + DeserializeOwned + Send + Sync> TableCalls<T> for RecordTable<T> {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<(T, u64)>> {
        Box::pin(self.find(key))
    }

    fn put<'a>(&'a self, key: &'a str, value: &'a T, write: Write) -> Answer<'a, bool> {
        Box::pin(self.write(key, value, write))
    }
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

fn now_seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
}
