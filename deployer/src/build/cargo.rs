//! Cargo in a child process: its progress, its output for an error, and its end when the command is interrupted.

use crate::error::{Error, Outcome};
use crate::event::{Reporter, Step};
use crate::workspace::Workspace;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

/// How long compilers have to end after each signal; one that gives back a few GiB takes its time.
const END_LIMIT: Duration = Duration::from_secs(2);
/// Poll interval.
const END_INTERVAL: Duration = Duration::from_millis(5);

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

/// A `cargo build` that sees what the cargo saw that built this tool, so that it finds the same crates compiled.
///
/// What it builds is said on its output as JSON; see [`executables`].
pub(super) fn build_as_this_tool(workspace: &Workspace) -> Command {
    let mut command = Command::new("cargo");
    for name in variables_of_cargo() {
        command.env_remove(name);
    }
    command.args(["build", "--message-format=json-render-diagnostics", "--manifest-path"]);
    command.arg(workspace.root().join("Cargo.toml")).current_dir(workspace.root());
    command
}

/// The executables that cargo's messages name, by the name of the target.
///
/// Source: the Cargo book, "External tools", "JSON messages".
pub(super) fn executables(messages: &str) -> BTreeMap<String, PathBuf> {
    let artifacts = messages.lines().filter_map(|line| serde_json::from_str::<Artifact>(line).ok());
    artifacts.filter_map(|artifact| Some((artifact.target.name, artifact.executable?))).collect()
}

#[derive(Deserialize)]
struct Artifact {
    target: Target,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// How many crates make a build that is worth a line: more than a change of the sources compiles.
const MANY: usize = 40;

/// Runs cargo until it ends; reports which crates it compiles, and returns what it writes to its output.
pub(super) async fn run(mut command: Command, step: &Step, reporter: &Reporter) -> Outcome<String> {
    // The bar has the counts. Source: the Cargo book, "Configuration", `term.progress`.
    command
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "80");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let program = PathBuf::from(command.as_std().get_program());
    let mut group = Group(command.spawn().map_err(Error::file("run", &program))?);
    let (stdout, stderr) = (group.0.stdout.take(), group.0.stderr.take());
    let output = async {
        let mut output = String::new();
        if let Some(mut stdout) = stdout {
            // What is not text is no message.
            let _ = stdout.read_to_string(&mut output).await;
        }
        output
    };
    let said = async {
        match stderr {
            Some(stderr) => follow(stderr, step, reporter).await,
            None => Vec::new(),
        }
    };
    let (output, said) = tokio::join!(output, said);
    let status = group.0.wait().await.map_err(Error::file("wait for", &program))?;
    match status.success() {
        true => Ok(output),
        false => Err(failed(said)),
    }
}

/// Reports what cargo does; returns the lines that are not about its progress.
async fn follow(stderr: impl AsyncRead + Unpin, step: &Step, reporter: &Reporter) -> Vec<String> {
    let (mut said, mut stderr) = (Vec::new(), BufReader::new(stderr));
    let (mut n_compiled, mut bar) = (0, None);
    let mut piece = Vec::new();
    while let Ok(1..) = read_piece(&mut stderr, &mut piece).await {
        let text = String::from_utf8_lossy(&piece);
        match Line::of(text.trim()) {
            Line::Compiling(name) => {
                n_compiled += 1;
                if n_compiled == MANY {
                    reporter.note("compiling the dependencies: only the first time, and after an update");
                }
                step.doing(match &bar {
                    Some(bar) => format!("{bar} crates, now {name}"),
                    None => format!("{n_compiled} crates, now {name}"),
                });
            }
            Line::Bar(counts) => bar = Some(counts.replace('/', " of ")),
            Line::Other("") => {}
            Line::Other(line) => said.push(line.to_owned()),
        }
        piece.clear();
    }
    said
}

/// Reads until the end of a line or of a state of the bar, which ends with a carriage return; returns how many bytes.
async fn read_piece(from: &mut (impl AsyncBufRead + Unpin), piece: &mut Vec<u8>) -> std::io::Result<usize> {
    let mut n_read = 0;
    loop {
        let buffer = from.fill_buf().await?;
        let end = buffer.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        let n_bytes = end.map_or(buffer.len(), |end| end + 1);
        piece.extend_from_slice(&buffer[..n_bytes]);
        from.consume(n_bytes);
        n_read += n_bytes;
        if end.is_some() || n_bytes == 0 {
            return Ok(n_read);
        }
    }
}

/// What cargo says while it works.
#[derive(Debug, PartialEq, Eq)]
enum Line<'a> {
    /// It began to compile this crate.
    Compiling(&'a str),
    /// How far it is, such as `12/340`.
    Bar(&'a str),
    /// Something else.
    Other(&'a str),
}

impl<'a> Line<'a> {
    fn of(line: &'a str) -> Self {
        // It erases the bar before it writes a line.
        let line = line.trim_start_matches("\u{1b}[K").trim_start();
        if let Some(package) = line.strip_prefix("Compiling ") {
            return Self::Compiling(package.split(' ').next().unwrap_or_default());
        }
        let bar = line.strip_prefix("Building [").and_then(|bar| bar.split_once("] "));
        match bar.and_then(|(_, counts)| counts.split([':', ' ']).next()) {
            Some(counts) => Self::Bar(counts),
            None => Self::Other(line),
        }
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
        let step = reporter.begin("building");
        let number = async {
            loop {
                if let Event::Doing { detail, .. } = events.recv().await.unwrap() {
                    return detail.rsplit(' ').next().unwrap().parse().unwrap();
                }
            }
        };
        tokio::select! {
            result = run(command, &step, &reporter) => panic!("the shell ended: {result:?}"),
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

    #[test]
    fn progress_is_told_from_what_cargo_says() {
        for (line, meaning) in [
            ("Compiling serde_core v1.0.228", Line::Compiling("serde_core")),
            ("\u{1b}[K   Compiling aws v0.1.0 (/sources/aws)", Line::Compiling("aws")),
            ("Building [=====>        ] 12/340: aws-sdk-s3, ring", Line::Bar("12/340")),
            ("Building [==============] 340/340", Line::Bar("340/340")),
            ("error[E0308]: mismatched types", Line::Other("error[E0308]: mismatched types")),
        ] {
            assert_eq!(Line::of(line), meaning);
        }
    }

    #[test]
    fn executables_are_found_by_their_names() {
        let messages = "{\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"serde\"},\"executable\":null}\n\
            {\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"one\"},\"executable\":\"/t/debug/one\"}\n\
            {\"reason\":\"build-finished\",\"success\":true}\n";
        assert_eq!(executables(messages), BTreeMap::from([("one".into(), "/t/debug/one".into())]));
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
