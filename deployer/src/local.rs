//! The local stage: an emulator of AWS and stand-ins for every SaaS, as background processes.

mod process;
mod state;

pub use state::{Local, StandInsSettings};

use crate::account::Account;
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use crate::python::PythonTools;
use crate::toolchain::Workspace;
use sha2::{Digest, Sha256};
use stacks::Region;
use state::State;
use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Starts the emulator with what it lacks filled in.
const LAUNCHER: &str = include_str!("../emulator/launcher.py");
/// How long a process may take until it answers.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long a process may take to end before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(10);
/// Ports are free when chosen; somebody else can be faster.
const TRIES: usize = 3;

/// Whether the local stage runs, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalStatus {
    /// The running stage.
    pub local: Option<Local>,
    /// Where the logs of both processes are.
    pub folder: PathBuf,
}

/// Starts the local stage unless it runs, and returns its addresses.
///
/// `executable` is our own; its hidden command `__stand-ins` serves the stand-ins.
pub async fn start_local(
    workspace: &Workspace,
    region: &Region,
    executable: &Path,
    reporter: &Reporter,
) -> Outcome<Local> {
    let folder = workspace.local();
    std::fs::create_dir_all(&folder).map_err(Error::file("make", &folder))?;
    let _lock = lock(&folder)?;
    let version = version();
    if let Some(state) = State::read(&folder) {
        if state.version == version && is_healthy(&state).await {
            return Ok(state.local);
        }
        if state.version != version {
            reporter
                .note("the local cloud is of another version of Tsugite and is started anew; what was in it is gone");
        }
        stop(&state).await;
        State::remove(&folder)?;
    }
    let environment = PythonTools::EMULATOR.install(workspace, reporter).await?;
    let step = "starting the local cloud";
    reporter.step(step, start(&folder, &environment, region, executable, version), |local| local.emulator_url()).await
}

/// Whether the local stage runs, and where.
pub async fn local_status(workspace: &Workspace) -> Outcome<LocalStatus> {
    let folder = workspace.local();
    let local = match State::read(&folder) {
        Some(state) if is_healthy(&state).await => Some(state.local),
        _ => None,
    };
    Ok(LocalStatus { local, folder })
}

/// Ends both processes; `false` if none was running.
pub async fn stop_local(workspace: &Workspace) -> Outcome<bool> {
    let folder = workspace.local();
    if !folder.exists() {
        return Ok(false);
    }
    let _lock = lock(&folder)?;
    let Some(state) = State::read(&folder) else { return Ok(false) };
    let was_running = stop(&state).await;
    State::remove(&folder)?;
    Ok(was_running)
}

/// The last lines of every function of the local stage, oldest first.
pub async fn local_logs(account: &Account, prefix: &str) -> Outcome<Vec<(String, String)>> {
    let mut lines = Vec::new();
    let groups = account
        .logs
        .describe_log_groups()
        .log_group_name_prefix(prefix)
        .send()
        .await
        .map_err(Error::aws("logs:DescribeLogGroups"))?;
    for group in groups.log_groups() {
        let Some(name) = group.log_group_name() else { continue };
        let mut pages = account.logs.filter_log_events().log_group_name(name).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(Error::aws("logs:FilterLogEvents"))?;
            for event in page.events() {
                let function = name.rsplit('/').next().unwrap_or(name).to_owned();
                let message = event.message().unwrap_or_default().trim_end().to_owned();
                lines.push((event.timestamp().unwrap_or_default(), function, message));
            }
        }
    }
    lines.sort_by_key(|(at, ..)| *at);
    Ok(lines.into_iter().map(|(_, function, message)| (function, message)).collect())
}

async fn start(
    folder: &Path,
    environment: &Path,
    region: &Region,
    executable: &Path,
    version: String,
) -> Outcome<Local> {
    let mut last = None;
    for _ in 0..TRIES {
        let local = Local::new(free_port()?, free_port()?)?;
        let emulator = process::emulator(folder, environment, region.as_str(), &local, LAUNCHER)?;
        let stand_ins = process::stand_ins(folder, executable, &local)?;
        let state = State { version: version.clone(), local, emulator, stand_ins };
        // Written before it is healthy, so that an interrupted start can be stopped.
        state.write(folder)?;
        match wait_until_healthy(&state, folder).await {
            Ok(()) => return Ok(state.local),
            Err(error) => {
                stop(&state).await;
                State::remove(folder)?;
                last = Some(error);
            }
        }
    }
    Err(last.unwrap_or_else(|| Error::Local { what: "the local cloud does not start".into(), hint: String::new() }))
}

async fn wait_until_healthy(state: &State, folder: &Path) -> Outcome<()> {
    let began = Instant::now();
    loop {
        if is_healthy(state).await {
            return Ok(());
        }
        let ended = [(&state.emulator, "emulator"), (&state.stand_ins, "stand-ins")]
            .into_iter()
            .find(|(process, _)| !process.is_running());
        let took_too_long = began.elapsed() > START_LIMIT;
        if ended.is_some() || took_too_long {
            let name = ended.map_or("emulator", |(_, name)| name);
            let log = folder.join(format!("{name}.log"));
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            let lines: Vec<&str> = said.lines().collect();
            let last = lines[lines.len().saturating_sub(5)..].join("\n  ");
            return Err(Error::Local {
                what: format!("the local cloud does not start: the {name} ended\n  {last}"),
                hint: format!("all it said is in `{}`", log.display()),
            });
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn is_healthy(state: &State) -> bool {
    let processes_run = state.emulator.is_running() && state.stand_ins.is_running();
    processes_run
        && answers(&format!("{}/_ministack/health", state.local.emulator_url())).await
        && answers(&format!("{}/_control/health", state.local.stand_ins_url())).await
}

async fn answers(url: &str) -> bool {
    let Ok(client) = loopback_client() else { return false };
    let answer = client.get(url).timeout(Duration::from_secs(5)).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

/// A client for loopback addresses, which no proxy reaches.
pub(crate) fn loopback_client() -> Outcome<reqwest::Client> {
    build(reqwest::Client::builder().no_proxy())
}

/// A client for an address of the local cloud; names below `localhost` lead to this machine,
/// which not every system's resolver knows.
pub(crate) fn client_for(local: &Local, url: &str) -> Outcome<reqwest::Client> {
    let builder = reqwest::Client::builder().no_proxy();
    let host = reqwest::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    build(match host.filter(|host| host.ends_with(".localhost")) {
        Some(host) => builder.resolve(&host, SocketAddr::from(([127, 0, 0, 1], local.emulator_port()))),
        None => builder,
    })
}

/// A client for deployed endpoints, by the proxy of this machine if it has one.
pub(crate) fn web_client() -> Outcome<reqwest::Client> {
    build(reqwest::Client::builder())
}

fn build(builder: reqwest::ClientBuilder) -> Outcome<reqwest::Client> {
    // Fails only if it is chosen already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    builder.redirect(reqwest::redirect::Policy::none()).build().map_err(|error| Error::Local {
        what: format!("TLS cannot be set up: {error}"),
        hint: "install your system's certificates (Debian and Ubuntu: ca-certificates)".into(),
    })
}

/// Ends both processes; `false` if none was running.
async fn stop(state: &State) -> bool {
    let was_running = [state.emulator.ask_to_end(), state.stand_ins.ask_to_end()];
    let began = Instant::now();
    for process in [&state.emulator, &state.stand_ins] {
        while process.is_running() && began.elapsed() < STOP_LIMIT {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        process.kill();
    }
    was_running.contains(&true)
}

/// Two commands at once must not start two clouds.
fn lock(folder: &Path) -> Outcome<File> {
    let path = folder.join("lock");
    let file = File::create(&path).map_err(Error::file("make", &path))?;
    file.lock().map_err(Error::file("lock", &path))?;
    Ok(file)
}

fn free_port() -> Outcome<u16> {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| Error::Local {
            what: format!("there is no free port on 127.0.0.1: {error}"),
            hint: "end a program that holds many ports, then type the same command again".into(),
        })
}

/// Changes with everything that the emulator is started from.
fn version() -> String {
    let mut digest = Sha256::new();
    digest.update(LAUNCHER);
    digest.update(PythonTools::EMULATOR.requirements);
    digest.update(env!("CARGO_PKG_VERSION"));
    digest.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}
