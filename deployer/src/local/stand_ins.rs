//! Settings of the stand-ins' process, and the secrets that it accepts.

use super::private_file::write_private;
use crate::error::{Error, Outcome};
use crate::local_stage::LocalStage;
use crate::web::loopback_client;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What the process of the stand-ins is started with, read from a file and not a command line.
#[derive(Clone, Serialize, Deserialize)]
pub struct StandInsSettings {
    /// The port on 127.0.0.1.
    pub port: u16,
    /// What every call of the control interface has to carry.
    pub control_token: String,
    /// The word that the secrets follow from which the stand-ins take.
    pub seed: String,
}

impl StandInsSettings {
    pub(super) fn of(stage: &LocalStage) -> Self {
        let (control_token, seed) = (stage.control_token().to_owned(), stage.seed().to_owned());
        Self { port: stage.stand_ins_port(), control_token, seed }
    }

    /// Reads the settings from a file.
    pub fn read(path: &Path) -> Outcome<Self> {
        let text = std::fs::read(path).map_err(Error::file("read", path))?;
        serde_json::from_slice(&text).map_err(|error| Error::file("read", path)(error.into()))
    }

    pub(super) fn write(&self, path: &Path) -> Outcome<()> {
        write_private(path, self)
    }
}

impl LocalStage {
    /// The value of every secret that a stand-in takes, by its name, as the stand-ins have it now.
    pub async fn secrets(&self) -> Outcome<BTreeMap<String, String>> {
        let unreadable = |error: reqwest::Error| Error::Local {
            what: format!("the stand-ins cannot be asked for their secrets: {}", error.without_url()),
            hint: "check whether they run: cargo xtask local status".into(),
        };
        let url = format!("{}/_control/secrets", self.stand_ins_url());
        let call = loopback_client()?.get(url).header("x-control-token", self.control_token());
        let answer = call.send().await.and_then(reqwest::Response::error_for_status).map_err(unreadable)?;
        answer.json().await.map_err(unreadable)
    }
}
