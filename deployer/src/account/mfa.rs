//! Roles whose profile names an MFA device: the SDK does not know `mfa_serial`, and would be denied.

use crate::error::{Error, Outcome};
use aws_config::SdkConfig;
use aws_config::profile::{Profile, ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use futures_util::future::BoxFuture;
use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

/// Reads codes off an MFA device.
pub trait ReadCode: std::fmt::Debug + Send + Sync {
    /// The code that the device with this serial number or ARN shows; `None` if no person can be asked.
    fn read_code<'a>(&'a self, device: &'a str) -> BoxFuture<'a, std::io::Result<Option<String>>>;
}

/// A role, and how it is assumed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Role {
    /// The profile that describes it.
    profile: String,
    arn: String,
    external_id: Option<String>,
    session_name: Option<String>,
    duration_seconds: Option<i32>,
    device: Option<String>,
}

/// Whose credentials the first role is assumed with.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Base {
    /// Of this profile, by whatever means it names.
    Profile(String),
    /// Of a profile that describes a role and holds keys as well.
    Keys(Credentials),
}

/// Roles that are assumed one after the other, a device for at least one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chain {
    base: Base,
    roles: Vec<Role>,
}

impl Chain {
    /// The roles of the selected profile; `None` if no device is named, or if the SDK has to say what is wrong.
    pub(super) fn of(profiles: &ProfileSet) -> Option<Self> {
        let (mut name, mut roles, mut seen) = (profiles.selected_profile(), Vec::new(), BTreeSet::new());
        let base = loop {
            let profile = profiles.get_profile(name)?;
            // As the SDK does: what leads here may take the profile's keys.
            if let (Some(keys), true) = (keys_of(profile), !roles.is_empty()) {
                break Base::Keys(keys);
            }
            let Some(role) = Role::of(name, profile) else { break Base::Profile(name.to_owned()) };
            roles.push(role);
            let source = profile.get("source_profile")?;
            if source == name {
                break Base::Keys(keys_of(profile)?);
            }
            if !seen.insert(name) {
                return None;
            }
            name = source;
        };
        roles.reverse();
        roles.iter().any(|role| role.device.is_some()).then_some(Self { base, roles })
    }

    /// Assumes the roles, with a code where a device is named.
    ///
    /// The session is not renewed while a command runs, which would ask again; a role's session lasts an hour
    /// unless `duration_seconds` says otherwise.
    pub(super) async fn credentials(
        &self,
        config: &SdkConfig,
        settings: &ProviderConfig,
        asked: &dyn ReadCode,
    ) -> Outcome<SharedCredentialsProvider> {
        let mut credentials = match &self.base {
            Base::Keys(keys) => SharedCredentialsProvider::new(keys.clone()),
            Base::Profile(name) => {
                let provider = ProfileFileCredentialsProvider::builder().profile_name(name).configure(settings);
                SharedCredentialsProvider::new(provider.build())
            }
        };
        for role in &self.roles {
            let config = config.to_builder().credentials_provider(credentials).build();
            credentials = SharedCredentialsProvider::new(role.assume(&config, asked).await?);
        }
        Ok(credentials)
    }
}

impl Role {
    fn of(name: &str, profile: &Profile) -> Option<Self> {
        let setting = |key: &str| profile.get(key).map(str::to_owned);
        Some(Self {
            profile: name.to_owned(),
            arn: setting("role_arn")?,
            external_id: setting("external_id"),
            session_name: setting("role_session_name"),
            duration_seconds: setting("duration_seconds").and_then(|seconds| seconds.parse().ok()),
            device: setting("mfa_serial"),
        })
    }

    async fn assume(&self, config: &SdkConfig, asked: &dyn ReadCode) -> Outcome<Credentials> {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let name = self.session_name.clone().unwrap_or_else(|| format!("tsugite-{}", since_1970.as_millis()));
        let mut call = aws_sdk_sts::Client::new(config)
            .assume_role()
            .role_arn(&self.arn)
            .role_session_name(name)
            .set_external_id(self.external_id.clone())
            .set_duration_seconds(self.duration_seconds);
        if let Some(device) = &self.device {
            call = call.serial_number(device).token_code(self.code(device, asked).await?);
        }
        let answer = call.send().await.map_err(Error::aws("sts:AssumeRole")).map_err(|error| self.refused(error))?;
        let made = answer.credentials.ok_or_else(|| self.refused(Error::Credentials { reason: "no answer".into() }))?;
        let token = Some(made.session_token);
        Ok(Credentials::new(made.access_key_id, made.secret_access_key, token, None, "AssumeRole with a code"))
    }

    async fn code(&self, device: &str, asked: &dyn ReadCode) -> Outcome<String> {
        let code = asked.read_code(device).await.map_err(|error| self.error(format!("cannot be read: {error}")))?;
        let code = code.ok_or_else(|| self.error("is needed, and there is no terminal to ask on".into()))?;
        // Source: STS API reference, AssumeRole, TokenCode.
        match code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Ok(code),
            false => Err(self.error("has six digits".into())),
        }
    }

    /// An error that names the code if STS rejects it; every other error stays as it is.
    fn refused(&self, error: Error) -> Error {
        match error {
            Error::Aws { message, .. } if self.device.is_some() && message.contains("MultiFactorAuthentication") => {
                self.error(format!("was not accepted: {message}"))
            }
            error => error,
        }
    }

    fn error(&self, what: String) -> Error {
        let (profile, device) = (&self.profile, self.device.as_deref().unwrap_or_default());
        Error::MfaCode { profile: profile.clone(), device: device.to_owned(), what }
    }
}

fn keys_of(profile: &Profile) -> Option<Credentials> {
    let setting = |key: &str| profile.get(key).map(str::to_owned);
    let (id, secret) = (setting("aws_access_key_id")?, setting("aws_secret_access_key")?);
    Some(Credentials::new(id, secret, setting("aws_session_token"), None, "ProfileFile"))
}
