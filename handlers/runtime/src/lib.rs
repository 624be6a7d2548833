//! What every handler shares at run time: triggers, links, logs and the web client.
//!
//! Handlers get everything from here: they name no AWS client, read no environment variable
//! and add no dependency that could change the features of a shared one, so that a handler's
//! bytes do not depend on which other handlers are built beside it.

mod done;
mod failure;
mod link;
mod live;
mod trigger;

pub mod log;
pub mod web;

pub use bytes::Bytes;
pub use done::{Done, Outcome};
pub use failure::Failure;
pub use link::{
    Abandoned, Archive, Attempt, Claims, Counter, Effect, FakeCounter, FakeObjectStore, FakeQueue, FakeTable,
    FakeTopic, KnownObject, Notes, ObjectStore, Queue, Records, Secret, Stored, Topic, Upload, Written,
};
pub use live::Live;
pub use tokio::time::{Instant, timeout_at};
pub use trigger::http::{Reply, Request, serve_http};
pub use trigger::queue::{Delivery, serve_queue};
