//! What Backlog knows of what a stage names: numbers, custom fields, formatting; asked before anything changes.

mod backlog;
mod choose;
mod fields;

pub(crate) use backlog::Backlog;

use crate::account::Account;
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use crate::secrets::SecretInput;
use contracts::SecretValue;
use contracts::backlog::{BacklogApiKey, SAAS};
use stacks::{BacklogLookup, NameOrId, Stack};

/// What Backlog knows, by what the stage calls it, each as a template's parameter takes it.
#[derive(Clone, Debug, Default)]
pub struct BacklogIds(Vec<(BacklogLookup, String)>);

impl BacklogIds {
    /// What was found, or what stands for it if Backlog was not asked.
    pub(crate) fn value(&self, lookup: &BacklogLookup) -> String {
        self.find(lookup).unwrap_or(lookup.placeholder()).to_owned()
    }

    fn find(&self, lookup: &BacklogLookup) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == lookup).map(|(_, value)| value.as_str())
    }
}

/// Something of the stage file that is not so in Backlog.
#[derive(Debug, PartialEq, Eq)]
struct Refused {
    /// Where it stands, below the setting that is looked up.
    below: Vec<String>,
    /// What was found.
    what: String,
    /// What would be right.
    hint: String,
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
    let Some(origin) = account.origin_of(stage, &SAAS)? else { return Ok(BacklogIds::default()) };
    let backlog = Backlog::new(account, stage, origin, &key, reporter)?;
    let mut found = BacklogIds::default();
    let mut errors = Vec::new();
    let mut missing = Vec::new();
    for Wanted { stack, lookup } in wanted {
        // What belongs to something is asked for by its number; that there is none is told once.
        for lookup in lookup.owners().iter().chain([lookup]) {
            if missing.contains(lookup) {
                break;
            }
            if found.find(lookup).is_some() {
                continue;
            }
            match backlog.value(lookup, &found).await? {
                Ok(value) => found.0.push((lookup.clone(), value)),
                Err(refusals) => {
                    for Refused { below, what, hint } in refusals {
                        let section = section_of(stack);
                        let mut path = path_of(&section, stack, lookup);
                        path.extend(below.iter().map(String::as_str));
                        errors.push((format!("{}: {what}", stage.place_of(&path)), hint));
                    }
                    missing.push(lookup.clone());
                    break;
                }
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
        what: format!("{} settings of the stage file do not fit Backlog{}", errors.len(), lines.collect::<String>()),
        hint: "correct these lines, then run the command again".into(),
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
        // The section itself, to which lines are to be added.
        BacklogLookup::CustomFields { .. } => return vec![section, "issue"],
        BacklogLookup::TextFormatting(_) => "project",
        BacklogLookup::IssueType { .. } => "type",
        BacklogLookup::Priority(_) => "priority",
        BacklogLookup::Member { .. } => "assignee",
        BacklogLookup::Milestone { .. } => "milestone",
    };
    vec![section, "issue", key]
}
