//! What the process of the stand-ins does beside serving: it ends when no command could end it, and keeps its log small.

use super::process::{Part, new_log};
use super::state::State;
use std::path::Path;
use std::time::Duration;

/// How often the keeper looks.
const INTERVAL: Duration = Duration::from_secs(1);
/// How often in a row the state file must not name this process before that is believed.
const MISSES: u32 = 3;
/// How many looks the command that starts this process has until it has written the state file.
const LOOKS_TO_START: u32 = 60;
/// A log of this size becomes the old log, and the older one goes.
const LOG_BYTES: u64 = 16 * 1024 * 1024;

/// Returns when the state file in the folder is gone, cannot be read, or names another process as the
/// stand-ins; until then keeps the log small.
pub async fn until_forgotten(folder: &Path) {
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

/// Begins a new log when the present one has grown too large.
fn bound_log(folder: &Path, limit: u64) {
    let path = Part::StandIns.log(folder);
    if std::fs::metadata(&path).map_or(0, |log| log.len()) < limit {
        return;
    }
    // A log that cannot be begun anew goes on growing; there is nowhere to tell it but itself.
    if let Ok(file) = new_log(&path) {
        let _ = rustix::stdio::dup2_stdout(&file);
        let _ = rustix::stdio::dup2_stderr(&file);
    }
}
