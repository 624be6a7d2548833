//! Where one point after the other is tried: an emulator, the wire before it, and a stage in a folder.

use super::account::{Account, Inventory};
use super::call::Call;
use super::emulator::Emulator;
use super::gate::Gate;
use super::wire::{Plan, Wire};
use rustix::process::{Pid, Signal, kill_process};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::process::Child;
use tokio::runtime::Runtime;
use tokio::time::timeout;

pub const REGION: &str = "ap-northeast-1";
pub const STAGE: &str = "faults";
/// The stack that needs no handler.
pub const STACK: &str = "bytebase-workflow";
/// How long a command may take before it counts as one that never ends.
const LIMIT: Duration = Duration::from_secs(150);
/// How long a command may take until a certain call.
const GATE_LIMIT: Duration = Duration::from_secs(60);
/// How long an attempt of a call may take, in seconds: short, and longer than a busy machine needs.
const CALL_TIMEOUT: &str = "4";

/// The lane.
pub struct Lane {
    root: PathBuf,
    runtime: Runtime,
    wire: Wire,
    emulator: Emulator,
    account: Account,
    /// What is there before anything is deployed.
    empty: Inventory,
}

/// A command of the tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Look,
    Deploy,
    Destroy,
    Endpoints,
    TestEvent,
}

/// A setting of the stage whose change is an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    Nine,
    Ten,
}

/// By which way the calls of a command go.
pub enum Way {
    /// Straight to the emulator.
    Direct,
    /// Over the wire, with this plan.
    Wire(Plan),
}

/// A command that runs.
pub struct Running {
    child: Child,
    is_on_wire: bool,
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    /// How it ended; `None` if it had to be ended.
    pub end: Option<ExitStatus>,
    pub stdout: String,
    pub stderr: String,
    /// Its calls, if they went over the wire.
    pub calls: Vec<Call>,
    /// How many of them the plan disturbed.
    pub n_faults: usize,
}

impl Lane {
    /// How long each operation on a stack takes, unless a test says otherwise: it is seen in progress.
    pub const PACE: Duration = Duration::from_millis(500);

    /// Name of the stack in the account.
    pub fn stack_name() -> String {
        format!("tsugite-{STAGE}-{STACK}")
    }

    /// Makes a lane in a folder of its own.
    pub fn new(number: usize) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("faults/lane-{number}"));
        std::fs::create_dir_all(root.join("stacks/stages")).unwrap();
        std::fs::create_dir_all(root.join("xtask")).unwrap();
        let emulator = Emulator::start(&root);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let wire = runtime.block_on(Wire::start(emulator.address()));
        let mut account = Account::of(&emulator);
        let empty = account.inventory();
        let mut lane = Self { root, runtime, wire, emulator, account, empty };
        lane.choose(Schedule::Nine);
        lane.slow_down(Self::PACE);
        lane
    }

    /// Writes the stage file.
    pub fn choose(&self, schedule: Schedule) {
        let hour = match schedule {
            Schedule::Nine => 9,
            Schedule::Ten => 10,
        };
        let stage = format!(
            "region: {REGION}\nbytebase_workflow:\n  host: bytebase.example.com\n  \
             service_account: tsugite@service.bytebase.com\n  schedule: cron(0 {hour} * * ? *)\n"
        );
        std::fs::write(self.root.join(format!("stacks/stages/{STAGE}.yaml")), stage).unwrap();
    }

    /// From now on each operation on a stack takes so long.
    pub fn slow_down(&mut self, duration: Duration) {
        self.emulator.slow_down(duration);
    }

    /// The next change of a resource is throttled by its service.
    pub fn throttle(&mut self) {
        self.emulator.throttle();
    }

    /// Runs a command to its end.
    pub fn run(&self, command: Command, way: Way) -> Ran {
        let running = self.start(command, way);
        self.finish(running)
    }

    /// Runs a command undisturbed; fails unless it succeeds.
    pub fn succeeds(&self, command: Command) -> Result<Ran, String> {
        let ran = self.run(command, Way::Direct);
        match ran.code() {
            Some(0) => Ok(ran),
            _ => Err(format!("{command:?} ended with {ran}")),
        }
    }

    /// Starts a command.
    pub fn start(&self, command: Command, way: Way) -> Running {
        match way {
            Way::Direct => self.spawn(command, &self.emulator.url(), false),
            Way::Wire(plan) => {
                self.wire.begin(plan);
                let running = self.start_beside(command);
                self.wire.aim_at(running.child.id().unwrap());
                running
            }
        }
    }

    /// Starts another command on the wire, under the plan of the first.
    pub fn start_beside(&self, command: Command) -> Running {
        self.spawn(command, &self.wire.url(), true)
    }

    fn spawn(&self, command: Command, url: &str, is_on_wire: bool) -> Running {
        let _runtime = self.runtime.enter();
        Running { child: self.command(command, url).spawn().unwrap(), is_on_wire }
    }

    #[expect(clippy::disallowed_methods, reason = "what the environment says of AWS must not reach the command")]
    fn command(&self, command: Command, url: &str) -> tokio::process::Command {
        let mut process = tokio::process::Command::new(env!("CARGO_BIN_EXE_xtask"));
        process.args(command.arguments()).args(["--stage", STAGE]);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("AWS_") {
                process.env_remove(name);
            }
        }
        process
            .current_dir(&self.root)
            .env("CARGO_MANIFEST_DIR", self.root.join("xtask"))
            .env("AWS_ENDPOINT_URL", url)
            .envs(self.emulator.credentials())
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("NO_PROXY", "127.0.0.1")
            .env("BYTEBASE_SERVICE_KEY", "bbs_of_the_fault_tests")
            .env("TSUGITE_CALL_TIMEOUT", CALL_TIMEOUT)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        process
    }

    /// Waits for the end of a command.
    pub fn finish(&self, running: Running) -> Ran {
        let Running { mut child, is_on_wire } = running;
        let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        self.runtime.block_on(async {
            use tokio::io::AsyncReadExt;
            let (mut out, mut err) = (String::new(), String::new());
            let reads = async { tokio::join!(stdout.read_to_string(&mut out), stderr.read_to_string(&mut err)) };
            let is_over = timeout(LIMIT, reads).await.is_ok();
            if !is_over {
                child.kill().await.unwrap();
            }
            let end = child.wait().await.unwrap();
            let (calls, n_faults) = if is_on_wire { self.wire.seen() } else { Default::default() };
            Ran { end: is_over.then_some(end), stdout: out, stderr: err, calls, n_faults }
        })
    }

    /// Waits until a call of a command is at a gate; `false` if the command ended before.
    pub fn wait_at(&self, gate: &Gate, running: &mut Running) -> bool {
        self.runtime.block_on(async {
            tokio::select! {
                () = gate.reached() => true,
                _ = running.child.wait() => false,
                () = tokio::time::sleep(GATE_LIMIT) => panic!("neither the call nor the end came in {GATE_LIMIT:?}"),
            }
        })
    }

    /// Gives a command time to end; whether it took it does not matter.
    pub fn give_time(&self, running: &mut Running, limit: Duration) {
        let _ = self.runtime.block_on(async { timeout(limit, running.child.wait()).await });
    }

    /// The account as botocore sees it.
    pub fn account(&mut self) -> &mut Account {
        &mut self.account
    }

    /// What is in the account now.
    pub fn inventory(&mut self) -> Inventory {
        self.account.inventory()
    }

    /// What the account held before anything was deployed.
    pub fn empty(&self) -> &Inventory {
        &self.empty
    }
}

impl Command {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Look => &["deploy", STACK, "--dry-run"],
            Self::Deploy => &["deploy", STACK, "--yes"],
            Self::Destroy => &["destroy", STACK, "--yes"],
            Self::Endpoints => &["endpoints"],
            Self::TestEvent => &["publish-test-event", STACK],
        }
    }
}

impl Running {
    /// Sends a signal to the command, unless it has ended.
    pub fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|id| Pid::from_raw(id.try_into().unwrap()));
        if let Some(pid) = pid {
            let _ = kill_process(pid, signal);
        }
    }
}

impl Ran {
    pub fn code(&self) -> Option<i32> {
        self.end.and_then(|end| end.code())
    }

    /// Whether a signal ended it.
    pub fn was_killed(&self) -> bool {
        use std::os::unix::process::ExitStatusExt;
        self.end.is_some_and(|end| end.signal() == Some(Signal::KILL.as_raw()))
    }

    /// Whether it made this call.
    pub fn called(&self, name: &str) -> bool {
        self.calls.iter().any(|call| call.name() == name)
    }

    /// The call that it made last.
    pub fn last_call(&self) -> String {
        self.calls.last().map(Call::name).unwrap_or_default()
    }

    /// What is wrong with the manner in which it ended, whatever it was asked to do.
    pub fn faults_of_manner(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        let n_errors = self.stderr.lines().filter(|line| line.starts_with("error:")).count();
        match self.code() {
            Some(0) if n_errors > 0 => wrong.push("it succeeded and says `error:`".to_owned()),
            Some(1 | 2) if n_errors != 1 => wrong.push(format!("{n_errors} lines begin with `error:`")),
            Some(0..=2) => {}
            Some(code) => wrong.push(format!("exit code {code}")),
            None if self.end.is_none() => wrong.push(format!("it had not ended after {LIMIT:?}")),
            None => wrong.push(format!("it ended with {:?}", self.end)),
        }
        if self.stderr.contains("panicked") {
            wrong.push("it panicked".to_owned());
        }
        wrong
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let end = self.end.map_or("no end".to_owned(), |end| end.to_string());
        write!(formatter, "{end}:\n{}", self.stderr.trim())
    }
}
