//! What every command has: the workspace, the display, the account once it is known.

use crate::display::Display;
use crate::failure::Failure;
use crate::prompt::Typist;
use crate::result::unwritten;
use crate::signals::Signals;
use crate::stage_file;
use deployer::{
    Account, Error, LocalStage, LocalTurn, Reporter, StandInsProgram, Workspace, discard_open, local_status,
    lost_meanwhile, start_local, still_open,
};
use stacks::Stage;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// How long discarding proposals may take, at the end of a command.
const DISCARDING_LIMIT: Duration = Duration::from_secs(90);
/// What is said of a command that was interrupted before it changed anything.
const NOTHING_CHANGED: &str = "nothing was changed";

/// The surroundings of a command.
pub struct Context {
    /// The sources.
    pub workspace: Workspace,
    /// Tells the display.
    pub reporter: Reporter,
    display: Mutex<Option<Display>>,
    account: OnceLock<Arc<Account>>,
}

impl Context {
    pub fn new() -> Result<Self, Failure> {
        let workspace = Workspace::new(root()?);
        let (reporter, events) = Reporter::new();
        Ok(Self { workspace, reporter, display: Mutex::new(Some(Display::start(events))), account: OnceLock::new() })
    }

    /// Reads a stage file.
    pub fn stage(&self, name: &str) -> Result<Stage, Failure> {
        stage_file::read(&self.workspace, name)
    }

    /// Waits until no other command changes the stage on this machine; hold it as long as this one does.
    pub async fn local_turn(&self) -> Result<LocalTurn, Failure> {
        let turn = LocalTurn::take(&self.workspace, &self.reporter).await;
        turn.map_err(|error| self.failure(&error))
    }

    /// The account of a stage; the local one is started if need be.
    pub async fn connect(&self, stage: &Stage) -> Result<Arc<Account>, Failure> {
        if !stage.is_local() {
            return self.remember(Account::on_aws(stage, &Typist, &self.reporter).await);
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

    /// As `connect_if_running`, but what the local stage lost is only told: it need not be destroyed.
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
        Ok(self.account.get_or_init(|| account).clone())
    }

    fn may_have_changed(&self) -> bool {
        self.account.get().is_some_and(|account| account.may_have_changed())
    }

    /// A failure of the deployer, knowing whether the account may have changed.
    ///
    /// What fails because the local stage has ended says so.
    pub fn failure(&self, error: &Error) -> Failure {
        let is_local = self.account.get().is_some_and(|account| account.local.is_some());
        let lost = if is_local { lost_meanwhile(&self.workspace) } else { None };
        Failure::of(lost.as_ref().unwrap_or(error), self.may_have_changed())
    }

    /// Fails if a result could not be written to stdout, on a full disk for example.
    pub fn check_written(&self) -> Result<(), Failure> {
        let Some(why) = unwritten() else { return Ok(()) };
        let may_have_changed = self.may_have_changed();
        let hint = may_have_changed.then(|| "what was to be done is done; only the result was lost".into());
        Err(Failure { message: format!("the result cannot be written to stdout: {why}"), hint, may_have_changed })
    }

    /// What became of work on several stacks: what succeeded, and the first failure; the others are told before it.
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

    /// What is said of a command that a signal ended.
    ///
    /// `sends` says that the command sends something, which the same command would send again.
    pub fn interrupted(&self, signal: &str, sends: bool) -> Failure {
        let message = match signal {
            "Ctrl-C" => "interrupted".into(),
            signal => format!("interrupted by {signal}"),
        };
        let may_have_changed = self.may_have_changed();
        let hint = match may_have_changed {
            _ if sends => "if the event was sent, it is still processed; the same command sends another one",
            true => "what has begun in the account continues there; run the same command again to see it through",
            false => NOTHING_CHANGED,
        };
        Failure { message, hint: Some(hint.into()), may_have_changed }
    }

    /// Discards what was proposed and not applied, on every way out of a command; another signal ends this at once.
    ///
    /// A proposal that may be left makes a failure of any result, since the account is not as it was.
    pub async fn discard_proposals(&self, result: Result<(), Failure>, signals: &mut Signals) -> Result<(), Failure> {
        let Some(account) = self.account.get() else { return result };
        if result.is_err() && !still_open(account).is_empty() {
            self.reporter.note("discarding the proposal; Ctrl-C ends this at once");
        }
        let left = tokio::select! {
            left = discard_open(account) => left,
            _ = signals.next() => still_open(account),
            _ = tokio::time::sleep(DISCARDING_LIMIT) => still_open(account),
        };
        if left.is_empty() {
            return result;
        }
        let mut lines: Vec<_> = result.as_ref().err().map(|failure| failure.message.clone()).into_iter().collect();
        lines.extend(left.iter().map(|left| left.what.clone()));
        let given = result.err().and_then(|failure| failure.hint).filter(|hint| hint != NOTHING_CHANGED);
        let remedies: Vec<_> = left.iter().map(|left| left.remedy.as_str()).collect();
        let remedy = format!("what is left changes nothing by itself; remove it with: {}", remedies.join("; "));
        let hint = given.map_or_else(|| remedy.clone(), |hint| format!("{hint}; {remedy}"));
        Err(Failure { message: lines.join("\n"), hint: Some(hint), may_have_changed: true })
    }

    /// Lets the display catch up before something is printed beside it.
    pub async fn pause_display(&self, print: impl FnOnce()) {
        // Events are shown by a task of its own; what was told before must stand above.
        self.reporter.flush().await;
        print();
    }

    /// Ends the display, so that what follows is not drawn over.
    pub async fn close_display(&self) {
        let display = self.display.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(display) = display {
            display.close().await;
        }
    }
}

/// Our own executable.
pub fn executable() -> Result<PathBuf, Failure> {
    std::env::current_exe()
        .map_err(|error| Failure::nothing_changed(format!("cannot find our own executable: {error}")))
}

/// The root of the sources: as cargo says, else where this executable is.
pub fn root() -> Result<PathBuf, Failure> {
    let said = manifest_of_cargo().and_then(|package| root_by_cargo(&package));
    let found = match said {
        Some(root) => Some(root),
        None => root_around(&executable()?),
    };
    found.ok_or_else(|| {
        Failure::nothing_changed("this executable is in no copy of the sources")
            .with_hint("run `cargo xtask` in the folder of the sources")
    })
}

#[expect(clippy::disallowed_methods, reason = "cargo says by this variable where the sources are")]
fn manifest_of_cargo() -> Option<PathBuf> {
    std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from)
}

/// The root, if cargo runs this package: a build of something else may be what runs this executable.
fn root_by_cargo(package: &Path) -> Option<PathBuf> {
    package.ends_with(env!("CARGO_PKG_NAME")).then(|| package.parent().map(PathBuf::from)).flatten()
}

/// The sources in whose target folder an executable is, wherever they were when it was built.
fn root_around(executable: &Path) -> Option<PathBuf> {
    let is_root = |folder: &&Path| folder.join("Cargo.toml").is_file() && folder.join("stacks/stages").is_dir();
    executable.ancestors().find(is_root).map(PathBuf::from)
}
