//! The build of what AWS gets: the same bytes for the same sources on every machine.

use super::cargo::{build_as_this_tool, executables, run};
use super::environment::{self, BuildEnvironment};
use super::{STEP, names_of, no_executable, take_turn};
use crate::binary::{self, Binary, host_architecture, target_of};
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use crate::python::PythonTools;
use crate::workspace::Workspace;
use stacks::Architecture;
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// The profile of the root manifest.
const PROFILE: &str = "lambda";
/// The glibc of Amazon Linux 2023.
const GLIBC: &str = "2.34";

/// The executable that compiles handlers, whose many packages nothing else needs.
#[derive(Clone, Debug)]
pub struct ReleaseCompiler {
    /// The executable.
    pub path: PathBuf,
}

impl ReleaseCompiler {
    /// Builds it from the sources of a workspace, as cargo builds this tool.
    pub async fn build(workspace: &Workspace, reporter: &Reporter) -> Outcome<Self> {
        const PACKAGE: &str = "compiler";
        let step = reporter.begin("building cargo-lambda-build");
        let work = async {
            let _lock = take_turn(workspace, &step).await?;
            let mut command = build_as_this_tool(workspace);
            command.args(["--package", PACKAGE]);
            let messages = run(command, &step, reporter).await?;
            let path = executables(&messages).remove(PACKAGE).ok_or_else(|| no_executable(PACKAGE))?;
            Ok(Self { path })
        };
        step.run(work, |_| "ready".into()).await
    }

    /// Compiles packages of a workspace for a processor, and checks the binaries; they are in the order of `packages`.
    pub async fn compile(
        &self,
        workspace: &Workspace,
        packages: &[&str],
        architecture: Architecture,
        reporter: &Reporter,
    ) -> Outcome<Vec<Binary>> {
        if architecture != host_architecture() || !cfg!(target_os = "linux") {
            check_target(workspace, architecture).await?;
        }
        let zig = PythonTools::ZIG.install(workspace, reporter).await?;
        let step = reporter.begin(STEP);
        let work = async {
            let _lock = take_turn(workspace, &step).await?;
            let surroundings = BuildEnvironment::of(workspace)?;
            let target = target_of(architecture);
            let output = workspace.target().join("handlers").join(format!("{PROFILE}-{target}"));
            let mut command = Command::new(&self.path);
            command
                .arg("--manifest")
                .arg(workspace.root().join("Cargo.toml"))
                .args(["--profile", PROFILE])
                .args(["--target", &format!("{target}.{GLIBC}")])
                .arg("--output")
                .arg(&output)
                .args(packages)
                .current_dir(environment::FOLDER)
                .env_clear()
                .envs(&surroundings.variables)
                .env("CARGO_TARGET_DIR", workspace.root().join("target"))
                .env("CARGO_ENCODED_RUSTFLAGS", rust_flags(workspace, &surroundings.cargo_home))
                .env("CARGO_ZIGBUILD_ZIG_PATH", zig_executable(&zig)?)
                .env("CARGO_ZIGBUILD_CACHE_DIR", workspace.target().join("zig-cache"));
            run(command, &step, reporter).await?;
            let check = |package: &&str| binary::check(package, &output.join(package).join("bootstrap"), architecture);
            packages.iter().map(check).collect::<Outcome<Vec<_>>>()
        };
        step.run(work, |binaries| names_of(binaries)).await
    }
}

/// Paths of this machine must not reach the binary: they would make it differ from others.
fn rust_flags(workspace: &Workspace, cargo_home: &Path) -> String {
    let registry = format!("--remap-path-prefix={}=/cargo", cargo_home.join("registry").join("src").display());
    let root = format!("--remap-path-prefix={}=/tsugite", workspace.root().display());
    // The last one that fits is taken.
    let flags = if cargo_home.starts_with(workspace.root()) { [root, registry] } else { [registry, root] };
    flags.join("\u{1f}")
}

/// The program in the package `ziglang`, wherever this Python keeps its packages.
fn zig_executable(environment: &Path) -> Outcome<PathBuf> {
    let lib = environment.join("lib");
    let versions = std::fs::read_dir(&lib).map_err(Error::file("read", &lib))?;
    versions
        .filter_map(Result::ok)
        .map(|version| version.path().join("site-packages/ziglang/zig"))
        .find(|path| path.exists())
        .ok_or_else(|| Error::Program {
            what: format!("zig is missing in `{}`", environment.display()),
            hint: "delete that folder, then run the command again".into(),
        })
}

/// Fails if a target's standard library is missing, with the command that installs it.
async fn check_target(workspace: &Workspace, architecture: Architecture) -> Outcome<()> {
    let mut command = Command::new("rustc");
    command.args(["--print", "target-libdir", "--target", target_of(architecture)]);
    // As in the build; rustup then also installs what the file with the toolchain asks for.
    command.env_clear().envs(BuildEnvironment::of(workspace)?.variables).current_dir(workspace.root());
    let output = command.output().await.map_err(Error::file("run", Path::new("rustc")))?;
    let folder = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let has_library = std::fs::read_dir(&folder).is_ok_and(|mut files| files.next().is_some());
    match has_library {
        true => Ok(()),
        false => Err(Error::Program {
            what: format!("Rust's standard library for {} is not installed", target_of(architecture)),
            hint: format!("run: rustup target add {}", target_of(architecture)),
        }),
    }
}
