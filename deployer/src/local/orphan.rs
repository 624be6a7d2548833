//! Upkeep of the stand-ins' process: it ends when no command can stop it any more, and it limits the size of its log.

use super::process::{Part, new_log};
use super::state::State;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

/// Poll interval.
const INTERVAL: Duration = Duration::from_secs(1);
/// How often in a row the state file must not name this process before that is believed.
const MISSES: u32 = 3;
/// How many polls the starting command has to write the state file.
const LOOKS_TO_START: u32 = 60;
/// A log of this size becomes the old log, and the previous old log is deleted.
const LOG_BYTES: u64 = 16 * 1024 * 1024;

/// Returns when the state file in the folder no longer exists, cannot be read, or names another process as the
/// stand-ins; until then limits the size of the log.
pub async fn wait_until_orphaned(folder: &Path) {
    let (mut n_missed, mut allowed) = (0, LOOKS_TO_START);
    while n_missed < allowed {
        tokio::time::sleep(INTERVAL).await;
        bound_log(folder, LOG_BYTES);
        if State::read(folder).is_some_and(|state| state.stand_ins.is_this_process()) {
            (n_missed, allowed) = (0, MISSES);
        } else {
            n_missed += 1;
        }
    }
}

/// Moves the output of this process to a new log when the present one has grown too large.
fn bound_log(folder: &Path, limit: u64) {
    // A log that cannot be replaced keeps growing; there is no other place to report that.
    if let Ok(Some(file)) = begun_anew(&Part::StandIns.log(folder), limit) {
        let _ = rustix::stdio::dup2_stdout(&file);
        let _ = rustix::stdio::dup2_stderr(&file);
    }
}

/// A new log if the present one has reached the limit, in bytes.
fn begun_anew(path: &Path, limit: u64) -> std::io::Result<Option<File>> {
    if std::fs::metadata(path)?.len() < limit {
        return Ok(None);
    }
    new_log(path).map(Some)
}

#[cfg(test)]
mod tests {
    use super::begun_anew;
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_large_log_becomes_the_old_one_and_the_older_one_goes() {
        let folder = std::env::temp_dir().join(format!("tsugite-keeper-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (path, old) = (folder.join("a.log"), folder.join("a.log.old"));
        std::fs::write(&old, "oldest").unwrap();
        std::fs::write(&path, "1234").unwrap();
        assert!(begun_anew(&path, 5).unwrap().is_none());
        let mut file = begun_anew(&path, 4).unwrap().unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(std::fs::read_to_string(&old).unwrap(), "1234");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
