//! Processes that outlive the command that started them.

use super::state::Local;
use crate::error::{Error, Outcome};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

/// A process in the background, known by its number and a word of its command line: numbers are
/// used again, and a stranger must not be ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Background {
    pid: i32,
    word: String,
}

impl Background {
    /// Whether the process is there and is the one that was started.
    pub(super) fn is_running(&self) -> bool {
        let folder = format!("/proc/{}", self.pid);
        let is_ours = std::fs::read(format!("{folder}/cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains(&self.word));
        // A process that has ended stays as a zombie until its parent takes notice.
        let status = std::fs::read_to_string(format!("{folder}/stat")).unwrap_or_default();
        let is_zombie = status.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z'));
        is_ours && !is_zombie
    }

    /// Asks the process to end; `false` if it is not there.
    pub(super) fn ask_to_end(&self) -> bool {
        let is_running = self.is_running();
        if let (true, Some(pid)) = (is_running, Pid::from_raw(self.pid)) {
            let _ = kill_process(pid, Signal::TERM);
        }
        is_running
    }

    /// Ends the process and all that it started, if it is still there.
    pub(super) fn kill(&self) {
        if let (true, Some(pid)) = (self.is_running(), Pid::from_raw(self.pid)) {
            let _ = kill_process_group(pid, Signal::KILL);
        }
    }
}

/// Starts the emulator of AWS. Its environment is cleared, because all of it reaches every function.
pub(super) fn emulator(
    folder: &Path,
    environment: &Path,
    region: &str,
    local: &Local,
    launcher: &str,
) -> Outcome<Background> {
    let path = folder.join("launcher.py");
    std::fs::write(&path, launcher).map_err(Error::file("write", &path))?;
    let temporary = folder.join("tmp");
    std::fs::create_dir_all(&temporary).map_err(Error::file("make", &temporary))?;
    let mut command = Command::new(environment.join("bin/python"));
    command
        .arg(&path)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("HOME", &temporary)
        .env("TMPDIR", &temporary)
        .env("LANG", "C.UTF-8")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("BIND_HOST", "127.0.0.1")
        .env("GATEWAY_PORT", local.emulator_port().to_string())
        // The only way by which the SDK in a function reaches the emulator and not AWS.
        .env("AWS_ENDPOINT_URL", local.emulator_url())
        .env("MINISTACK_REGION", region)
        .env("MINISTACK_HOST", "127.0.0.1")
        .env("AUTH", "true")
        .env("SFTP_ENABLED", "0")
        .env("IOT_MTLS_ENABLED", "0");
    spawn(command, folder, "emulator", "launcher.py")
}

/// Starts the stand-ins: our own executable with a hidden command.
pub(super) fn stand_ins(folder: &Path, executable: &Path, local: &Local) -> Outcome<Background> {
    let settings = folder.join("stand-ins.json");
    local.stand_ins_settings().write(&settings)?;
    let mut command = Command::new(executable);
    command.arg("__stand-ins").arg(&settings);
    spawn(command, folder, "stand-ins", "__stand-ins")
}

fn spawn(mut command: Command, folder: &Path, name: &str, word: &str) -> Outcome<Background> {
    let log = folder.join(format!("{name}.log"));
    let output = File::create(&log).map_err(Error::file("make", &log))?;
    let errors = output.try_clone().map_err(Error::file("open", &log))?;
    let program = Path::new(command.get_program()).to_owned();
    let child = command
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        // Ctrl-C on the command must not reach it.
        .process_group(0)
        .spawn()
        .map_err(Error::file("run", &program))?;
    Ok(Background { pid: i32::try_from(child.id()).unwrap_or(0), word: word.to_owned() })
}
