//! Processes that outlive the command that started them.

use super::sources;
use super::stand_ins::StandInsSettings;
use crate::error::{Error, Outcome};
use crate::local_stage::LocalStage;
use rustix::process::{Pid, Signal, getuid, kill_process, kill_process_group};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Which of the two processes of the local stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The emulator of AWS.
    Emulator,
    /// The stand-ins for every SaaS.
    StandIns,
}

impl Part {
    /// Its name in messages, and of its log.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Emulator => "emulator",
            Self::StandIns => "stand-ins",
        }
    }

    /// The file with its output.
    pub(super) fn log(self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.log", self.name()))
    }

    /// The file that its command line names, which no process of another checkout does.
    fn word(self, folder: &Path) -> PathBuf {
        folder.join(match self {
            Self::Emulator => sources::LAUNCHER,
            Self::StandIns => "stand-ins.json",
        })
    }

    /// Whether a command line is that of this part, started from this folder.
    fn is_run_by(self, folder: &Path, command_line: &[u8]) -> bool {
        let words: Vec<&[u8]> = command_line.split(|byte| *byte == 0).collect();
        let file = self.word(folder);
        let file = file.as_os_str().as_encoded_bytes();
        match (self, words.as_slice()) {
            (Self::Emulator, [program, script, ..]) => program.ends_with(b"/bin/python") && *script == file,
            (Self::StandIns, [_, command, settings, ..]) => *command == b"__stand-ins" && *settings == file,
            _ => false,
        }
    }
}

/// A process in the background, known by its number and a word of its command line: numbers are
/// used again, and a stranger must not be ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Background {
    pid: i32,
    word: String,
}

impl Background {
    /// The process of this number whose command line holds this word.
    #[cfg(test)]
    pub(super) fn of(pid: u32, word: &str) -> Self {
        Self { pid: i32::try_from(pid).unwrap(), word: word.to_owned() }
    }

    /// Whether the process runs and is the one that was started.
    pub(super) fn is_running(&self) -> bool {
        let folder = format!("/proc/{}", self.pid);
        let is_ours = std::fs::read(format!("{folder}/cmdline"))
            .is_ok_and(|line| String::from_utf8_lossy(&line).contains(&self.word));
        // A process that has ended stays as a zombie until its parent takes notice.
        let status = std::fs::read_to_string(format!("{folder}/stat")).unwrap_or_default();
        let is_zombie = status.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z'));
        is_ours && !is_zombie
    }

    /// Whether this is the calling process.
    pub(super) fn is_this_process(&self) -> bool {
        i32::try_from(std::process::id()).is_ok_and(|pid| pid == self.pid)
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

/// Processes of this user that were started from this folder, even if no state file names them.
pub(super) fn of_folder(folder: &Path) -> Vec<Background> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let found = entries.filter_map(|entry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        if entry.metadata().ok()?.uid() != getuid().as_raw() {
            return None;
        }
        let command_line = std::fs::read(entry.path().join("cmdline")).ok()?;
        let part = [Part::Emulator, Part::StandIns].into_iter().find(|part| part.is_run_by(folder, &command_line))?;
        Some(Background { pid, word: part.word(folder).to_string_lossy().into_owned() })
    });
    found.filter(Background::is_running).collect()
}

/// Starts the emulator of AWS. Its environment is cleared, because all of it reaches every function; the
/// root key and the token of the stand-ins go to its standard input, which no other process reads.
pub(super) fn emulator(folder: &Path, environment: &Path, region: &str, local: &LocalStage) -> Outcome<Background> {
    sources::write(folder)?;
    let temporary = folder.join("tmp");
    // An emulator that was killed has left the functions that it had unpacked.
    let _ = std::fs::remove_dir_all(&temporary);
    std::fs::create_dir_all(&temporary).map_err(Error::file("make", &temporary))?;
    let mut command = Command::new(environment.join("bin/python"));
    command
        .arg(Part::Emulator.word(folder))
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
    let root = local.root_key();
    let settings = json!({
        "access_key_id": root.access_key_id, "secret_access_key": root.secret_access_key, "folder": folder,
        "stand_ins": local.stand_ins_url(), "control_token": local.control_token(),
    });
    spawn(command, folder, Part::Emulator, settings.to_string().as_bytes())
}

/// Starts the stand-ins: the executable of this command, with a hidden command.
pub(super) fn stand_ins(folder: &Path, executable: &Path, local: &LocalStage) -> Outcome<Background> {
    let settings = Part::StandIns.word(folder);
    StandInsSettings::of(local).write(&settings)?;
    let mut command = Command::new(executable);
    command.arg("__stand-ins").arg(&settings);
    spawn(command, folder, Part::StandIns, b"")
}

fn spawn(mut command: Command, folder: &Path, part: Part, input: &[u8]) -> Outcome<Background> {
    let log = part.log(folder);
    let output = new_log(&log).map_err(Error::file("make", &log))?;
    let errors = output.try_clone().map_err(Error::file("open", &log))?;
    let program = Path::new(command.get_program()).to_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(output)
        .stderr(errors)
        // Ctrl-C on the command must not reach it.
        .process_group(0)
        .spawn()
        .map_err(Error::file("run", &program))?;
    if let Some(mut pipe) = child.stdin.take() {
        // It fails only if the process has ended, which the start reports with its log.
        let _ = pipe.write_all(input);
    }
    let word = part.word(folder).to_string_lossy().into_owned();
    Ok(Background { pid: i32::try_from(child.id()).unwrap_or(0), word })
}

/// An empty log file that only its owner reads; what is written goes to its end. The one that was there
/// gets the ending `.old`, in place of an older one.
pub(super) fn new_log(path: &Path) -> std::io::Result<File> {
    let mut old = path.as_os_str().to_owned();
    old.push(".old");
    match std::fs::rename(path, old) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    OpenOptions::new().append(true).create_new(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_command_line_of_this_folder_s_processes_is_theirs() {
        let folder = Path::new("/a/target/tsugite/local");
        let is_one = |part: Part, line: &str| part.is_run_by(folder, line.replace(' ', "\0").as_bytes());
        assert!(is_one(Part::Emulator, "/v/bin/python /a/target/tsugite/local/launcher.py"));
        assert!(is_one(Part::StandIns, "/x/xtask __stand-ins /a/target/tsugite/local/stand-ins.json"));
        for other in [
            "vim /a/target/tsugite/local/launcher.py",
            "/v/bin/python /b/target/tsugite/local/launcher.py",
            "/v/bin/python -m pdb /a/target/tsugite/local/launcher.py",
            "/x/xtask __stand-ins /b/target/tsugite/local/stand-ins.json",
            "cat __stand-ins",
            "",
        ] {
            assert!(!is_one(Part::Emulator, other) && !is_one(Part::StandIns, other), "{other}");
        }
    }
}
