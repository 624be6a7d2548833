//! Numbers of projects, issue types and priorities, looked up in Backlog before anything changes.

mod choose;

use crate::account::Account;
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use crate::local::{loopback_client, web_client};
use crate::propose::StandIns;
use crate::secrets::SecretInput;
use choose::{Named, choose};
use contracts::backlog::{BacklogApiKey, ProjectKey};
use contracts::{Origin, SecretValue, SettingValue};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use stacks::{BacklogLookup, NameOrId, Service, Stack};
use std::time::Duration;

/// How long Backlog may take for one answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// Numbers of Backlog by what the stage calls them.
#[derive(Clone, Debug, Default)]
pub struct BacklogIds(Vec<(BacklogLookup, u64)>);

impl BacklogIds {
    /// The number as a template's parameter takes it; 0 if it was not looked up.
    pub(crate) fn number(&self, lookup: &BacklogLookup) -> String {
        self.find(lookup).unwrap_or(0).to_string()
    }

    fn find(&self, lookup: &BacklogLookup) -> Option<u64> {
        self.0.iter().find(|(known, _)| known == lookup).map(|(_, number)| *number)
    }
}

/// Looks up everything that the stacks name; an error says of each that is not there what there is.
///
/// Without a key, which only a dry run of a new stack can lack, nothing is looked up.
pub async fn look_up(
    account: &Account,
    stacks: &[Stack],
    secrets: &SecretInput,
    reporter: &Reporter,
) -> Outcome<BacklogIds> {
    let wanted = in_order(stacks);
    let Some(stage) = stacks.first().map(|stack| stack.stage()).filter(|_| !wanted.is_empty()) else {
        return Ok(BacklogIds::default());
    };
    let key = match secrets.value(BacklogApiKey::NAME) {
        Some(key) => Some(key.to_owned()),
        None => stored_key(account, stacks).await?,
    };
    let Some(key) = key else {
        reporter.warn(format!(
            "Backlog was not asked for what the stage file names there: there is no {}",
            BacklogApiKey::NAME
        ));
        return Ok(BacklogIds::default());
    };
    let origin = match (&account.local, stage.service_origin(Service::Backlog)) {
        (Some(local), _) => local.origin(Service::Backlog)?,
        (None, Some(origin)) => origin,
        (None, None) => return Ok(BacklogIds::default()),
    };
    let backlog = Backlog { origin, key, client: client(account)?, reporter: reporter.clone() };
    let mut found = BacklogIds::default();
    let mut errors = Vec::new();
    let mut missing = Vec::new();
    for Wanted { stack, lookup } in wanted {
        let project = lookup.project().map(|project| BacklogLookup::Project(project.clone()));
        // What belongs to a project is asked for by its number; that there is none is told once.
        let mut owner = None;
        for lookup in project.iter().chain([lookup]) {
            let number = match found.find(lookup) {
                _ if missing.contains(lookup) => break,
                Some(number) => Ok(number),
                None => backlog.number(lookup, owner).await,
            };
            match number {
                Ok(number) => {
                    found.0.push((lookup.clone(), number));
                    owner = Some(number);
                }
                Err(Error::Lookup { what, hint }) => {
                    let place = stage.place_of(&path_of(&section_of(stack), stack, lookup));
                    errors.push((format!("{place}: {what}"), hint));
                    missing.push(lookup.clone());
                    break;
                }
                Err(error) => return Err(error),
            }
        }
    }
    match errors.len() {
        0 => Ok(found),
        _ => Err(together(errors)),
    }
}

/// Something that a stack names.
struct Wanted<'a> {
    stack: &'a Stack,
    lookup: &'a BacklogLookup,
}

/// Everything that the stacks name, once, in the order of the stage file.
fn in_order(stacks: &[Stack]) -> Vec<Wanted<'_>> {
    let mut wanted: Vec<(usize, Wanted<'_>)> = Vec::new();
    for stack in stacks {
        for lookup in stack.backlog_lookups() {
            if wanted.iter().any(|(_, known)| known.lookup == lookup) {
                continue;
            }
            let line = stack.stage().line_of(&path_of(&section_of(stack), stack, lookup));
            wanted.push((line.unwrap_or(usize::MAX), Wanted { stack, lookup }));
        }
    }
    wanted.sort_by_key(|(line, _)| *line);
    wanted.into_iter().map(|(_, wanted)| wanted).collect()
}

/// One error of several names that are not there.
fn together(mut errors: Vec<(String, String)>) -> Error {
    if errors.len() == 1 {
        let (what, hint) = errors.remove(0);
        return Error::Lookup { what, hint };
    }
    let lines = errors.iter().map(|(what, hint)| format!("\n  {what}\n    {hint}"));
    Error::Lookup {
        what: format!("{} names of the stage file are not in Backlog{}", errors.len(), lines.collect::<String>()),
        hint: "mend these lines, then type the same command again".into(),
    }
}

/// The key that one of the stacks has already.
async fn stored_key(account: &Account, stacks: &[Stack]) -> Outcome<Option<String>> {
    for stack in stacks {
        for secret in stack.secrets().iter().filter(|secret| secret.name == BacklogApiKey::NAME) {
            let Some(id) = account.physical_id(&stack.full_stack_name(), &secret.logical_id).await? else { continue };
            match account.secret_value(&id).await {
                // One that has no value yet: its deployment was interrupted.
                Err(error) if error.code() == Some("ResourceNotFoundException") => {}
                value => return value.map(Some),
            }
        }
    }
    Ok(None)
}

fn client(account: &Account) -> Outcome<reqwest::Client> {
    match account.local {
        Some(_) => loopback_client(),
        None => web_client(account.trust()),
    }
}

/// Backlog's API, as far as the deployer asks it.
pub(crate) struct Backlog {
    origin: Origin,
    key: String,
    client: reqwest::Client,
    reporter: Reporter,
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
        let key = account.secret_value(&id).await?;
        Ok(Some(Self { origin, key, client: client(account)?, reporter: account.reporter.clone() }))
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

    /// The number of something, in the project with this number if it belongs to one.
    async fn number(&self, lookup: &BacklogLookup, project: Option<u64>) -> Outcome<u64> {
        let project = project.map(|number| number.to_string()).unwrap_or_default();
        let of_project = |list| ["api", "v2", "projects", project.as_str(), list];
        let things: Option<Vec<Named>> = match lookup {
            BacklogLookup::Project(wanted) => return self.project(lookup, wanted).await,
            BacklogLookup::IssueType { .. } => self.get(&of_project("issueTypes")).await?,
            BacklogLookup::Member { .. } => self.get(&of_project("users")).await?,
            // Backlog calls milestones versions here. Source: developer.nulab.com, "Get Version/Milestone List".
            BacklogLookup::Milestone { .. } => self.get(&of_project("versions")).await?,
            BacklogLookup::Priority(_) => self.get(&["api", "v2", "priorities"]).await?,
        };
        choose(lookup, &things.unwrap_or_default())
    }

    /// A project by its key or number, or by its name among those that the key's owner is in.
    async fn project(&self, lookup: &BacklogLookup, wanted: &NameOrId) -> Outcome<u64> {
        let key = match wanted {
            NameOrId::Id(id) => Some(id.to_string()),
            NameOrId::Name(name) => ProjectKey::parse(name).ok().map(|key| key.as_str().to_owned()),
        };
        // An administrator may see one without being in it.
        if let Some(key) = &key
            && let Some(project) = self.get::<Named>(&["api", "v2", "projects", key]).await?
        {
            return Ok(project.id);
        }
        let all: Option<Vec<Named>> = self.get(&["api", "v2", "projects"]).await?;
        choose(lookup, &all.unwrap_or_default())
    }

    /// An answer of the API; `None` for 404. No error shows the URL, which holds the key.
    async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Outcome<Option<T>> {
        let failed = |what: String, hint: &str| Error::Backlog { what, hint: hint.to_owned() };
        let mut url = self.origin.below(path);
        url.query_pairs_mut().append_pair("apiKey", &self.key);
        let _wait = self.reporter.wait(format!("Backlog to answer /{}", path.join("/")));
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

/// The section of a stack's settings.
fn section_of(stack: &Stack) -> String {
    stack.name().replace('-', "_")
}

/// The path of the setting that names something in Backlog.
fn path_of<'a>(section: &'a str, stack: &Stack, lookup: &BacklogLookup) -> Vec<&'a str> {
    let key = match lookup {
        BacklogLookup::Project(wanted) => {
            let shared = stack.stage().backlog.as_ref().map(|backlog| backlog.project.as_str().to_owned());
            if shared.map(NameOrId::Name).as_ref() == Some(wanted) {
                return vec!["backlog", "project"];
            }
            "project"
        }
        BacklogLookup::IssueType { .. } => "type",
        BacklogLookup::Priority(_) => "priority",
        BacklogLookup::Member { .. } => "assignee",
        BacklogLookup::Milestone { .. } => "milestone",
    };
    vec![section, "issue", key]
}
