//! A stage on AWS, driven from outside as its owner would; the account is an emulator without stand-ins of ours.
//!
//! It runs in the same copy of the sources as the first story, which compiles handlers as AWS gets them.
//! `cargo xtask ci` runs it after that one; by itself: `cargo test -p xtask --test aws_stage`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and tells its chapters")]

#[allow(dead_code, reason = "the other stories use the rest of it")]
mod local {
    pub mod chapter;
    pub mod processes;
    pub mod stage;
}
#[allow(dead_code, reason = "the other stories use the rest of it")]
mod chapters {
    pub mod aws;
    pub mod world;
}

use chapters::aws;
use local::chapter::chapter;
use local::stage::Stage;

#[test]
fn a_stage_on_aws_from_end_to_end() {
    let stage = Stage::in_a_copy_of_the_sources("second-folder");
    stage.shares_tools();
    stage.run(&["local", "start"]).succeeds();
    let before = stage.account("inventory", &[]);
    chapter("a stage on AWS, from proposal to nothing", || aws::from_proposal_to_nothing(&stage, &before));
    chapter("a topic that is there already is listened to", || aws::existing_topic(&stage, &before));
    stage.run(&["local", "stop"]).succeeds();
}
