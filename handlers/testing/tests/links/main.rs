//! What links do above the calls of a service, which are answered in memory here.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod claims;
mod conformance;
mod secrets;
mod uploads;
