//! Every way out of `deploy` and `destroy`: what is left, what others keep, and whether the exit code says so.
//!
//! The stage is one on AWS, whose account is an emulator of its own; a proxy holds, refuses or loses single calls.
//! By itself: `cargo test -p xtask --test ways_out`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and tells its chapters")]

#[expect(dead_code, reason = "the stories use the rest of it")]
mod local {
    pub mod chapter;
    pub mod stage;
}
mod ways {
    pub mod ground;
    pub mod proposals;
    pub mod removals;
    pub mod wire;
}

use local::chapter::chapter;
use ways::ground::Ground;
use ways::{proposals, removals};

#[test]
fn every_way_out_tells_the_truth() {
    let ground = Ground::new();
    chapter("interrupted before the execution, nothing is left", || proposals::interrupted(&ground));
    chapter("refused before the execution, nothing is left", || proposals::refused(&ground));
    chapter("what cannot be discarded is named", || proposals::left(&ground));
    chapter("a dry run that leaves something fails", || proposals::dry_run(&ground));
    chapter("updates leave no change set", || proposals::updates(&ground));
    chapter("a stack that comes back keeps everything", || removals::returned(&ground));
    chapter("what is gone already is removed", || removals::gone_already(&ground));
    chapter("a busy S3 is asked again", || removals::busy(&ground));
    chapter("other stages and regions keep everything", || removals::other_stages(&ground));
    chapter("the artifact bucket goes when it may", || removals::artifact_bucket(&ground));
    chapter("a bucket is protected by whoever comes next", || removals::protected(&ground));
    chapter("a stack that goes under its deployment", || removals::deleted_meanwhile(&ground));
    ground.stage.run(&["local", "stop"]).succeeds();
}
