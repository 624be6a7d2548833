//! What is remembered of the running local stage, readable by its owner only.

use super::process::Background;
use crate::error::{Error, Outcome};
use crate::propose::StandIns;
use crate::random::random_word;
use contracts::{Origin, SettingValue};
use serde::{Deserialize, Serialize};
use stacks::Service;
use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The secrets that stand-ins take, and the address of which each is the last part; a secret
/// without an address is itself the value.
const SECRETS: [(&str, &str); 4] = [
    ("BACKLOG_API_KEY", ""),
    ("BYTEBASE_SERVICE_KEY", ""),
    ("SLACK_WEBHOOK_URL", "/slack/services/T00000000/B00000000/"),
    (
        "TEAMS_WORKFLOW_URL",
        "/teams/workflows/0123456789abcdef/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=",
    ),
];

/// The access key of the emulator's root user, made for this run of the local stage.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootKey {
    /// Its name.
    pub access_key_id: String,
    /// Its secret; whoever has it may do everything on the local stage, and so run programs here.
    pub secret_access_key: String,
}

/// Addresses of the local stage, its root key, and the secrets that its stand-ins take.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Local {
    emulator_port: u16,
    stand_ins_port: u16,
    root_key: RootKey,
    control_token: String,
    secrets: BTreeMap<String, String>,
}

impl std::fmt::Debug for Local {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Local({}, {})", self.emulator_url(), self.stand_ins_url())
    }
}

impl Local {
    pub(super) fn new(emulator_port: u16, stand_ins_port: u16) -> Outcome<Self> {
        let mut secrets = BTreeMap::new();
        for (name, _) in SECRETS {
            secrets.insert(name.to_owned(), random_word(32)?);
        }
        let root_key = RootKey {
            // Not of the form of a key of AWS, lest somebody takes it for one.
            access_key_id: format!("TSUGITE{}", random_word(8)?.to_uppercase()),
            secret_access_key: random_word(20)?,
        };
        Ok(Self { emulator_port, stand_ins_port, root_key, control_token: random_word(32)?, secrets })
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

    /// The value of a secret that a stand-in takes; `None` if no stand-in has it.
    pub fn secret(&self, name: &str) -> Option<String> {
        let secret = self.secrets.get(name)?;
        match SECRETS.iter().find(|(known, _)| *known == name)?.1 {
            "" => Some(secret.clone()),
            path => Some(format!("{}{path}{secret}", self.stand_ins_url())),
        }
    }

    pub(super) fn stand_ins_settings(&self) -> StandInsSettings {
        let control_token = self.control_token.clone();
        StandInsSettings { port: self.stand_ins_port, control_token, secrets: self.secrets.clone() }
    }

    pub(crate) fn emulator_port(&self) -> u16 {
        self.emulator_port
    }
}

impl StandIns for Local {
    fn origin(&self, service: Service) -> Outcome<Origin> {
        let path = match service {
            Service::Backlog => "backlog",
            Service::Bytebase => "bytebase",
            Service::Slack => "slack",
            Service::Teams => "teams",
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
    /// What every call of the control interface has to carry.
    pub control_token: String,
    /// What the stand-ins take, by the name of the secret; of an address its last part.
    pub secrets: BTreeMap<String, String>,
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
