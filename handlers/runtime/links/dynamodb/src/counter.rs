//! A table of numbers.

use crate::{EXPIRY, KEY};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use runtime::calls::{Answer, CounterCalls};

/// Attribute with the number.
const NUMBER: &str = "number";

pub(crate) struct NumberTable {
    pub(crate) client: Client,
    pub(crate) name: String,
}

impl CounterCalls for NumberTable {
    fn count<'a>(&'a self, key: &'a str, limit: u32, expires_at: u64) -> Answer<'a, bool> {
        let number = |number: u64| AttributeValue::N(number.to_string());
        let call = self
            .client
            .update_item()
            .table_name(&self.name)
            .key(KEY, AttributeValue::S(key.to_owned()))
            .update_expression("SET #end = :end ADD #number :one")
            .condition_expression("attribute_not_exists(#number) OR #number < :limit")
            .expression_attribute_names("#end", EXPIRY)
            .expression_attribute_names("#number", NUMBER)
            .expression_attribute_values(":end", number(expires_at))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":limit", number(limit.into()));
        Box::pin(async move {
            match call.send().await {
                Ok(_) => Ok(true),
                Err(error) => match error.as_service_error() {
                    Some(service) if service.is_conditional_check_failed_exception() => Ok(false),
                    _ => Err(aws::failed_call("dynamodb:UpdateItem", error)),
                },
            }
        })
    }
}
