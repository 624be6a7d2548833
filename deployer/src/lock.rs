//! Work that one process at a time may do in a checkout.

use crate::error::{Error, Outcome};
use crate::event::Reporter;
use crate::pace::Pace;
use crate::workspace::Workspace;
use std::fs::{File, TryLockError};
use std::time::Duration;

/// Poll interval.
const INTERVAL: Duration = Duration::from_millis(100);

/// Waits for the lock; `waiting` is called once if another process holds it, and its value is kept during the wait.
///
/// The turn is over when the file is closed, however the process ends.
pub(crate) async fn lock<W>(workspace: &Workspace, name: &str, waiting: impl FnOnce() -> W) -> Outcome<File> {
    let path = workspace.target().join(name);
    std::fs::create_dir_all(workspace.target()).map_err(Error::file("make", &workspace.target()))?;
    let file = File::create(&path).map_err(Error::file("make", &path))?;
    let mut waiting = Some(waiting);
    let mut _wait = None;
    let try_it = async |_| match file.try_lock() {
        Ok(()) => Ok(Some(())),
        Err(TryLockError::WouldBlock) => {
            if let Some(waiting) = waiting.take() {
                _wait = Some(waiting());
            }
            Ok(None)
        }
        Err(TryLockError::Error(error)) => Err(Error::file("lock", &path)(error)),
    };
    Pace::every(INTERVAL).until(try_it).await?;
    Ok(file)
}

/// The turn of a command that changes the stage on this machine.
#[derive(Debug)]
pub struct LocalTurn(#[expect(dead_code, reason = "it is held, not read")] File);

impl LocalTurn {
    /// Waits until no other command has it.
    pub async fn take(workspace: &Workspace, reporter: &Reporter) -> Outcome<Self> {
        let waiting = || {
            reporter.note("waiting for another command that changes the local stage");
            reporter.wait("another command that changes the local stage")
        };
        lock(workspace, "turn.lock", waiting).await.map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_second_waits_until_the_first_is_done() {
        let root = std::env::temp_dir().join(format!("tsugite-lock-{}", std::process::id()));
        let workspace = Workspace::new(root.clone());
        let (reporter, mut events) = Reporter::new();
        let first = LocalTurn::take(&workspace, &reporter).await.unwrap();
        assert!(events.try_recv().is_err());
        let second = LocalTurn::take(&workspace, &reporter);
        let told = async {
            let told = events.recv().await;
            drop(first);
            told
        };
        let (second, told) = tokio::join!(second, told);
        assert!(second.is_ok() && format!("{told:?}").contains("waiting for another command that changes"), "{told:?}");
        std::fs::remove_dir_all(root).unwrap();
    }
}
