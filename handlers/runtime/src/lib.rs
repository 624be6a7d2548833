//! What every handler shares at run time: triggers, links and logs.
//!
//! Handlers reach AWS by links only: they name no AWS client and read no environment variable. What a link
//! does is written here; who answers its calls is in the crates below `links`, one for each service, which
//! a handler names in its manifest and in [`linker!`]. No crate here has features of its own, so that a
//! handler's bytes do not depend on which other handlers are built beside it.

mod done;
mod environment;
mod failure;
mod link;
mod linker;
mod object;
mod trigger;

pub mod calls;
pub mod log;

#[doc(hidden)]
pub use contracts;

pub use bytes::Bytes;
pub use done::{Done, Outcome};
pub use environment::{Environment, LinkError};
pub use failure::Failure;
pub use link::{
    Abandoned, Archive, Attempt, Claims, Counter, Effect, ObjectStore, Queue, Records, Reread, Secret, Stored, Topic,
    Upload, Written,
};
pub use linker::{Opens, OpensWith, Variables};
pub use object::{KnownObject, Notes, Object};
pub use tokio::time::{Instant, timeout_at};
pub use trigger::http::{Reply, Request, serve_http};
pub use trigger::queue::{Delivery, serve_queue};
