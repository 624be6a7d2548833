//! What holds of the services behind links: of those in memory here, and of AWS's clients.
//!
//! `tests/links` runs each of these with what is in memory, `tests/emulator.rs` with the clients against the emulator.
//! A fake that answers otherwise than AWS does fails here, and with it what handlers' tests believe.

mod counters;
mod messages;
mod objects;
mod secrets;
mod tables;

pub use counters::counters;
pub use messages::{queues, topics};
pub use objects::objects;
pub use secrets::{missing_secret, secrets};
pub use tables::{Sample, archives, claims, missing_table, records};
