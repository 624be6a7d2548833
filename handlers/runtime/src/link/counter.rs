//! A counter that several copies of a function share, and that never passes its limit.

use super::end_of;
use crate::Failure;
use crate::calls::CounterCalls;
use std::time::Duration;

/// Counts in a table.
pub struct Counter(Box<dyn CounterCalls>);

impl Counter {
    /// A counter in a table.
    pub fn new(table: impl CounterCalls + 'static) -> Self {
        Self(Box::new(table))
    }

    /// Adds one to the number of this key, which expires after `life`; `false` and nothing
    /// changed if the limit is reached.
    ///
    /// Reading, comparing and adding are one operation: two copies cannot both be the last.
    pub async fn count(&self, key: &str, limit: u32, life: Duration) -> Result<bool, Failure> {
        self.0.count(key, limit, end_of(life)).await
    }
}
