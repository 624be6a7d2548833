//! Where things are kept: buckets and tables.

use super::Stack;
use crate::resource::{Bucket, BucketPolicy, BucketRef, DailyCount, DataTable, Metric, Table, TableRef};

impl Stack {
    /// A private bucket that is retained when the stack is deleted; its name becomes an output.
    #[track_caller]
    pub fn bucket(&mut self, logical_id: &str, output: &'static str) -> BucketRef {
        let bucket = BucketRef::new(logical_id);
        self.add(logical_id, &Bucket::new());
        self.add(&format!("{logical_id}Policy"), &BucketPolicy::tls_only(&bucket));
        self.outputs.insert(output, bucket.name());
        bucket
    }

    /// A table with the state of functions; it is deleted with the stack.
    #[track_caller]
    pub fn memory<T>(&mut self, logical_id: &str) -> TableRef<T> {
        self.add(logical_id, &Table::new());
        TableRef::new(logical_id)
    }

    /// A table with the number of each day, and an alarm on a day that has reached its limit.
    #[track_caller]
    pub fn daily_counts(&mut self, logical_id: &str, advice: &str) -> TableRef<DailyCount> {
        self.add(logical_id, &Table::new());
        self.alarm(&format!("{logical_id}LimitAlarm"), Metric::refused_writes(logical_id), advice);
        TableRef::new(logical_id)
    }

    /// A table with data of people, which is retained when the stack is deleted; its name becomes an output.
    #[track_caller]
    pub fn data_table<T>(&mut self, logical_id: &str, output: &'static str) -> TableRef<T> {
        self.add(logical_id, &DataTable::new());
        let table = TableRef::new(logical_id);
        self.outputs.insert(output, table.name());
        table
    }
}
