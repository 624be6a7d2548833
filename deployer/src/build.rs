//! Compiles handlers: one cargo invocation, in a child process, checked binaries out.

mod environment;

use crate::binary::{self, Binary, host_architecture, target_of};
use crate::error::{Error, Outcome};
use crate::event::{Reporter, Step};
use crate::lock::lock;
use crate::python::PythonTools;
use crate::workspace::Workspace;
use environment::BuildEnvironment;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use stacks::Architecture;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// How much the compiler works for a smaller and faster binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Seconds after a change; for the local stage.
    Light,
    /// What AWS gets.
    Release,
}

impl Profile {
    fn name(self) -> &'static str {
        match self {
            Self::Light => "lambda-local",
            Self::Release => "lambda",
        }
    }
}

/// Who links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linking {
    /// This machine's linker first, and zig if the result needs a newer glibc than Lambda has.
    NativeFirst,
    /// zig, which gives the same bytes on every machine.
    Zig,
}

/// What to build, and how.
#[derive(Clone, Debug)]
pub struct BuildSettings {
    /// Profile of the root manifest.
    pub profile: Profile,
    /// The processor to build for.
    pub architecture: Architecture,
    /// Who links.
    pub linking: Linking,
    /// The executable with the hidden command that compiles: the one of the running command.
    pub executable: PathBuf,
}

const STEP: &str = "building the handlers";
/// How long compilers have to end after each signal; one that gives back a few GiB takes its time.
const END_LIMIT: Duration = Duration::from_secs(2);
/// Poll interval.
const END_INTERVAL: Duration = Duration::from_millis(5);

/// Builds the packages, if there are any, and checks every binary; they are in the order of `packages`.
pub async fn build(
    workspace: &Workspace,
    packages: &[&str],
    settings: &BuildSettings,
    reporter: &Reporter,
) -> Outcome<Vec<Binary>> {
    if packages.is_empty() {
        return Ok(Vec::new());
    }
    let is_host = settings.architecture == host_architecture() && cfg!(target_os = "linux");
    if !is_host {
        check_target(workspace, settings.architecture).await?;
    }
    if settings.linking == Linking::NativeFirst && is_host {
        let step = reporter.begin(STEP);
        let work = compile(workspace, packages, settings, None, &step);
        let binaries = step.run(work, |binaries| counted(binaries)).await;
        if !matches!(binaries, Err(Error::Binary { .. })) {
            return binaries;
        }
        reporter.note("this machine's glibc is newer than Lambda's: linking with zig");
    }
    let zig = PythonTools::ZIG.install(workspace, reporter).await?;
    let step = reporter.begin(STEP);
    let work = compile(workspace, packages, settings, Some(&zig), &step);
    step.run(work, |binaries| counted(binaries)).await
}

fn counted(binaries: &[Binary]) -> String {
    let names: Vec<&str> = binaries.iter().map(|binary| binary.package.as_str()).collect();
    names.join(", ")
}

async fn compile(
    workspace: &Workspace,
    packages: &[&str],
    settings: &BuildSettings,
    zig: Option<&Path>,
    step: &Step,
) -> Outcome<Vec<Binary>> {
    // Held until the binaries are copied; the system releases it when the process ends in any way.
    let waiting = || step.doing("waiting for another build to finish");
    let _lock = lock(workspace, "build.lock", waiting).await?;
    let linker = if zig.is_some() { "zig" } else { "native" };
    let output = workspace.target().join("handlers").join(format!(
        "{}-{}-{linker}",
        settings.profile.name(),
        target_of(settings.architecture)
    ));
    let surroundings = BuildEnvironment::of(workspace)?;
    let mut command = Command::new(&settings.executable);
    command
        .arg("__compile")
        .arg("--manifest")
        .arg(workspace.root().join("Cargo.toml"))
        .args(["--profile", settings.profile.name()])
        .arg("--output")
        .arg(&output)
        .args(packages)
        .current_dir(environment::FOLDER)
        .env_clear()
        .envs(&surroundings.variables)
        .env("CARGO_TARGET_DIR", workspace.root().join("target"))
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_ENCODED_RUSTFLAGS", rust_flags(workspace, &surroundings.cargo_home));
    match zig {
        None => command.args(["--native", "--target", target_of(settings.architecture)]),
        Some(zig) => command
            .args(["--target", &format!("{}.2.34", target_of(settings.architecture))])
            .env("CARGO_ZIGBUILD_ZIG_PATH", zig_executable(zig)?)
            .env("CARGO_ZIGBUILD_CACHE_DIR", workspace.target().join("zig-cache")),
    };
    run(command, step).await?;
    packages
        .iter()
        .map(|package| binary::check(package, &output.join(package).join("bootstrap"), settings.architecture))
        .collect()
}

/// Paths of this machine must not reach the binary: they would make it differ from others.
fn rust_flags(workspace: &Workspace, cargo_home: &Path) -> String {
    let registry = format!("--remap-path-prefix={}=/cargo", cargo_home.join("registry").join("src").display());
    let root = format!("--remap-path-prefix={}=/tsugite", workspace.root().display());
    // The last one that fits is taken.
    let flags = if cargo_home.starts_with(workspace.root()) { [root, registry] } else { [registry, root] };
    flags.join("\u{1f}")
}

/// Variables that cargo sets for a program that it runs.
///
/// Build scripts look at some of them. A cargo that this one starts must not see them, or it would run
/// these scripts again, and compile all that depends on them, each time the tool is started in another way.
#[expect(clippy::disallowed_methods, reason = "these are removed from cargo's environment")]
pub fn variables_of_cargo() -> impl Iterator<Item = OsString> {
    const NAMES: [&str; 6] = [
        "CARGO",
        "CARGO_BIN_NAME",
        "CARGO_CRATE_NAME",
        "CARGO_MANIFEST_DIR",
        "CARGO_MANIFEST_PATH",
        "CARGO_PRIMARY_PACKAGE",
    ];
    std::env::vars_os().map(|(name, _)| name).filter(|name| {
        let name = name.to_string_lossy();
        NAMES.contains(&name.as_ref()) || name.starts_with("CARGO_PKG_")
    })
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

/// Runs cargo until it ends; reports each crate it compiles, and keeps its output for an error.
async fn run(mut command: Command, step: &Step) -> Outcome<()> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
    let program = PathBuf::from(command.as_std().get_program());
    let mut group = Group(command.spawn().map_err(Error::file("run", &program))?);
    let mut said = Vec::new();
    let mut n_compiled = 0;
    if let Some(stderr) = group.0.stderr.take() {
        let mut lines = BufReader::new(stderr).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some(package) = line.trim_start().strip_prefix("Compiling ") {
                n_compiled += 1;
                let name = package.split(' ').next().unwrap_or_default();
                step.doing(format!("{n_compiled} crates, now {name}"));
            } else {
                said.push(line);
            }
        }
    }
    let status = group.0.wait().await.map_err(Error::file("wait for", &program))?;
    match status.success() {
        true => Ok(()),
        false => Err(failed(said)),
    }
}

/// A child and all processes that it started: cargo must not continue after the command was interrupted.
struct Group(Child);

impl Drop for Group {
    /// Ends the whole group and waits for it: the next command must not meet a running compiler.
    fn drop(&mut self) {
        // A child that was waited for has no number any more.
        let Some(pid) = self.0.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)) else { return };
        for signal in [Signal::TERM, Signal::KILL] {
            let asked = Instant::now();
            // Each may have ended already.
            let _ = kill_process_group(pid, signal);
            while asked.elapsed() < END_LIMIT {
                let _ = self.0.try_wait();
                if !is_at_work(pid) {
                    return;
                }
                std::thread::sleep(END_INTERVAL);
            }
        }
    }
}

/// Whether a process of this group has not ended yet.
fn is_at_work(group: Pid) -> bool {
    let Ok(processes) = std::fs::read_dir("/proc") else { return test_kill_process_group(group).is_ok() };
    let group = group.as_raw_nonzero().to_string();
    processes.filter_map(Result::ok).any(|process| {
        let stat = std::fs::read_to_string(process.path().join("stat")).unwrap_or_default();
        // After the name in parentheses: the state, the parent, the group.
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').take(3).collect();
        // A process that has ended stays as a zombie until its parent reaps it.
        matches!(fields[..], [state, _, of] if of == group && !["Z", "X"].contains(&state))
    })
}

fn failed(said: Vec<String>) -> Error {
    let output = said.join("\n");
    if output.contains("No space left on device") {
        return Error::Program {
            what: "the disk is full".into(),
            hint: "free some space, then run the command again".into(),
        };
    }
    Error::Compilation { output }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;

    /// Runs a "cargo" that starts this script, interrupts the build as soon as the script prints its number,
    /// and gives back that number.
    async fn interrupted(script: &str) -> Pid {
        let mut command = Command::new("sh");
        command.args(["-c", "sh -c \"$SCRIPT\"; :"]).env("SCRIPT", format!("{script}; echo Compiling $$ >&2; {LOOP}"));
        let (reporter, mut events) = Reporter::new();
        let step = reporter.begin(STEP);
        let number = async {
            loop {
                if let Event::Doing { detail, .. } = events.recv().await.unwrap() {
                    return detail.rsplit(' ').next().unwrap().parse().unwrap();
                }
            }
        };
        tokio::select! {
            result = run(command, &step) => panic!("the shell ended: {result:?}"),
            number = number => Pid::from_raw(number).unwrap(),
        }
    }

    /// Says nothing more: no one reads it.
    const LOOP: &str = "exec 2>/dev/null; while :; do sleep 0.05; done";

    /// What `ps` knows of a process that has not ended.
    fn state(pid: Pid) -> Option<String> {
        let pid = pid.as_raw_nonzero().to_string();
        let output = std::process::Command::new("ps").args(["-o", "stat=", "-p", &pid]).output().unwrap();
        let state = String::from_utf8(output.stdout).unwrap().trim().to_owned();
        (!state.is_empty() && !state.starts_with('Z')).then_some(state)
    }

    #[tokio::test]
    async fn interrupted_compilers_have_ended_when_we_go_on() {
        for _ in 0..3 {
            let pid = interrupted("trap 'sleep 0.3; exit' TERM").await;
            assert_eq!(state(pid), None);
        }
    }

    #[tokio::test]
    async fn a_compiler_that_does_not_listen_is_ended() {
        let pid = interrupted("trap '' TERM").await;
        assert_eq!(state(pid), None);
    }
}
