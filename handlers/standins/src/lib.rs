//! Stand-ins for the products that the handlers call, served on one loopback address.
//!
//! Each product is one `Service`: its own routes, its own error shape, its own credential.
//! What all of them share, recording and planned failures, lives in the recorder.
//! A new product is one more file beside `backlog.rs` and one more line in `server.rs`.

mod backlog;
mod clock;
mod control;
mod failure;
mod page;
mod received;
mod recorder;
mod server;
mod service;

pub use backlog::file::{BacklogFile, Content, Project, generated_bytes};
pub use failure::Failure;
pub use received::{Credential, ReceivedCall};
pub use server::{Keys, Standins};
