//! One file per command.

pub mod bench;
pub mod deploy;
pub mod destroy;
pub mod docs;
pub mod endpoints;
pub mod graph;
pub mod local;
pub mod new;
pub mod policy;
pub mod publish_test_event;
pub mod synth;
