//! What handlers hold: queues, topics, secrets, tables and object stores, in AWS or in memory.

mod claims;
mod counter;
mod object_store;
mod queue;
mod records;
mod secret;
mod topic;
mod upload;

pub use claims::{Abandoned, Attempt, Claims, Effect};
pub use counter::Counter;
pub use object_store::ObjectStore;
#[cfg(test)]
pub(crate) use queue::FakeQueue;
pub use queue::Queue;
pub(crate) use queue::REASON;
pub use records::{Archive, Records, Stored};
pub use secret::{Reread, Secret};
pub use topic::Topic;
pub use upload::{Upload, Written};

use std::time::{Duration, SystemTime};

/// When a life that starts now ends, in seconds since 1970.
fn end_of(life: Duration) -> u64 {
    (SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default() + life).as_secs()
}
