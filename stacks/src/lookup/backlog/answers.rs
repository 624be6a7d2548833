//! Backlog's API, as far as lookups ask it.

use super::BacklogLookup;
use super::custom_fields::{Field, values_of};
use super::named::{Named, find_named};
use crate::lookup::{Answers, Failure, Found, NoValue, SaasApi};
use crate::stage::NameOrId;
use contracts::backlog::{API_KEY_HEADER, BacklogApiKey, ProjectKey, SAAS, TextFormatting};
use contracts::{SecretValue, SettingValue};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The API and the key that opens it.
pub const API: SaasApi = SaasApi {
    saas: &SAAS,
    base: &["api", "v2"],
    key_secret: BacklogApiKey::NAME,
    key_header: API_KEY_HEADER,
    host_setting: &["backlog", "host"],
};

/// An answer that is no list and no object.
enum Absent {
    /// Backlog itself says that it does not exist.
    NotThere,
    /// Backlog says that the key's owner, or the plan of the space, has no such thing.
    NotAllowed(u16),
}

/// Summary and description of an issue, by its key; `None` if there is none.
pub fn issue_text(issue_key: &str, answers: &Answers) -> Result<Option<String>, NoValue> {
    #[derive(Deserialize)]
    struct Issue {
        summary: String,
        #[serde(default)]
        description: Option<String>,
    }
    let issue: Option<Issue> = read_if_there(answers, &["issues", issue_key])?;
    Ok(issue.map(|issue| format!("{}\n{}", issue.summary, issue.description.unwrap_or_default())))
}

impl BacklogLookup {
    /// What is looked up, as a parameter takes it; `owners` are the values of what it belongs to.
    pub(in crate::lookup) fn find(&self, owners: &[&str], answers: &Answers) -> Result<Found, NoValue> {
        let project = owners.first().copied().unwrap_or_default();
        let of_project = |list| read_list(answers, &["projects", project, list]);
        let number = match self {
            Self::TextFormatting(_) => return text_formatting(project, answers),
            Self::CustomFields { values, issue_type, .. } => {
                let (fields, warnings) = custom_fields(project, !values.is_empty(), answers)?;
                let number = owners.get(1).and_then(|number| number.parse().ok()).unwrap_or(0);
                let value = values_of(&fields, number, issue_type, values).map_err(NoValue::Refused)?;
                return Ok(Found { value, warnings });
            }
            Self::Project(wanted) => self.find_project(wanted, answers)?,
            Self::IssueType { .. } => find_named(self, &of_project("issueTypes")?)?,
            Self::Member { .. } => find_named(self, &of_project("users")?)?,
            // Backlog calls milestones versions here. Source: developer.nulab.com, "Get Version/Milestone List".
            Self::Milestone { .. } => find_named(self, &of_project("versions")?)?,
            Self::Priority(_) => find_named(self, &read_list(answers, &["priorities"])?)?,
        };
        Ok(Found { value: number.to_string(), warnings: vec![] })
    }

    /// A project by its key or number, or by its name among those that the key's owner is in.
    fn find_project(&self, wanted: &NameOrId, answers: &Answers) -> Result<u64, NoValue> {
        let key = match wanted {
            NameOrId::Id(id) => Some(id.to_string()),
            NameOrId::Name(name) => ProjectKey::parse(name).ok().map(|key| key.as_str().to_owned()),
        };
        // An administrator may see one without being in it.
        if let Some(key) = &key
            && let Some(project) = read_if_there::<Named>(answers, &["projects", key])?
        {
            return Ok(project.id);
        }
        // Every space has this list, even if it is empty.
        match read_if_there::<Vec<Named>>(answers, &["projects"])? {
            Some(all) => find_named(self, &all),
            None => Err(no_space("says that it has no list of projects (404)")),
        }
    }
}

/// The rule of a project, or that of the space where it has none of its own.
///
/// Source: developer.nulab.com, "Get Project" and "Get Space": `textFormattingRule`.
fn text_formatting(project: &str, answers: &Answers) -> Result<Found, NoValue> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Formatted {
        #[serde(default)]
        text_formatting_rule: Option<String>,
    }
    let of_project = read_if_there::<Formatted>(answers, &["projects", project])?;
    let rule = match of_project.and_then(|project| project.text_formatting_rule) {
        Some(rule) => Some(rule),
        None => read_if_there::<Formatted>(answers, &["space"])?.and_then(|space| space.text_formatting_rule),
    };
    Ok(match rule.as_deref().map(TextFormatting::parse) {
        Some(Ok(rule)) => Found { value: rule.render(), warnings: vec![] },
        unknown => {
            let why = unknown.and_then(Result::err).unwrap_or_else(|| "Backlog does not say by which rule".into());
            Found {
                value: TextFormatting::Markdown.render(),
                warnings: vec![format!("texts are written as Markdown: {why}")],
            }
        }
    })
}

/// The custom fields of a project, and warnings; none where the plan has no such thing and the stage gives no values.
///
/// Source: developer.nulab.com, "Get Custom Field List".
fn custom_fields(project: &str, has_values: bool, answers: &Answers) -> Result<(Vec<Field>, Vec<String>), NoValue> {
    let path = ["projects", project, "customFields"];
    match read(answers, &path)? {
        Ok(fields) => Ok((fields, vec![])),
        Err(Absent::NotThere) => Ok((vec![], vec![])),
        Err(Absent::NotAllowed(status)) if has_values => Err(refused(status, &path)),
        Err(Absent::NotAllowed(402)) => Ok((vec![], vec![])),
        Err(Absent::NotAllowed(status)) => {
            let warning = format!(
                "Backlog does not show the project's custom fields ({status}); if the issue type demands values, \
                 issues will be refused"
            );
            Ok((vec![], vec![warning]))
        }
    }
}

fn read_list(answers: &Answers, path: &[&str]) -> Result<Vec<Named>, NoValue> {
    Ok(read_if_there(answers, path)?.unwrap_or_default())
}

/// An answer of the API; `None` if Backlog itself says that it does not exist.
fn read_if_there<T: DeserializeOwned>(answers: &Answers, path: &[&str]) -> Result<Option<T>, NoValue> {
    match read(answers, path)? {
        Ok(answer) => Ok(Some(answer)),
        Err(Absent::NotThere) => Ok(None),
        Err(Absent::NotAllowed(status)) => Err(refused(status, path)),
    }
}

/// Reads an answer; distinguishes what only a wrong host answers from Backlog's own "not found".
fn read<T: DeserializeOwned>(answers: &Answers, path: &[&str]) -> Result<Result<T, Absent>, NoValue> {
    let answer = answers.get(path)?;
    match answer.status {
        200 => match serde_json::from_slice(&answer.body) {
            Ok(answer) => Ok(Ok(answer)),
            Err(error) if serde_json::from_slice::<serde_json::Value>(&answer.body).is_ok() => Err(failed(
                format!("Backlog's answer to /{} is not understood: {error}", path.join("/")),
                "check whether Backlog's API has changed",
            )),
            Err(_) => Err(no_space("answers with a page")),
        },
        status @ 300..=399 => Err(no_space(&format!("redirects ({status})"))),
        401 => Err(failed(
            "Backlog refuses the API key (401)".into(),
            "give a valid key: BACKLOG_API_KEY=… cargo xtask deploy; a key opens the space that it was made in, so \
             check `backlog.host` as well",
        )),
        status @ (402 | 403) => Ok(Err(Absent::NotAllowed(status))),
        404 if is_backlogs(&answer.body) => Ok(Err(Absent::NotThere)),
        404 => Err(no_space("answers 404, and not in Backlog's words")),
        429 => Err(failed("Backlog's rate limit is reached (429)".into(), "wait a minute, then deploy again")),
        status => Err(refused(status, path)),
    }
}

fn failed(what: String, hint: &str) -> NoValue {
    NoValue::Failed(Failure { is_of_host: false, what, hint: hint.to_owned() })
}

fn no_space(what: &str) -> NoValue {
    NoValue::Failed(Failure {
        is_of_host: true,
        what: format!("there is no Backlog space: the host {what}"),
        hint: "write the host that you see in the browser when you use Backlog; example.backlog.com, \
               example.backlog.jp and example.backlogtool.com are different spaces"
            .into(),
    })
}

fn refused(status: u16, path: &[&str]) -> NoValue {
    let hint = match status {
        402 => "check whether the plan of the space has this",
        _ => "check the permissions of the key's owner",
    };
    failed(format!("Backlog answered {status} to /{}", path.join("/")), hint)
}

/// Whether a body is one of Backlog's errors. Source: developer.nulab.com, "Error Response".
fn is_backlogs(body: &[u8]) -> bool {
    let body: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    body["errors"][0]["code"].is_u64()
}

#[cfg(test)]
mod tests;
