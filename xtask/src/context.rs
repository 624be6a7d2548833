//! What every command shares: the workspace, the display, the account once it is known.

use crate::display::Display;
use crate::failure::Failure;
use crate::prompt::MfaPrompt;
use crate::result::unwritten;
use crate::signals::Signals;
use crate::stage_file;
use deployer::{
    Account, Error, LocalStage, LocalTurn, Reporter, StandInsProgram, Workspace, discard_open, local_status,
    lost_meanwhile, start_local, still_open,
};
use stacks::Stage;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// How long discarding proposals may take, at the end of a command.
const DISCARDING_LIMIT: Duration = Duration::from_secs(90);
/// The hint after an interruption before anything changed.
const NOTHING_CHANGED: &str = "nothing was changed";

/// The surroundings of a command.
pub struct Context {
    /// The sources.
    pub workspace: Workspace,
    /// Sends events to the display.
    pub reporter: Reporter,
    display: Mutex<Option<Display>>,
    /// The account of the last connection: the local stage may be started again in between.
    account: Mutex<Option<Arc<Account>>>,
    /// Whether the command continues after it has printed results.
    goes_on: AtomicBool,
    /// Whether nothing is in progress that a signal would interrupt.
    is_idle: AtomicBool,
    /// What a command that succeeds exits with, if that is not 0.
    exit_code: OnceLock<u8>,
}

impl Context {
    pub fn new() -> Result<Self, Failure> {
        let workspace = Workspace::new(root()?);
        let (reporter, events) = Reporter::new();
        Ok(Self {
            workspace,
            reporter,
            display: Mutex::new(Some(Display::start(events))),
            account: Mutex::new(None),
            goes_on: AtomicBool::new(false),
            is_idle: AtomicBool::new(false),
            exit_code: OnceLock::new(),
        })
    }

    /// Sets what the command exits with if it succeeds.
    pub fn exit_with(&self, code: u8) {
        // One command sets it once.
        let _ = self.exit_code.set(code);
    }

    /// What the command exits with if it succeeds.
    pub fn exit_code(&self) -> u8 {
        self.exit_code.get().copied().unwrap_or_default()
    }

    /// Reads a stage file.
    pub fn stage(&self, name: &str) -> Result<Stage, Failure> {
        stage_file::read(&self.workspace, name)
    }

    /// Waits until no other command changes the local stage. Others wait while the result is held.
    pub async fn local_turn(&self) -> Result<LocalTurn, Failure> {
        let turn = LocalTurn::take(&self.workspace, &self.reporter).await;
        turn.map_err(|error| self.failure(&error))
    }

    /// The account of a stage. Starts the local stage if it does not run.
    pub async fn connect(&self, stage: &Stage) -> Result<Arc<Account>, Failure> {
        if !stage.is_local() {
            return self.remember(Account::on_aws(stage, &MfaPrompt, &self.reporter).await);
        }
        let executable = executable()?;
        let version = standins::version();
        let program = StandInsProgram { executable: &executable, version: &version };
        let local = start_local(&self.workspace, &stage.region, &program, &self.reporter).await;
        self.remember(
            Account::on_this_machine(stage, local.map_err(|error| self.failure(&error))?, &self.reporter).await,
        )
    }

    /// The account of a stage; `None` if it is the local one and does not run.
    pub async fn connect_if_running(&self, stage: &Stage) -> Result<Option<Arc<Account>>, Failure> {
        if !stage.is_local() {
            return self.connect(stage).await.map(Some);
        }
        match self.running_local().await? {
            Some(local) => self.remember(Account::on_this_machine(stage, local, &self.reporter).await).map(Some),
            None => Ok(None),
        }
    }

    /// The local stage; `None` if it does not run, a failure if it ended without being stopped.
    pub async fn running_local(&self) -> Result<Option<LocalStage>, Failure> {
        let status = local_status(&self.workspace).await.map_err(|error| self.failure(&error))?;
        match status.lost {
            Some(lost) => Err(self.failure(&lost.error())),
            None => Ok(status.local),
        }
    }

    /// As `connect_if_running`, but only warns about what the local stage lost: it need not be destroyed.
    pub async fn connect_to_destroy(&self, stage: &Stage) -> Result<Option<Arc<Account>>, Failure> {
        if !stage.is_local() {
            return self.connect(stage).await.map(Some);
        }
        let status = local_status(&self.workspace).await.map_err(|error| self.failure(&error))?;
        if let Some(lost) = status.lost {
            self.reporter.warn(lost.to_string());
        }
        match status.local {
            Some(local) => self.remember(Account::on_this_machine(stage, local, &self.reporter).await).map(Some),
            None => Ok(None),
        }
    }

    fn remember(&self, account: Result<Account, Error>) -> Result<Arc<Account>, Failure> {
        let account = Arc::new(account.map_err(|error| self.failure(&error))?);
        *self.account.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&account));
        Ok(account)
    }

    fn account(&self) -> Option<Arc<Account>> {
        self.account.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps the display after results are printed, for a command that continues.
    pub fn go_on(&self) {
        self.goes_on.store(true, Ordering::Relaxed);
    }

    /// Says whether nothing is in progress, so that a signal is the expected end of the command.
    pub fn set_idle(&self, is_idle: bool) {
        self.is_idle.store(is_idle, Ordering::Relaxed);
    }

    /// Whether nothing is in progress.
    pub fn is_idle(&self) -> bool {
        self.is_idle.load(Ordering::Relaxed)
    }

    fn may_have_changed(&self) -> bool {
        self.account().is_some_and(|account| account.may_have_changed())
    }

    /// Converts a failure of the deployer, with whether the account may have changed.
    ///
    /// If the local stage ended meanwhile, the failure says so instead.
    pub fn failure(&self, error: &Error) -> Failure {
        let is_local = self.account().is_some_and(|account| account.local.is_some());
        let lost = if is_local { lost_meanwhile(&self.workspace) } else { None };
        Failure::of(lost.as_ref().unwrap_or(error), self.may_have_changed())
    }

    /// Fails if a result could not be written to stdout, for example on a full disk.
    pub fn check_written(&self) -> Result<(), Failure> {
        let Some(why) = unwritten() else { return Ok(()) };
        let may_have_changed = self.may_have_changed();
        let hint = may_have_changed.then(|| "the command succeeded; its output could not be written".into());
        Err(Failure { message: format!("the result cannot be written to stdout: {why}"), hint, may_have_changed })
    }

    /// Separates the results of work on several stacks: what succeeded, and the first failure. Warns about the other
    /// failures.
    pub fn separate<T>(&self, results: Vec<Result<T, Error>>) -> (Vec<T>, Option<Failure>) {
        let (mut done, mut first) = (Vec::new(), None);
        for result in results {
            match result {
                Ok(value) => done.push(value),
                Err(error) if first.is_none() => first = Some(self.failure(&error)),
                Err(error) => self.reporter.warn(error.to_string()),
            }
        }
        (done, first)
    }

    /// The failure of a command that a signal ended; `sends` says whether the command sends an event.
    pub fn interrupted(&self, signal: &str, sends: bool) -> Failure {
        let message = match signal {
            "Ctrl-C" => "interrupted".into(),
            signal => format!("interrupted by {signal}"),
        };
        let may_have_changed = self.may_have_changed();
        let hint = match may_have_changed {
            _ if sends => "if the event was sent, it is still processed; running the command again sends another one",
            true => "operations that have started in the account continue there; run the command again to finish",
            false => NOTHING_CHANGED,
        };
        Failure { message, hint: Some(hint.into()), may_have_changed }
    }

    /// Discards proposals that were not applied, however the command ended; another signal stops this at once.
    ///
    /// Fails if a proposal may be left, because then the account is not as it was.
    pub async fn discard_proposals(&self, result: Result<(), Failure>, signals: &mut Signals) -> Result<(), Failure> {
        let Some(account) = self.account() else { return result };
        if result.is_err() && !still_open(&account).is_empty() {
            self.reporter.note("discarding the proposal; Ctrl-C stops this at once");
        }
        let left = tokio::select! {
            left = discard_open(&account) => left,
            _ = signals.next() => still_open(&account),
            _ = tokio::time::sleep(DISCARDING_LIMIT) => still_open(&account),
        };
        if left.is_empty() {
            return result;
        }
        let mut lines: Vec<_> = result.as_ref().err().map(|failure| failure.message.clone()).into_iter().collect();
        lines.extend(left.iter().map(|left| left.what.clone()));
        let given = result.err().and_then(|failure| failure.hint).filter(|hint| hint != NOTHING_CHANGED);
        let remedies: Vec<_> = left.iter().map(|left| left.remedy.as_str()).collect();
        let remedy = format!("what is left changes nothing by itself; delete it with: {}", remedies.join("; "));
        let hint = given.map_or_else(|| remedy.clone(), |hint| format!("{hint}; {remedy}"));
        Err(Failure { message: lines.join("\n"), hint: Some(hint), may_have_changed: true })
    }

    /// Prints something after the events so far were shown.
    pub async fn pause_display(&self, print: impl FnOnce()) {
        // The display is a task of its own, which may be behind.
        self.reporter.flush().await;
        print();
    }

    /// Ends the display, so that it does not overwrite what follows; a command that continues keeps it.
    pub async fn close_display(&self) {
        if self.goes_on.load(Ordering::Relaxed) {
            return self.reporter.flush().await;
        }
        let display = self.display.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(display) = display {
            display.close().await;
        }
    }
}

/// The path of this executable.
pub fn executable() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::nothing_changed(format!("cannot find the path of this executable: {error}")))
}

/// The root of the sources: from cargo, else from the path of this executable.
pub fn root() -> Result<PathBuf, Failure> {
    let said = manifest_of_cargo().and_then(|package| root_by_cargo(&package));
    let found = match said {
        Some(root) => Some(root),
        None => root_around(&executable()?),
    };
    found.ok_or_else(|| {
        Failure::nothing_changed("this executable is outside of the sources")
            .with_hint("run `cargo xtask` inside the folder of the sources")
    })
}

#[expect(clippy::disallowed_methods, reason = "cargo sets this variable to the folder of the package")]
fn manifest_of_cargo() -> Option<PathBuf> {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from)
}

/// The root, if cargo runs this package; a build of another package may run this executable.
fn root_by_cargo(package: &Path) -> Option<PathBuf> {
    package.ends_with(env!("CARGO_PKG_NAME")).then(|| package.parent().map(PathBuf::from)).flatten()
}

/// The root above an executable, which may have moved since it was built.
fn root_around(executable: &Path) -> Option<PathBuf> {
    let is_root = |folder: &&Path| folder.join("Cargo.toml").is_file() && folder.join("stacks/stages").is_dir();
    executable.ancestors().find(is_root).map(PathBuf::from)
}
