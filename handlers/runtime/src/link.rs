//! What handlers hold: queues, secrets and object stores, real ones or fakes of the same type.

mod claims;
mod counter;
mod object_store;
mod queue;
pub(crate) mod records;
mod secret;
mod topic;
mod upload;

pub use claims::{Abandoned, Attempt, Claims, Effect};
pub use counter::{Counter, FakeCounter};
pub use object_store::{FakeObjectStore, KnownObject, Notes, ObjectStore};
pub(crate) use queue::REASON;
pub use queue::{FakeQueue, Queue};
pub use records::{Archive, FakeTable, Records, Stored};
pub use secret::Secret;
pub use topic::{FakeTopic, Topic};
pub use upload::{Upload, Written};

use crate::Failure;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata};
use contracts::trace::Cause;
use std::error::Error;

/// A failed call of AWS as a failure that may pass, named after the action that was refused.
fn failed_call<E>(action: &str, error: E) -> Failure
where
    E: ProvideErrorMetadata + Error,
{
    let failure = match (error.code(), error.message()) {
        (Some(code), Some(message)) => Failure::retry(format!("{action} failed: {code}: {message}")),
        _ => Failure::retry(format!("{action} failed: {}", DisplayErrorContext(&error))),
    };
    failure.because(Cause::of_aws(action, error.code().unwrap_or_default()))
}
