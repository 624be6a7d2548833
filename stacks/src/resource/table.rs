//! Tables of DynamoDB.

use super::Resource;
use contracts::claim::Progress;
use contracts::{ClaimWork, Count, InsertRecords, KeepRecords, Wire};
use policies::{CfnString, Grant};
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::marker::PhantomData;

/// A table with the key `id`, paid by the request; its records end at `expires_at`.
///
/// Encrypted at rest by the service, as every table is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Table {
    attribute_definitions: Json,
    billing_mode: &'static str,
    key_schema: Json,
    time_to_live_specification: Json,
}

impl Resource for Table {
    const TYPE: &'static str = "AWS::DynamoDB::Table";
}

/// A table with what people want to keep: it can be set back to any second of the last 35 days.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct DataTable {
    #[serde(flatten)]
    table: Table,
    point_in_time_recovery_specification: Json,
}

impl Resource for DataTable {
    const TYPE: &'static str = "AWS::DynamoDB::Table";
    const HOLDS_DATA: bool = true;
}

impl Table {
    pub(crate) fn new() -> Self {
        Self {
            attribute_definitions: json!([{"AttributeName": "id", "AttributeType": "S"}]),
            billing_mode: "PAY_PER_REQUEST",
            key_schema: json!([{"AttributeName": "id", "KeyType": "HASH"}]),
            time_to_live_specification: json!({"AttributeName": "expires_at", "Enabled": true}),
        }
    }
}

impl DataTable {
    pub(crate) fn new() -> Self {
        Self { table: Table::new(), point_in_time_recovery_specification: json!({"PointInTimeRecoveryEnabled": true}) }
    }
}

/// A table in a stack whose records are of type `T`.
pub struct TableRef<T> {
    logical_id: String,
    record: PhantomData<fn() -> T>,
}

impl<T> TableRef<T> {
    pub(crate) fn new(logical_id: &str) -> Self {
        Self { logical_id: logical_id.to_owned(), record: PhantomData }
    }

    pub(crate) fn name(&self) -> CfnString {
        CfnString::reference(&self.logical_id)
    }

    fn arn(&self) -> CfnString {
        CfnString::attribute(&self.logical_id, "Arn")
    }

    /// Lets a function read, add and replace records.
    pub fn keep(&self) -> Wire<KeepRecords<T>> {
        #[expect(clippy::disallowed_methods, reason = "this is a resource")]
        Wire::new(self.name(), vec![Grant::KeepRecords { table: self.arn() }])
    }

    /// Lets a function add records.
    pub fn insert(&self) -> Wire<InsertRecords<T>> {
        #[expect(clippy::disallowed_methods, reason = "this is a resource")]
        Wire::new(self.name(), vec![Grant::InsertRecords { table: self.arn() }])
    }
}

/// The number of one day.
pub struct DailyCount;

impl TableRef<DailyCount> {
    /// Lets a function count up to a limit.
    pub fn count(&self) -> Wire<Count> {
        #[expect(clippy::disallowed_methods, reason = "this is a resource")]
        Wire::new(self.name(), vec![Grant::Count { table: self.arn() }])
    }
}

impl TableRef<Progress> {
    /// Lets a function claim work.
    pub fn claim(&self) -> Wire<ClaimWork> {
        #[expect(clippy::disallowed_methods, reason = "this is a resource")]
        Wire::new(self.name(), vec![Grant::KeepRecords { table: self.arn() }])
    }
}
