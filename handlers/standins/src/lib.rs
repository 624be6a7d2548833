//! Stand-ins for the products that the handlers call, served on one loopback address.
//!
//! Each product is one `Service`: its own routes, its own error shape, its own credential.
//! What all of them share, recording and planned failures, lives in the recorder.
//! A new product is one more file beside `backlog.rs`, one more field of `Keys`, one more element in `server.rs`.

mod backlog;
mod bytebase;
mod clock;
mod control;
mod failure;
mod journal;
mod keys;
mod mackerel;
mod media;
mod page;
mod peer;
mod received;
mod recorder;
mod secret;
mod server;
mod service;
mod slack;
mod teams;

pub use backlog::custom_field::BacklogCustomField;
pub use backlog::file::{BacklogFile, Content, Project, generated_bytes};
pub use failure::Failure;
pub use keys::Keys;
pub use received::{Credential, ReceivedCall};
pub use server::Standins;
