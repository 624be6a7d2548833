//! Every way out of `deploy` and `destroy`: what is left, what others keep, and whether the exit code says so.
//!
//! The stage is one on AWS, whose account is an emulator of its own; a proxy holds, refuses or loses single calls.
//! By itself: `cargo test -p xtask --test ways_out`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and prints its chapters")]

#[expect(dead_code, reason = "the stories use the rest of it")]
mod local {
    pub mod stage;
    pub mod story;
}
mod ways {
    pub mod ground;
    pub mod proposals;
    pub mod removals;
    pub mod wire;
}

use local::story::{Part, Story, chapter};
use std::process::ExitCode;
use ways::ground::Ground;
use ways::{proposals, removals};

fn main() -> ExitCode {
    Story {
        make: Ground::new,
        opening: chapter("the account is empty", Ground::is_empty),
        parts: vec![
            Part { after: &[], chapters: proposals::CHAPTERS },
            Part { after: &[], chapters: removals::CHAPTERS },
        ],
        ending: chapter("the emulator stops", |ground: &Ground| ground.stage.stops()),
    }
    .run()
}
