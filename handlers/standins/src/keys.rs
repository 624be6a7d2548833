//! The keys that the services accept, and the addresses that carry one of them.

use std::fmt;

use serde::Deserialize;

use crate::{bytebase, slack, teams};

/// The keys that the services accept.
#[derive(Clone)]
pub struct Keys {
    /// The API key of Backlog's only user.
    pub backlog_api_key: String,
    /// The last segment of the address of Slack's webhook.
    pub slack_secret: String,
    /// The parameter `sig` in the address of the workflow of Teams.
    pub teams_signature: String,
    /// The service key of Bytebase's only service account, which is its password.
    pub bytebase_service_key: String,
}

/// A change of some of the keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewKeys {
    pub(crate) backlog_api_key: Option<String>,
    pub(crate) slack_secret: Option<String>,
    pub(crate) teams_signature: Option<String>,
    pub(crate) bytebase_service_key: Option<String>,
}

impl Keys {
    /// Returns keys for tests, each unlike the others and the same every time.
    #[must_use]
    pub fn sample() -> Self {
        Self {
            backlog_api_key: "SampleBacklogKey0123456789".to_owned(),
            slack_secret: "SampleSlackSecret0123456".to_owned(),
            teams_signature: "SampleTeamsSignature-0123456789_abcdefghijk".to_owned(),
            bytebase_service_key: "bbs_SampleServiceKey0123".to_owned(),
        }
    }

    /// Returns the base to which a client of Backlog appends `/api/v2/…`.
    #[must_use]
    pub fn backlog_url(base: &str) -> String {
        format!("{}/backlog", base.trim_end_matches('/'))
    }

    /// Returns the address of Slack's webhook, which is a secret.
    #[must_use]
    pub fn slack_webhook_url(&self, base: &str) -> String {
        slack::webhook_url(base.trim_end_matches('/'), &self.slack_secret)
    }

    /// Returns the address of the workflow of Teams, which is a secret.
    #[must_use]
    pub fn teams_workflow_url(&self, base: &str) -> String {
        teams::workflow_url(base.trim_end_matches('/'), &self.teams_signature)
    }

    /// Returns the base to which a client of Bytebase appends `/v1/…`.
    #[must_use]
    pub fn bytebase_url(base: &str) -> String {
        format!("{}/{}", base.trim_end_matches('/'), bytebase::NAME)
    }

    /// Returns the name of a key that is empty, if there is one.
    pub(crate) fn empty(&self) -> Option<&'static str> {
        let keys = [
            (&self.backlog_api_key, "the API key of Backlog"),
            (&self.slack_secret, "the secret of Slack"),
            (&self.teams_signature, "the signature of Teams"),
            (&self.bytebase_service_key, "the service key of Bytebase"),
        ];
        keys.iter().find(|(key, _)| key.is_empty()).map(|(_, name)| *name)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Keys").finish_non_exhaustive()
    }
}

impl NewKeys {
    /// Says what keeps the change from being made.
    pub(crate) fn check(&self) -> Result<(), String> {
        let keys = [
            ("backlog_api_key", &self.backlog_api_key),
            ("slack_secret", &self.slack_secret),
            ("teams_signature", &self.teams_signature),
            ("bytebase_service_key", &self.bytebase_service_key),
        ];
        if let Some((name, _)) = keys.iter().find(|(_, key)| key.as_deref() == Some("")) {
            return Err(format!("`{name}` is empty"));
        }
        if keys.iter().all(|(_, key)| key.is_none()) {
            return Err(format!("no key is given; there is `{}`", keys.map(|(name, _)| name).join("`, `")));
        }
        Ok(())
    }
}
