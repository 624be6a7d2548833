//! Addresses and keys of the running local stage.

use crate::error::{Error, Outcome};
use crate::random::random_word;
use contracts::{Origin, Saas, SettingValue};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The access key of the emulator's root user, made for this run of the local stage.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootKey {
    /// Its name.
    pub access_key_id: String,
    /// Its secret; it allows everything on the local stage, including running programs here.
    pub secret_access_key: String,
}

/// Addresses of the local stage, its root key, and what opens its stand-ins.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalStage {
    emulator_port: u16,
    stand_ins_port: u16,
    root_key: RootKey,
    control_token: String,
    seed: String,
}

impl std::fmt::Debug for LocalStage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "LocalStage({}, {})", self.emulator_url(), self.stand_ins_url())
    }
}

impl LocalStage {
    /// The number of the emulator's account.
    pub const ACCOUNT: &str = "000000000000";

    pub(crate) fn new(emulator_port: u16, stand_ins_port: u16) -> Outcome<Self> {
        let root_key = RootKey {
            // Not of the form of an AWS key, so that it is not mistaken for one.
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

    /// The word that the secrets follow from which the stand-ins take.
    pub(crate) fn seed(&self) -> &str {
        &self.seed
    }

    pub(crate) fn stand_ins_port(&self) -> u16 {
        self.stand_ins_port
    }

    pub(crate) fn emulator_port(&self) -> u16 {
        self.emulator_port
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_has_a_key_of_its_own_that_is_not_one_of_aws() {
        let [one, other] = [LocalStage::new(1, 2).unwrap(), LocalStage::new(1, 2).unwrap()];
        assert!(one.root_key() != other.root_key() && one.control_token() != other.control_token());
        let RootKey { access_key_id, secret_access_key } = one.root_key();
        assert!(access_key_id.starts_with("TSUGITE") && secret_access_key.len() == 40);
        assert!(!format!("{one:?}").contains(secret_access_key), "the key shows in a message");
    }
}
