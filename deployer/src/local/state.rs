//! What is remembered of the running local stage, readable by its owner only.

use super::client::loopback_client;
use super::process::Background;
use crate::error::{Error, Outcome};
use crate::random::random_word;
use contracts::{Origin, Saas, SettingValue};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The access key of the emulator's root user, made for this run of the local stage.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootKey {
    /// Its name.
    pub access_key_id: String,
    /// Its secret; whoever has it may do everything on the local stage, and so run programs here.
    pub secret_access_key: String,
}

/// Addresses of the local stage, its root key, and what opens its stand-ins.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Local {
    emulator_port: u16,
    stand_ins_port: u16,
    root_key: RootKey,
    control_token: String,
    seed: String,
}

impl std::fmt::Debug for Local {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Local({}, {})", self.emulator_url(), self.stand_ins_url())
    }
}

impl Local {
    pub(super) fn new(emulator_port: u16, stand_ins_port: u16) -> Outcome<Self> {
        let root_key = RootKey {
            // Not of the form of a key of AWS, lest somebody takes it for one.
            access_key_id: format!("TSUGITE{}", random_word(8)?.to_uppercase()),
            secret_access_key: random_word(20)?,
        };
        Ok(Self { emulator_port, stand_ins_port, root_key, control_token: random_word(32)?, seed: random_word(32)? })
    }

    /// The key of the emulator's root user.
    pub fn root_key(&self) -> &RootKey {
        &self.root_key
    }

    /// What the stand-ins' control interface wants in the header `x-control-token`.
    pub(crate) fn control_token(&self) -> &str {
        &self.control_token
    }

    /// Where the emulator of AWS answers.
    pub fn emulator_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.emulator_port)
    }

    /// Where a distribution of CloudFront answers, by the first part of its domain; a browser takes
    /// every name below `localhost` for this machine.
    pub fn site_url(&self, name: &str) -> String {
        format!("http://{}.cloudfront.localhost:{}", name.to_lowercase(), self.emulator_port)
    }

    /// Where the stand-ins answer; their page is at `/`.
    pub fn stand_ins_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.stand_ins_port)
    }

    /// The value of every secret that a stand-in takes, by its name, as the stand-ins have it now.
    pub async fn secrets(&self) -> Outcome<BTreeMap<String, String>> {
        let unreadable = |error: reqwest::Error| Error::Local {
            what: format!("the stand-ins cannot be asked for their secrets: {}", error.without_url()),
            hint: "see whether they run: cargo xtask local status".into(),
        };
        let url = format!("{}/_control/secrets", self.stand_ins_url());
        let call = loopback_client()?.get(url).header("x-control-token", self.control_token());
        let answer = call.send().await.and_then(reqwest::Response::error_for_status).map_err(unreadable)?;
        answer.json().await.map_err(unreadable)
    }

    /// A value for a secret that no stand-in takes, such as the key with which a sender signs; the same for the same
    /// name.
    pub fn made_up_secret(&self, name: &str) -> String {
        let digest = Sha256::new().chain_update(&self.seed).chain_update([1]).chain_update(name).finalize();
        hex::encode(&digest[..16])
    }

    /// Where the stand-in of a SaaS answers.
    pub(crate) fn origin_of(&self, saas: &Saas) -> Outcome<Origin> {
        Origin::parse(&format!("{}/{}", self.stand_ins_url(), saas.id()))
            .map_err(|what| Error::Local { what, hint: String::new() })
    }

    pub(super) fn stand_ins_settings(&self) -> StandInsSettings {
        let control_token = self.control_token.clone();
        StandInsSettings { port: self.stand_ins_port, control_token, seed: self.seed.clone() }
    }

    pub(crate) fn emulator_port(&self) -> u16 {
        self.emulator_port
    }
}

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

/// The name of the file that remembers the running stage.
pub(super) const FILE: &str = "state.json";

impl State {
    /// What was remembered; `None` if nothing was, or if it cannot be read.
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

/// Writes a file that only its owner reads. It is there whole or not at all, for others read it meanwhile.
fn write_private(path: &Path, value: &impl Serialize) -> Outcome<()> {
    let text = serde_json::to_vec(value).map_err(|error| Error::file("write", path)(error.into()))?;
    let beside = path.with_extension("new");
    let write = || {
        let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
        file.write_all(&text)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    write().map_err(|error| {
        let _ = std::fs::remove_file(&beside);
        Error::file("write", path)(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_private_file_is_replaced_whole_or_not_at_all() {
        let folder = std::env::temp_dir().join(format!("tsugite-state-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("state.json");
        write_private(&path, &"first").unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        // A folder of this name stands for every reason why nothing can be written.
        std::fs::create_dir(path.with_extension("new")).unwrap();
        let error = write_private(&path, &"second").unwrap_err();
        assert!(error.to_string().contains("state.json"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "\"first\"");
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn every_stage_has_a_key_of_its_own_that_is_not_one_of_aws() {
        let [one, other] = [Local::new(1, 2).unwrap(), Local::new(1, 2).unwrap()];
        assert!(one.root_key() != other.root_key() && one.control_token() != other.control_token());
        let RootKey { access_key_id, secret_access_key } = one.root_key();
        assert!(access_key_id.starts_with("TSUGITE") && secret_access_key.len() == 40);
        assert!(!format!("{one:?}").contains(secret_access_key), "the key shows in a message");
    }
}
