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
use stacks::{BacklogLookup, NameOrId, ParameterSource, Service, Stack, Stage};
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
            Error::Lookup { what, hint } => {
                Error::Lookup { what: format!("{}: {what}", place(stage, stack, lookup)), hint }
            }
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
    /// What a user signs in with; users of Nulab accounts have none.
    #[serde(default)]
    user_id: Option<String>,
}

impl Named {
    fn is_called(&self, name: &str) -> bool {
        self.name == name || self.user_id.as_deref() == Some(name)
    }
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
        let of_project = |project, list, wanted| (Some(project), list, wanted);
        let (project, list, wanted): (Option<&ProjectKey>, &str, &NameOrId) = match lookup {
            BacklogLookup::Project(key) => {
                let project: Option<Named> = self.get(&["api", "v2", "projects", key.as_str()]).await?;
                return project.map(|project| project.id).ok_or_else(|| no_project(key));
            }
            BacklogLookup::IssueType { project, wanted } => of_project(project, "issueTypes", wanted),
            BacklogLookup::Member { project, wanted } => of_project(project, "users", wanted),
            // Backlog calls milestones versions here. Source: developer.nulab.com, "Get Version/Milestone List".
            BacklogLookup::Milestone { project, wanted } => of_project(project, "versions", wanted),
            BacklogLookup::Priority(wanted) => (None, "priorities", wanted),
        };
        let things: Option<Vec<Named>> = match project {
            Some(project) => self.get(&["api", "v2", "projects", project.as_str(), list]).await?,
            None => self.get(&["api", "v2", list]).await?,
        };
        match (things, project) {
            (Some(things), _) => choose(lookup, wanted, &things),
            // Lists are asked for before projects: that there is no such project shows here first.
            (None, Some(project)) => Err(no_project(project)),
            (None, None) => choose(lookup, wanted, &[]),
        }
    }

    /// An answer of the API; `None` for 404. No error shows the URL, which holds the key.
    async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Outcome<Option<T>> {
        let failed = |what: String, hint: &str| Error::Backlog { what, hint: hint.to_owned() };
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

/// Where the stage file asks for something.
fn place(stage: &Stage, stack: &str, lookup: &BacklogLookup) -> String {
    let section = stack.replace('-', "_");
    let key = match lookup {
        BacklogLookup::Project(key) => {
            if stage.backlog.as_ref().is_some_and(|backlog| backlog.project == *key) {
                return stage.place_of(&["backlog", "project"]);
            }
            "project"
        }
        BacklogLookup::IssueType { .. } => "type",
        BacklogLookup::Priority(_) => "priority",
        BacklogLookup::Member { .. } => "assignee",
        BacklogLookup::Milestone { .. } => "milestone",
    };
    stage.place_of(&[&section, "issue", key])
}

/// The number of the one that is wanted; a number that nothing has may be a name.
fn choose(lookup: &BacklogLookup, wanted: &NameOrId, things: &[Named]) -> Outcome<u64> {
    let name = wanted.to_string();
    let with_number = things.iter().find(|thing| matches!(wanted, NameOrId::Id(id) if thing.id == *id));
    let found: Vec<&Named> = match with_number {
        Some(thing) => vec![thing],
        None => things.iter().filter(|thing| thing.is_called(&name)).collect(),
    };
    match found[..] {
        [thing] => Ok(thing.id),
        [] if things.is_empty() => Err(Error::Lookup {
            what: format!("Backlog has no {lookup}, nor any other"),
            hint: "make one in Backlog, or take the line out of the stage file".into(),
        }),
        [] => Err(Error::Lookup {
            what: format!("Backlog has no {lookup}"),
            hint: format!("write one of these there, by name or number: {}", listed(things.iter())),
        }),
        _ => Err(Error::Lookup {
            what: format!("Backlog has more than one {lookup}"),
            hint: format!("write the number there: {}", listed(found.into_iter())),
        }),
    }
}

/// Names with their numbers, as many as a person reads.
fn listed<'a>(things: impl Iterator<Item = &'a Named>) -> String {
    const LONGEST: usize = 40;
    let mut words: Vec<String> = things.map(|thing| format!("{} ({})", thing.name, thing.id)).collect();
    let n_more = words.len().saturating_sub(LONGEST);
    words.truncate(LONGEST);
    if n_more > 0 {
        words.push(format!("and {n_more} more"));
    }
    words.join(", ")
}

fn no_project(key: &ProjectKey) -> Error {
    Error::Lookup {
        what: format!("Backlog has no project `{}` that the owner of the API key can see", key.as_str()),
        hint: "check `project` in the stage file, and whether the key's owner is a member of the project".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"[
        {"id": 3, "name": "Sato", "userId": "sato", "roleType": 2},
        {"id": 4, "name": "Suzuki", "userId": null},
        {"id": 5, "name": "Suzuki"},
        {"id": 6, "name": "2026", "userId": "3"}
    ]"#;

    /// Looks for a member in the list and expects a number, or an error that says all the words.
    fn check(wanted: NameOrId, expected: Result<u64, &[&str]>) {
        let project = "SUB".to_owned().try_into().unwrap();
        let things: Vec<Named> = serde_json::from_str(LIST).unwrap();
        let lookup = BacklogLookup::Member { project, wanted: wanted.clone() };
        match (choose(&lookup, &wanted, &things), expected) {
            (Ok(number), Ok(expected)) => assert_eq!(number, expected),
            (Err(error), Err(words)) => {
                let text = format!("{error} {}", error.hint().unwrap_or_default());
                words.iter().for_each(|word| assert!(text.contains(word), "`{word}` is missing in: {text}"));
            }
            (found, expected) => panic!("{wanted}: {found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn finds_by_name_user_id_and_number() {
        check(NameOrId::Name("Sato".into()), Ok(3));
        check(NameOrId::Name("sato".into()), Ok(3));
        check(NameOrId::Id(5), Ok(5));
    }

    #[test]
    fn a_number_is_a_number_first_and_a_name_otherwise() {
        check(NameOrId::Id(3), Ok(3));
        check(NameOrId::Id(2026), Ok(6));
        check(NameOrId::Name("3".into()), Ok(6));
    }

    #[test]
    fn a_name_that_several_have_is_refused_with_their_numbers() {
        let words = ["more than one member `Suzuki` of project `SUB`", "Suzuki (4), Suzuki (5)"];
        check(NameOrId::Name("Suzuki".into()), Err(&words));
    }

    #[test]
    fn a_name_that_nobody_has_is_refused_with_those_there_are() {
        let words = ["no member `Tanaka`", "Sato (3), Suzuki (4), Suzuki (5), 2026 (6)"];
        check(NameOrId::Name("Tanaka".into()), Err(&words));
        check(NameOrId::Id(7), Err(&["no member `7`"]));
    }

    #[test]
    fn an_empty_list_is_said_to_be_empty() {
        let wanted = NameOrId::Name("v1".into());
        let project = "SUB".to_owned().try_into().unwrap();
        let lookup = BacklogLookup::Milestone { project, wanted: wanted.clone() };
        let error = choose(&lookup, &wanted, &[]).unwrap_err();
        assert_eq!(error.to_string(), "Backlog has no milestone `v1` of project `SUB`, nor any other");
        assert!(error.hint().is_some_and(|hint| hint.contains("make one")));
    }
}
