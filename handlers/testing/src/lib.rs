//! What the tests of handlers share: the services behind links in memory, and one function with its surroundings.
//!
//! Only tests use this crate, so nothing of it is in an archive.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod bench;
mod counter;
mod host;
mod objects;
mod queue;
mod secret;
mod table;
mod topic;

pub mod conformance;
pub mod upload;

pub use answers::check_statuses;
pub use bench::{Bench, assert_no_canary, standins};
pub use counter::FakeCounter;
pub use host::{ClosedPort, Host, answer};
pub use objects::FakeObjectStore;
pub use queue::FakeQueue;
pub use secret::{FakeSecret, Reading, secret, secret_of};
pub use table::FakeTable;
pub use topic::FakeTopic;

use runtime::Failure;
use runtime::calls::Answer;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// An answer that is there at once.
fn at_once<'a, T: Send + 'a>(result: Result<T, Failure>) -> Answer<'a, T> {
    Box::pin(std::future::ready(result))
}

/// What a test that failed before has left is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
