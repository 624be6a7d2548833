//! The local stage: an emulator of AWS and stand-ins for every SaaS, as background processes.

mod health;
mod orphan;
mod private_file;
mod process;
mod sources;
mod stand_ins;
mod state;

pub use health::{Lost, lost_meanwhile};
pub use orphan::wait_until_orphaned;
pub use stand_ins::StandInsSettings;

use crate::error::{Error, Outcome};
use crate::event::Reporter;
use crate::local_stage::LocalStage;
use crate::lock::lock;
use crate::pace::Pace;
use crate::python::PythonTools;
use crate::workspace::Workspace;
use process::{Background, Part};
use sha2::{Digest, Sha256};
use stacks::Region;
use state::State;
use std::net::TcpListener;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long a process may take to answer.
const START_LIMIT: Duration = Duration::from_secs(60);
/// Poll interval during the start.
const START_INTERVAL: Duration = Duration::from_millis(20);
/// How long a process may take to end before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(10);
/// Poll interval during the stop.
const STOP_INTERVAL: Duration = Duration::from_millis(10);
/// A port is free when it is chosen; another process can take it first.
const TRIES: usize = 3;
/// Two commands at once must not start two local stages.
const LOCK: &str = "local.lock";

/// The program that serves the stand-ins.
#[derive(Clone, Copy, Debug)]
pub struct StandInsProgram<'a> {
    /// The executable that runs; its hidden command `__stand-ins` serves them.
    pub executable: &'a Path,
    /// Changes with the list of stand-ins and their secrets.
    pub version: &'a str,
}

/// Whether the local stage runs, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalStatus {
    /// The running stage; also set if only the stand-ins have ended.
    pub local: Option<LocalStage>,
    /// What has ended without being stopped.
    pub lost: Option<Lost>,
    /// Where the logs of both processes are.
    pub folder: PathBuf,
}

/// Starts the local stage unless it runs, and returns its addresses.
///
/// A stage of another version is stopped and started again.
pub async fn start_local(
    workspace: &Workspace,
    region: &Region,
    program: &StandInsProgram<'_>,
    reporter: &Reporter,
) -> Outcome<LocalStage> {
    let executable = program.executable;
    let folder = workspace.local();
    // Only its owner reads what is in it.
    let make = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder);
    make.map_err(Error::file("make", &folder))?;
    let _lock = take_lock(workspace, reporter).await?;
    let version = version(program);
    match State::read(&folder) {
        Some(state) if state.version == version => match health::check(&state, &folder).await {
            None => return Ok(state.local),
            Some(lost) => {
                let part = lost.part;
                reporter.warn(lost.with_old_log().sentence());
                if part == Part::StandIns && state.emulator.is_running() {
                    return start_stand_ins(&folder, state, executable).await;
                }
            }
        },
        Some(_) => reporter
            .note("the local stage was started by another version of Tsugite; starting it again without its data"),
        None if !process::of_folder(&folder).is_empty() => reporter.warn(format!(
            "`{}` cannot be read; starting the local stage again without its data",
            State::file(&folder).display()
        )),
        None => {}
    }
    stop(&folder).await?;
    let environment = PythonTools::EMULATOR.install(workspace, reporter).await?;
    let step = "starting the local stage";
    reporter.step(step, start(&folder, &environment, region, executable, version), |local| local.emulator_url()).await
}

/// Whether the local stage runs, and where.
pub async fn local_status(workspace: &Workspace) -> Outcome<LocalStatus> {
    let folder = workspace.local();
    let Some(state) = State::read(&folder) else { return Ok(LocalStatus { local: None, lost: None, folder }) };
    let lost = health::check(&state, &folder).await;
    let has_emulator = lost.as_ref().is_none_or(|lost| lost.part == Part::StandIns && state.emulator.is_running());
    let local = has_emulator.then_some(state.local);
    Ok(LocalStatus { local, lost, folder })
}

/// Stops both processes, and those that an earlier run left; `false` if none was running.
pub async fn stop_local(workspace: &Workspace, reporter: &Reporter) -> Outcome<bool> {
    let folder = workspace.local();
    let _lock = take_lock(workspace, reporter).await?;
    stop(&folder).await
}

async fn take_lock(workspace: &Workspace, reporter: &Reporter) -> Outcome<std::fs::File> {
    let waiting = || {
        reporter.note("waiting for another command that starts or stops the local stage");
        reporter.wait("another command that starts or stops the local stage")
    };
    lock(workspace, LOCK, waiting).await
}

async fn start(
    folder: &Path,
    environment: &Path,
    region: &Region,
    executable: &Path,
    version: String,
) -> Outcome<LocalStage> {
    let mut last = None;
    for _ in 0..TRIES {
        let local = LocalStage::new(free_port()?, free_port()?)?;
        match start_once(folder, environment, region, executable, local, version.clone()).await {
            Ok(local) => return Ok(local),
            // A failed start leaves no process, because no state file would name it.
            Err(error) => {
                stop(folder).await?;
                match error {
                    Error::Local { .. } => last = Some(error),
                    other => return Err(other),
                }
            }
        }
    }
    Err(last.unwrap_or_else(|| Error::Local { what: "the local stage does not start".into(), hint: String::new() }))
}

async fn start_once(
    folder: &Path,
    environment: &Path,
    region: &Region,
    executable: &Path,
    local: LocalStage,
    version: String,
) -> Outcome<LocalStage> {
    let emulator = process::emulator(folder, environment, region.as_str(), &local)?;
    let stand_ins = process::stand_ins(folder, executable, &local)?;
    let state = State { version, local, emulator, stand_ins };
    // Written before it is healthy, so that an interrupted start can be stopped.
    state.write(folder)?;
    wait_until_healthy(&state, folder).await?;
    Ok(state.local)
}

/// Starts stand-ins at the address and with the secrets of those that ended; what is deployed stays.
async fn start_stand_ins(folder: &Path, state: State, executable: &Path) -> Outcome<LocalStage> {
    let stand_ins = process::stand_ins(folder, executable, &state.local)?;
    let state = State { stand_ins, ..state };
    state.write(folder)?;
    wait_until_healthy(&state, folder).await?;
    Ok(state.local)
}

async fn wait_until_healthy(state: &State, folder: &Path) -> Outcome<()> {
    let is_healthy = async |elapsed: Duration| {
        let Some(part) = health::silent(state).await else { return Ok(Some(())) };
        let ended = state.parts().into_iter().find(|(_, process)| !process.is_running());
        if ended.is_none() && elapsed < START_LIMIT {
            return Ok(None);
        }
        let (part, what) = ended.map_or((part, "does not answer"), |(part, _)| (part, "ended"));
        let log = part.log(folder);
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        let lines: Vec<&str> = said.lines().collect();
        let last = lines[lines.len().saturating_sub(5)..].join("\n  ");
        Err(Error::Local {
            what: format!("the local stage does not start: the {} {what}\n  {last}", part.name()),
            hint: format!("its whole output is in `{}`", log.display()),
        })
    };
    Pace::every(START_INTERVAL).until(is_healthy).await
}

/// Ends both processes and deletes the state file; `false` if none was running.
async fn stop(folder: &Path) -> Outcome<bool> {
    let mut processes = process::of_folder(folder);
    if let Some(state) = State::read(folder) {
        // A checkout that was moved since is known by its state alone.
        processes.extend([state.emulator, state.stand_ins]);
    }
    let was_running: Vec<bool> = processes.iter().map(Background::ask_to_end).collect();
    let have_ended = async |elapsed: Duration| {
        let is_over = elapsed > STOP_LIMIT || !processes.iter().any(Background::is_running);
        Ok::<_, Error>(is_over.then_some(()))
    };
    Pace::every(STOP_INTERVAL).until(have_ended).await?;
    processes.iter().for_each(Background::kill);
    State::remove(folder)?;
    Ok(was_running.contains(&true))
}

fn free_port() -> Outcome<u16> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| Error::Local {
            what: format!("no free port on 127.0.0.1: {error}"),
            hint: "stop a program that uses many ports, then run the command again".into(),
        })
}

/// Changes with everything that the emulator is started from, and with the stand-ins that there are.
fn version(program: &StandInsProgram<'_>) -> String {
    let mut digest = Sha256::new();
    digest.update(program.version);
    for (name, text) in sources::all() {
        digest.update(name);
        digest.update(text);
    }
    digest.update(PythonTools::EMULATOR.requirements);
    digest.update(env!("CARGO_PKG_VERSION"));
    hex::encode(&digest.finalize()[..8])
}
