//! The links of handlers at an emulator of their own, held to what handlers' tests believe of them.
//!
//! `cargo xtask ci` runs it; by itself: `cargo test -p xtask --test links`. The test that it starts is compiled with
//! the handlers, whose dependencies have other features than those of the tool.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and tells its chapters")]

mod local {
    pub mod chapter;
    #[expect(dead_code, reason = "the stories of systems use the rest of it")]
    pub mod stage;
}

use local::chapter::chapter;
use local::stage::Stage;
use std::path::Path;
use std::process::Command;

/// The steps of `ci`: of them the one that tests handlers, so that nothing is compiled with other features.
const CI: &str = include_str!("../src/ci.rs");

#[test]
fn links_are_as_their_fakes() {
    let stage = Stage::beside_the_sources("links");
    stage.run(&["local", "start"]).succeeds();
    chapter("AWS's clients do what the services in memory do", || conformance(&stage));
    stage.run(&["local", "stop"]).succeeds();
}

fn conformance(stage: &Stage) {
    let step = CI.lines().find_map(|line| line.trim().strip_prefix("\"cargo test --locked --workspace ")).unwrap();
    let mut command = Command::new("cargo");
    for variable in deployer::variables_of_cargo() {
        command.env_remove(variable);
    }
    command.args(["test", "--locked", "--workspace"]).args(step.trim_end_matches("\",").split(' '));
    command.args(["--test", "emulator"]).current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap());
    let output = command.envs(stage.variables()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    // A filter that finds nothing succeeds as well.
    assert!(said.contains("test tables ... ok") && said.contains(" 0 failed"), "{said}");
}
