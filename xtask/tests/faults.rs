//! Commands on a stage whose calls go wrong, one way at a time: every command that runs again must succeed.
//!
//! Each point has an account of its own, an emulator behind a proxy that breaks calls as planned; what is left is
//! checked by botocore. By itself this tries a sample of the points; `cargo xtask ci --thorough`
//! tries all. One part, or one point alone: `FAULTS=kill-create:7-before cargo test -p xtask --test faults`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and prints what it counted")]

mod faults {
    pub mod account;
    pub mod call;
    pub mod emulator;
    pub mod fault;
    pub mod gate;
    mod interrupt;
    mod kill;
    pub mod lane;
    pub mod points;
    mod single;
    mod soak;
    mod statuses;
    mod throttled;
    mod together;
    pub mod undisturbed;
    pub mod wire;
}
