//! What is remembered of the running local stage, readable by its owner only.

use super::private_file::write_private;
use super::process::Background;
use crate::error::{Error, Outcome};
use crate::local_stage::LocalStage;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The running local stage.
#[derive(Serialize, Deserialize)]
pub(super) struct State {
    pub(super) version: String,
    pub(super) local: LocalStage,
    pub(super) emulator: Background,
    pub(super) stand_ins: Background,
}

/// The name of the file that remembers the running stage.
const FILE: &str = "state.json";

impl State {
    /// The file that remembers the processes which were started from this folder.
    pub(super) fn file(folder: &Path) -> PathBuf {
        folder.join(FILE)
    }

    /// What was remembered; `None` if nothing was, or if it cannot be read.
    pub(super) fn read(folder: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(Self::file(folder)).ok()?).ok()
    }

    pub(super) fn write(&self, folder: &Path) -> Outcome<()> {
        write_private(&Self::file(folder), self)
    }

    pub(super) fn remove(folder: &Path) -> Outcome<()> {
        let path = Self::file(folder);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::file("remove", &path)(error)),
            _ => Ok(()),
        }
    }
}
