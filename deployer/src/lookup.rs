//! Numbers of projects, issue types and priorities, looked up in Backlog before anything changes.

use crate::account::Account;
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use crate::local::{loopback_client, web_client};
use crate::propose::StandIns;
use crate::secrets::SecretInput;
use contracts::backlog::{BacklogApiKey, ProjectKey};
use contracts::{Origin, SecretValue};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use stacks::{BacklogLookup, NameOrId, ParameterSource, Service, Stack};
use std::time::Duration;

/// How long Backlog may take for one answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// Numbers of Backlog by what the stage calls them.
#[derive(Clone, Debug, Default)]
pub struct BacklogIds(Vec<(BacklogLookup, u64)>);

impl BacklogIds {
    /// The number as a template's parameter takes it; 0 if it was not looked up.
    pub(crate) fn number(&self, lookup: &BacklogLookup) -> String {
        let found = self.0.iter().find(|(known, _)| known == lookup);
        found.map_or(0, |(_, number)| *number).to_string()
    }
}

/// Looks up everything that the stacks name; an error says what there is.
///
/// Without a key, which only a dry run of a new stack can lack, nothing is looked up.
pub async fn look_up(
    account: &Account,
    stacks: &[Stack],
    secrets: &SecretInput,
    reporter: &Reporter,
) -> Outcome<BacklogIds> {
    let mut wanted: Vec<(&str, &BacklogLookup)> = Vec::new();
    let sources = stacks.iter().flat_map(|stack| stack.parameters().values().map(|source| (stack.name(), source)));
    for (stack, source) in sources {
        if let ParameterSource::BacklogId(lookup) = source
            && !wanted.iter().any(|(_, known)| *known == lookup)
        {
            wanted.push((stack, lookup));
        }
    }
    let Some(stage) = stacks.first().map(|stack| stack.stage()).filter(|_| !wanted.is_empty()) else {
        return Ok(BacklogIds::default());
    };
    let key = match secrets.value(BacklogApiKey::NAME) {
        Some(key) => Some(key.to_owned()),
        None => stored_key(account, stacks).await?,
    };
    let Some(key) = key else {
        reporter.warn(format!(
            "Backlog was not asked for the numbers of issue types and priorities: there is no {}",
            BacklogApiKey::NAME
        ));
        return Ok(BacklogIds::default());
    };
    let origin = match (&account.local, stage.service_origin(Service::Backlog)) {
        (Some(local), _) => local.origin(Service::Backlog)?,
        (None, Some(origin)) => origin,
        (None, None) => return Ok(BacklogIds::default()),
    };
    let backlog = Backlog { origin, key, client: client(account)? };
    let mut found = Vec::new();
    for (stack, lookup) in wanted {
        let number = backlog.number(lookup).await.map_err(|error| match error {
            Error::Lookup { what, hint } => Error::Lookup { what: format!("{stack}: {what}"), hint },
            other => other,
        })?;
        found.push((lookup.clone(), number));
    }
    Ok(BacklogIds(found))
}

/// The key that one of the stacks has already.
async fn stored_key(account: &Account, stacks: &[Stack]) -> Outcome<Option<String>> {
    for stack in stacks {
        for secret in stack.secrets().iter().filter(|secret| secret.name == BacklogApiKey::NAME) {
            if let Some(id) = account.physical_id(&stack.full_stack_name(), &secret.logical_id).await? {
                return account.secret_value(&id).await.map(Some);
            }
        }
    }
    Ok(None)
}

fn client(account: &Account) -> Outcome<reqwest::Client> {
    match account.local {
        Some(_) => loopback_client(),
        None => web_client(),
    }
}

/// Backlog's API, as far as the deployer asks it.
pub(crate) struct Backlog {
    origin: Origin,
    key: String,
    client: reqwest::Client,
}

/// Something of Backlog with a number and a name.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    id: u64,
    #[serde(default)]
    name: String,
}

impl Backlog {
    /// The space of a stack's stage, opened with the key in one of the stack's secrets.
    pub(crate) async fn of(account: &Account, stack: &Stack, key_secret: &str) -> Outcome<Option<Self>> {
        let origin = match &account.local {
            Some(local) => Some(local.origin(Service::Backlog)?),
            None => stack.stage().service_origin(Service::Backlog),
        };
        let id = account.physical_id(&stack.full_stack_name(), key_secret).await?;
        let (Some(origin), Some(id)) = (origin, id) else { return Ok(None) };
        Ok(Some(Self { origin, key: account.secret_value(&id).await?, client: client(account)? }))
    }

    /// Summary and description of an issue, by its key; `None` if there is none.
    pub(crate) async fn issue_text(&self, issue_key: &str) -> Outcome<Option<String>> {
        #[derive(Deserialize)]
        struct Issue {
            summary: String,
            #[serde(default)]
            description: Option<String>,
        }
        let issue: Option<Issue> = self.get(&["api", "v2", "issues", issue_key]).await?;
        Ok(issue.map(|issue| format!("{}\n{}", issue.summary, issue.description.unwrap_or_default())))
    }

    async fn number(&self, lookup: &BacklogLookup) -> Outcome<u64> {
        let (things, wanted): (Vec<Named>, &NameOrId) = match lookup {
            BacklogLookup::Project(key) => {
                let project: Option<Named> = self.get(&["api", "v2", "projects", key.as_str()]).await?;
                return project.map(|project| project.id).ok_or_else(|| no_project(key));
            }
            BacklogLookup::IssueType { project, wanted } => {
                let types = self.get(&["api", "v2", "projects", project.as_str(), "issueTypes"]).await?;
                // Types are asked for before projects: that there is no such project shows here first.
                (types.ok_or_else(|| no_project(project))?, wanted)
            }
            BacklogLookup::Priority(wanted) => {
                (self.get(&["api", "v2", "priorities"]).await?.unwrap_or_default(), wanted)
            }
        };
        let is_wanted = |thing: &&Named| match wanted {
            NameOrId::Id(id) => thing.id == *id,
            NameOrId::Name(name) => thing.name == *name,
        };
        let listed: Vec<String> = things.iter().map(|thing| format!("{} ({})", thing.name, thing.id)).collect();
        things.iter().find(is_wanted).map(|thing| thing.id).ok_or_else(|| Error::Lookup {
            what: format!("Backlog has no {lookup}"),
            hint: format!("write one of these into the stage file, by name or number: {}", listed.join(", ")),
        })
    }

    /// An answer of the API; `None` for 404. No error shows the URL, which holds the key.
    async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Outcome<Option<T>> {
        let failed = |what: String, hint: &str| Error::Lookup { what, hint: hint.to_owned() };
        let mut url = self.origin.below(path);
        url.query_pairs_mut().append_pair("apiKey", &self.key);
        let answer = self.client.get(url).timeout(ANSWER_LIMIT).send().await.map_err(|error| {
            failed(
                format!("Backlog cannot be reached: {}", error.without_url()),
                "check `backlog.host` in the stage file",
            )
        })?;
        match answer.status().as_u16() {
            200 => answer.json().await.map(Some).map_err(|error| {
                failed(format!("Backlog's answer is not understood: {}", error.without_url()), "check `backlog.host`")
            }),
            404 => Ok(None),
            401 => Err(failed(
                "Backlog refuses the API key (401)".into(),
                "give a valid key: BACKLOG_API_KEY=… cargo xtask deploy",
            )),
            429 => Err(failed("Backlog's rate limit is reached (429)".into(), "wait a minute, then deploy again")),
            code => Err(failed(
                format!("Backlog answered {code} to /{}", path.join("/")),
                "check the rights of the key's owner",
            )),
        }
    }
}

fn no_project(key: &ProjectKey) -> Error {
    Error::Lookup {
        what: format!("Backlog has no project `{}` that the owner of the API key can see", key.as_str()),
        hint: "check `project` in the stage file, and whether the key's owner is a member of the project".into(),
    }
}
