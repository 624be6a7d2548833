//! Backlog's API, as far as the deployer asks it.

use super::choose::{Named, choose};
use super::fields::{Field, values_of};
use super::{BacklogIds, Refused};
use crate::account::Account;
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use crate::web::{loopback_client, web_client};
use contracts::backlog::{API_KEY_HEADER, ProjectKey, SAAS, TextFormatting};
use contracts::{Origin, SettingValue};
use reqwest::header::HeaderValue;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use stacks::{BacklogLookup, NameOrId, Stack, Stage};
use std::time::Duration;

/// How long Backlog may take for one answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// A space, and the key that opens it.
pub(crate) struct Backlog {
    origin: Origin,
    key: HeaderValue,
    client: reqwest::Client,
    reporter: Reporter,
    /// Where the stage file says the host.
    place_of_host: String,
}

/// An answer that is no list and no object.
enum Absent {
    /// Backlog itself says that it is not there.
    NotThere,
    /// Backlog says that the key's owner, or the plan of the space, has no such thing.
    NotAllowed(u16),
}

impl Backlog {
    /// The space of a stage; fails for a key that no header can hold.
    pub(super) fn new(
        account: &Account,
        stage: &Stage,
        origin: Origin,
        key: &str,
        reporter: &Reporter,
    ) -> Outcome<Self> {
        let client = match account.local {
            Some(_) => loopback_client()?,
            None => web_client(account.trust())?,
        };
        Self::with(client, origin, key, reporter, stage.place_of(&["backlog", "host"]))
    }

    fn with(
        client: reqwest::Client,
        origin: Origin,
        key: &str,
        reporter: &Reporter,
        place_of_host: String,
    ) -> Outcome<Self> {
        let mut key = HeaderValue::from_str(key.trim()).map_err(|_| Error::Backlog {
            what: "Backlog's API key holds a character that no key has".into(),
            hint: GIVE_KEY.into(),
        })?;
        key.set_sensitive(true);
        Ok(Self { origin, key, client, reporter: reporter.clone(), place_of_host })
    }

    /// The space of a stack's stage, opened with the key in one of the stack's secrets.
    pub(crate) async fn of(account: &Account, stack: &Stack, key_secret: &str) -> Outcome<Option<Self>> {
        let origin = account.origin_of(stack.stage(), &SAAS)?;
        let id = account.physical_id(&stack.full_stack_name(), key_secret).await?;
        let (Some(origin), Some(id)) = (origin, id) else { return Ok(None) };
        let key = account.secret_value(&id).await?;
        Self::new(account, stack.stage(), origin, &key, &account.reporter).map(Some)
    }

    /// Summary and description of an issue, by its key; `None` if there is none.
    pub(crate) async fn issue_text(&self, issue_key: &str) -> Outcome<Option<String>> {
        #[derive(Deserialize)]
        struct Issue {
            summary: String,
            #[serde(default)]
            description: Option<String>,
        }
        let issue: Option<Issue> = self.get(&["issues", issue_key]).await?;
        Ok(issue.map(|issue| format!("{}\n{}", issue.summary, issue.description.unwrap_or_default())))
    }

    /// What is looked up, as a parameter takes it; what it belongs to was found before.
    pub(super) async fn value(
        &self,
        lookup: &BacklogLookup,
        found: &BacklogIds,
    ) -> Outcome<Result<String, Vec<Refused>>> {
        let owners: Vec<&str> = lookup.owners().iter().filter_map(|owner| found.find(owner)).collect();
        let project = owners.first().copied().unwrap_or_default();
        let of_project = |list| ["projects", project, list];
        let number = match lookup {
            BacklogLookup::TextFormatting(_) => return self.text_formatting(project).await.map(Ok),
            BacklogLookup::CustomFields { values, issue_type, .. } => {
                let fields = self.custom_fields(project, !values.is_empty()).await?;
                let number = owners.get(1).and_then(|number| number.parse().ok()).unwrap_or(0);
                return Ok(values_of(&fields, number, issue_type, values));
            }
            BacklogLookup::Project(wanted) => self.project(lookup, wanted).await,
            BacklogLookup::IssueType { .. } => choose(lookup, &self.list(&of_project("issueTypes")).await?),
            BacklogLookup::Member { .. } => choose(lookup, &self.list(&of_project("users")).await?),
            // Backlog calls milestones versions here. Source: developer.nulab.com, "Get Version/Milestone List".
            BacklogLookup::Milestone { .. } => choose(lookup, &self.list(&of_project("versions")).await?),
            BacklogLookup::Priority(_) => choose(lookup, &self.list(&["priorities"]).await?),
        };
        match number {
            Ok(number) => Ok(Ok(number.to_string())),
            Err(Error::Lookup { what, hint }) => Ok(Err(vec![Refused { below: vec![], what, hint }])),
            Err(error) => Err(error),
        }
    }

    /// A project by its key or number, or by its name among those that the key's owner is in.
    async fn project(&self, lookup: &BacklogLookup, wanted: &NameOrId) -> Outcome<u64> {
        let key = match wanted {
            NameOrId::Id(id) => Some(id.to_string()),
            NameOrId::Name(name) => ProjectKey::parse(name).ok().map(|key| key.as_str().to_owned()),
        };
        // An administrator may see one without being in it.
        if let Some(key) = &key
            && let Some(project) = self.get::<Named>(&["projects", key]).await?
        {
            return Ok(project.id);
        }
        // Every space has this list, be it empty.
        match self.get::<Vec<Named>>(&["projects"]).await? {
            Some(all) => choose(lookup, &all),
            None => Err(self.no_space("says that it has no list of projects (404)")),
        }
    }

    /// The rule of a project, or that of the space where it has none of its own.
    ///
    /// Source: developer.nulab.com, "Get Project" and "Get Space": `textFormattingRule`.
    async fn text_formatting(&self, project: &str) -> Outcome<String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Formatted {
            #[serde(default)]
            text_formatting_rule: Option<String>,
        }
        let of_project = self.get::<Formatted>(&["projects", project]).await?;
        let rule = match of_project.and_then(|project| project.text_formatting_rule) {
            Some(rule) => Some(rule),
            None => self.get::<Formatted>(&["space"]).await?.and_then(|space| space.text_formatting_rule),
        };
        match rule.as_deref().map(TextFormatting::parse) {
            Some(Ok(rule)) => Ok(rule.render()),
            unknown => {
                let why = unknown.and_then(Result::err).unwrap_or_else(|| "Backlog does not say by which rule".into());
                self.reporter.warn(format!("texts are written as Markdown: {why}"));
                Ok(TextFormatting::Markdown.render())
            }
        }
    }

    /// The custom fields of a project; none where the plan has no such thing and the stage gives no values.
    ///
    /// Source: developer.nulab.com, "Get Custom Field List".
    async fn custom_fields(&self, project: &str, has_values: bool) -> Outcome<Vec<Field>> {
        let path = ["projects", project, "customFields"];
        match self.ask(&path).await? {
            Ok(fields) => Ok(fields),
            Err(Absent::NotThere) => Ok(vec![]),
            Err(Absent::NotAllowed(status)) if has_values => Err(refused(status, &path)),
            Err(Absent::NotAllowed(402)) => Ok(vec![]),
            Err(Absent::NotAllowed(status)) => {
                self.reporter.warn(format!(
                    "Backlog does not show the project's custom fields ({status}); if the issue type demands values, \
                     issues will be refused"
                ));
                Ok(vec![])
            }
        }
    }

    async fn list(&self, path: &[&str]) -> Outcome<Vec<Named>> {
        Ok(self.get(path).await?.unwrap_or_default())
    }

    /// An answer of the API; `None` if Backlog itself says that it is not there.
    async fn get<T: DeserializeOwned>(&self, path: &[&str]) -> Outcome<Option<T>> {
        match self.ask(path).await? {
            Ok(answer) => Ok(Some(answer)),
            Err(Absent::NotThere) => Ok(None),
            Err(Absent::NotAllowed(status)) => Err(refused(status, path)),
        }
    }

    /// Asks; what only a wrong host answers is told from what Backlog says of something missing.
    async fn ask<T: DeserializeOwned>(&self, path: &[&str]) -> Outcome<Result<T, Absent>> {
        let url = self.origin.below(&[&["api", "v2"], path].concat());
        let _wait = self.reporter.wait(format!("Backlog to answer /{}", path.join("/")));
        let request = self.client.get(url).header(API_KEY_HEADER, self.key.clone()).timeout(ANSWER_LIMIT);
        let answer = request.send().await.map_err(|error| Error::Backlog {
            what: format!("{}: Backlog cannot be reached: {}", self.place_of_host, error.without_url()),
            hint: "check the host and the network".into(),
        })?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await.map_err(|error| Error::Backlog {
            what: format!("Backlog's answer broke: {}", error.without_url()),
            hint: "run the command again".into(),
        })?;
        match status {
            200 => match serde_json::from_slice(&body) {
                Ok(answer) => Ok(Ok(answer)),
                Err(error) if serde_json::from_slice::<serde_json::Value>(&body).is_ok() => Err(Error::Backlog {
                    what: format!("Backlog's answer to /{} is not understood: {error}", path.join("/")),
                    hint: "check whether Backlog's API has changed".into(),
                }),
                Err(_) => Err(self.no_space("answers with a page")),
            },
            300..=399 => Err(self.no_space(&format!("redirects ({status})"))),
            401 => Err(Error::Backlog {
                what: "Backlog refuses the API key (401)".into(),
                hint: format!("{GIVE_KEY}; a key opens the space that it was made in, so check `backlog.host` as well"),
            }),
            402 | 403 => Ok(Err(Absent::NotAllowed(status))),
            404 if is_backlogs(&body) => Ok(Err(Absent::NotThere)),
            404 => Err(self.no_space("answers 404, and not in Backlog's words")),
            429 => Err(Error::Backlog {
                what: "Backlog's rate limit is reached (429)".into(),
                hint: "wait a minute, then deploy again".into(),
            }),
            _ => Err(refused(status, path)),
        }
    }

    fn no_space(&self, what: &str) -> Error {
        Error::Backlog {
            what: format!("{}: there is no Backlog space: the host {what}", self.place_of_host),
            hint: "write the host that you see in the browser when you use Backlog; example.backlog.com, \
                   example.backlog.jp and example.backlogtool.com are different spaces"
                .into(),
        }
    }
}

const GIVE_KEY: &str = "give a valid key: BACKLOG_API_KEY=… cargo xtask deploy";

fn refused(status: u16, path: &[&str]) -> Error {
    let hint = match status {
        402 => "check whether the plan of the space has this",
        _ => "check the rights of the key's owner",
    };
    Error::Backlog { what: format!("Backlog answered {status} to /{}", path.join("/")), hint: hint.to_owned() }
}

/// Whether a body is one of Backlog's errors. Source: developer.nulab.com, "Error Response".
fn is_backlogs(body: &[u8]) -> bool {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    body["errors"][0]["code"].is_u64()
}

#[cfg(test)]
mod tests;
