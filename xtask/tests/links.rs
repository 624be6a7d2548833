//! The links of handlers at an emulator of their own, held to what handlers' tests believe of them.
//!
//! `cargo xtask ci` runs it; by itself: `cargo test -p xtask --test links`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and prints its chapters")]

mod local {
    #[expect(dead_code, reason = "the other stories use the rest of it")]
    pub mod stage;
    pub mod story;
}

use local::stage::Stage;
use local::story::{Chapter, Part, Story, chapter};
use std::path::Path;
use std::process::{Command, ExitCode};

const CHAPTERS: &[Chapter<Stage>] = &[chapter("AWS's clients do what the services in memory do", conformance)];

fn main() -> ExitCode {
    Story {
        make: || Stage::beside_the_sources("links"),
        opening: chapter("the emulator starts", Stage::starts),
        parts: vec![Part { after: &[], chapters: CHAPTERS }],
        ending: chapter("the emulator stops", Stage::stops),
    }
    .run()
}

fn conformance(stage: &Stage) {
    let mut command = Command::new("cargo");
    for variable in deployer::variables_of_cargo() {
        command.env_remove(variable);
    }
    // The selection of `ci`, so that nothing is compiled with other features.
    command.args(["test", "--locked", "--workspace", "--exclude", "compiler"]);
    command.args(["--test", "emulator"]).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap());
    let output = command.envs(stage.variables()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    // A filter that finds nothing succeeds as well.
    assert!(said.contains("test tables ... ok") && said.contains(" 0 failed"), "{said}");
}
