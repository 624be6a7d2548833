//! What is remembered of the running local stage, readable by its owner only.

use super::process::Background;
use crate::error::{Error, Outcome};
use crate::propose::StandIns;
use contracts::{Origin, SettingValue};
use serde::{Deserialize, Serialize};
use stacks::Service;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Addresses of the local stage, and the key that its stand-ins take.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Local {
    emulator_port: u16,
    stand_ins_port: u16,
    backlog_api_key: String,
}

impl std::fmt::Debug for Local {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Local({}, {})", self.emulator_url(), self.stand_ins_url())
    }
}

impl Local {
    pub(super) fn new(emulator_port: u16, stand_ins_port: u16) -> Outcome<Self> {
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(|error| Error::Local {
            what: format!("the system has no random numbers: {error}"),
            hint: "check /dev/urandom".into(),
        })?;
        let backlog_api_key = random.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { emulator_port, stand_ins_port, backlog_api_key })
    }

    /// Where the emulator of AWS answers.
    pub fn emulator_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.emulator_port)
    }

    /// Where the stand-ins answer; their page is at `/`.
    pub fn stand_ins_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.stand_ins_port)
    }

    /// The value of a secret that a stand-in takes; `None` if no stand-in has it.
    pub fn secret(&self, name: &str) -> Option<&str> {
        (name == "BACKLOG_API_KEY").then_some(self.backlog_api_key.as_str())
    }

    pub(super) fn stand_ins_settings(&self) -> StandInsSettings {
        StandInsSettings { port: self.stand_ins_port, backlog_api_key: self.backlog_api_key.clone() }
    }

    pub(super) fn emulator_port(&self) -> u16 {
        self.emulator_port
    }
}

impl StandIns for Local {
    fn origin(&self, service: Service) -> Outcome<Origin> {
        let path = match service {
            Service::Backlog => "backlog",
        };
        Origin::parse(&format!("{}/{path}", self.stand_ins_url()))
            .map_err(|what| Error::Local { what, hint: String::new() })
    }
}

/// What the process of the stand-ins is started with, read from a file and not a command line.
#[derive(Clone, Serialize, Deserialize)]
pub struct StandInsSettings {
    /// The port on 127.0.0.1.
    pub port: u16,
    /// The only key that Backlog's stand-in takes.
    pub backlog_api_key: String,
}

impl StandInsSettings {
    /// Reads the settings from a file.
    pub fn read(path: &Path) -> Outcome<Self> {
        let text = std::fs::read(path).map_err(Error::file("read", path))?;
        serde_json::from_slice(&text).map_err(|error| Error::file("read", path)(error.into()))
    }

    pub(super) fn write(&self, path: &Path) -> Outcome<()> {
        write_private(path, self)
    }
}

/// The running local stage.
#[derive(Serialize, Deserialize)]
pub(super) struct State {
    pub(super) version: String,
    pub(super) local: Local,
    pub(super) emulator: Background,
    pub(super) stand_ins: Background,
}

const FILE: &str = "state.json";

impl State {
    /// What was remembered; what cannot be read is as good as nothing.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(folder.join(FILE)).ok()?).ok()
    }

    pub(super) fn write(&self, folder: &Path) -> Outcome<()> {
        write_private(&folder.join(FILE), self)
    }

    pub(super) fn remove(folder: &Path) -> Outcome<()> {
        let path = folder.join(FILE);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::file("remove", &path)(error)),
            _ => Ok(()),
        }
    }
}

fn write_private(path: &Path, value: &impl Serialize) -> Outcome<()> {
    let text = serde_json::to_vec(value).map_err(|error| Error::file("write", path)(error.into()))?;
    let file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(&text)).map_err(Error::file("write", path))
}
