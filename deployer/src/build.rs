//! Compiles handlers: one cargo invocation in a child process, checked binaries out.
//!
//! The two profiles are two ways. The light one builds as cargo builds this tool, so that the crates that both use are
//! compiled once. The release is built by cargo-lambda-build in an environment of its own, so that its bytes are the
//! same everywhere.

mod cargo;
mod environment;
mod light;
mod record;
mod release;

pub use cargo::variables_of_cargo;
pub use light::rebuild_tool;
pub use record::dependencies_of;
pub use release::ReleaseCompiler;

use crate::binary::Binary;
use crate::error::{Error, Outcome};
use crate::event::{Reporter, Step};
use crate::lock::lock;
use crate::workspace::Workspace;
use stacks::Architecture;
use std::fs::File;

/// How much the compiler works for a smaller and faster binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Seconds after a change; for the local stage, on the processor of this machine.
    Light,
    /// What AWS gets: linked with zig, for the glibc of Lambda.
    Release(Architecture),
}

const STEP: &str = "building the handlers";

/// Builds the packages, if there are any, and checks every binary; they are in the order of `packages`.
///
/// Each package has a binary of its name.
pub async fn build(
    workspace: &Workspace,
    packages: &[&str],
    profile: Profile,
    reporter: &Reporter,
) -> Outcome<Vec<Binary>> {
    if packages.is_empty() {
        return Ok(Vec::new());
    }
    match profile {
        Profile::Light => light::build(workspace, packages, reporter).await,
        Profile::Release(architecture) => {
            let compiler = ReleaseCompiler::build(workspace, reporter).await?;
            compiler.compile(workspace, packages, architecture, reporter).await
        }
    }
}

/// Waits until no other command builds; the turn is over when the file is closed, however the process ends.
async fn take_turn(workspace: &Workspace, step: &Step) -> Outcome<File> {
    lock(workspace, "build.lock", || step.doing("waiting for another build to finish")).await
}

fn no_executable(package: &str) -> Error {
    Error::Program {
        what: format!("cargo built no executable of the package `{package}`"),
        hint: format!("the package `{package}` needs a binary of the same name: a `src/main.rs`"),
    }
}

fn names_of(binaries: &[Binary]) -> String {
    let names: Vec<&str> = binaries.iter().map(|binary| binary.package.as_str()).collect();
    names.join(", ")
}
