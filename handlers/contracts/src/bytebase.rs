//! Bytebase as a state machine reaches it.
//!
//! Source: Bytebase documentation, "API authentication" and "Service account".

use crate::secret::secret_value;
use crate::setting::setting_from_text;
use crate::{Saas, SettingValue};
use serde::{Deserialize, Serialize};

/// Bytebase, wherever it is hosted.
pub const SAAS: Saas = Saas { name: "Bytebase" };

secret_value! {
    /// The key of a service account, which is its password at login.
    BytebaseServiceKey = "BYTEBASE_SERVICE_KEY", Key of SAAS,
    "IAM & Admin, Users & Groups, Add Service Account; the key is shown once, then `Reset service key` makes a new one"
}

/// The email address by which a service account logs in, such as `tsugite@service.bytebase.com`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServiceAccount(String);

setting_from_text!(ServiceAccount);

impl SettingValue for ServiceAccount {
    fn render(&self) -> String {
        self.0.clone()
    }

    fn parse(text: &str) -> Result<Self, String> {
        let is_allowed = |part: &str, extra: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && !part.ends_with('.')
                && !part.contains("..")
                && part.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c))
        };
        match text.split_once('@') {
            Some((name, host))
                if text.len() <= 254 && is_allowed(name, ".-_+") && is_allowed(host, ".-") && host.contains('.') =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err(format!(
                "`{text}` is not a service account; allowed is its email address, such as `tsugite@service.bytebase.com`"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_account_is_an_address() {
        for right in ["tsugite@service.bytebase.com", "a.b-c_d+e@sample.service.bytebase.com"] {
            assert_eq!(ServiceAccount::parse(right).unwrap().render(), right);
        }
        let long = format!("{}@example.com", "a".repeat(250));
        for wrong in
            ["", "tsugite", "@x.com", "a@b", "a b@x.com", "a@x.com ", "a@@x.com", "{% 1 %}@x.com", "a@.com", &long]
        {
            assert!(ServiceAccount::parse(wrong).is_err(), "{wrong}");
        }
    }
}
