//! A stage on AWS, driven from outside as its owner would; the account is an emulator without stand-ins.
//!
//! It runs in the same copy of the sources as the first story, which compiles handlers as AWS gets them.
//! `cargo xtask ci` runs it after that one; by itself: `cargo test -p xtask --test aws_stage`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and prints its chapters")]

#[allow(dead_code, reason = "the other stories use the rest of it")]
mod local {
    pub mod processes;
    pub mod stage;
    pub mod story;
}
#[allow(dead_code, reason = "the other stories use the rest of it")]
mod chapters {
    pub mod aws;
    pub mod world;
}

use chapters::aws;
use local::stage::Stage;
use local::story::{Part, Story, chapter};
use std::process::ExitCode;

fn main() -> ExitCode {
    Story {
        make: || {
            let stage = Stage::in_a_copy_of_the_sources("second-folder");
            stage.shares_tools();
            stage
        },
        opening: chapter("the emulator starts", Stage::starts),
        parts: vec![Part { after: &[], chapters: aws::CHAPTERS }],
        ending: chapter("the emulator stops", Stage::stops),
    }
    .run()
}
