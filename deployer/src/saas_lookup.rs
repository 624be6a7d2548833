//! What a stage names in a SaaS, looked up before anything changes.

use crate::account::Account;
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use crate::saas_client::SaasClient;
use crate::secrets::{NO_VALUE, SecretInput};
use stacks::lookup::{Found, LookedUp, Lookup, Refusal, SaasApi};
use stacks::{Stack, Stage};
use std::collections::{BTreeMap, BTreeSet};

/// Looks up everything that the stacks name; an error lists each name that does not exist, with those that do.
///
/// Without a key, which only a dry run of a new stack can lack, nothing is looked up.
pub async fn look_up(
    account: &Account,
    stacks: &[Stack],
    secrets: &SecretInput,
    reporter: &Reporter,
) -> Outcome<LookedUp> {
    let mut known = LookedUp::default();
    let mut clients = BTreeMap::new();
    let (mut errors, mut missing) = (Vec::new(), Vec::new());
    for Wanted { stack, lookup } in in_order(stacks) {
        let api = lookup.api();
        if !clients.contains_key(api.saas) {
            clients.insert(api.saas, open(account, stacks, api, secrets, reporter).await?);
        }
        let Some(Some(client)) = clients.get_mut(api.saas) else { continue };
        // What belongs to something is found by its number; a missing owner is reported once.
        for lookup in lookup.owners().into_iter().chain([lookup.clone()]) {
            if missing.contains(&lookup) {
                break;
            }
            if known.find(&lookup).is_some() {
                continue;
            }
            match client.read(|answers| lookup.find(&known, answers)).await? {
                Ok(Found { value, warnings }) => {
                    warnings.into_iter().for_each(|warning| reporter.warn(warning));
                    known.add(lookup, value);
                }
                Err(refusals) => {
                    let setting = setting_of(stack, &lookup);
                    errors.extend(refusals.into_iter().map(|refusal| at_its_line(stack.stage(), &setting, refusal)));
                    missing.push(lookup);
                    break;
                }
            }
        }
    }
    match errors.is_empty() {
        true => Ok(known),
        false => Err(together(&missing, errors)),
    }
}

/// The API with the key that was given or is stored; `None` without a key, and if the stage names no host.
async fn open(
    account: &Account,
    stacks: &[Stack],
    api: &'static SaasApi,
    secrets: &SecretInput,
    reporter: &Reporter,
) -> Outcome<Option<SaasClient>> {
    let Some(stage) = stacks.first().map(|stack| stack.stage()) else { return Ok(None) };
    let key = match secrets.value(api.key_secret) {
        Some(key) => Some(key.to_owned()),
        None => stored_key(account, stacks, api).await?,
    };
    let Some(key) = key else {
        let (saas, secret) = (api.saas.name, api.key_secret);
        reporter.warn(format!("{saas} was not asked for what the stage file names there: there is no {secret}"));
        return Ok(None);
    };
    SaasClient::new(account, stage, api, &key)
}

/// Something that a stack names.
struct Wanted<'a> {
    stack: &'a Stack,
    lookup: &'a Lookup,
}

/// Everything that the stacks name, once, in the order of the stage file.
fn in_order(stacks: &[Stack]) -> Vec<Wanted<'_>> {
    let mut wanted: Vec<(usize, Wanted<'_>)> = Vec::new();
    for stack in stacks {
        for lookup in stack.lookups() {
            if wanted.iter().any(|(_, known)| known.lookup == lookup) {
                continue;
            }
            let line = stack.stage().line_of(&as_path(&setting_of(stack, lookup)));
            wanted.push((line.unwrap_or(usize::MAX), Wanted { stack, lookup }));
        }
    }
    wanted.sort_by_key(|(line, _)| *line);
    wanted.into_iter().map(|(_, wanted)| wanted).collect()
}

/// A refusal as a line of an error, and its hint.
fn at_its_line(stage: &Stage, setting: &[String], refusal: Refusal) -> (String, String) {
    let Refusal { below, what, hint } = refusal;
    let path: Vec<String> = setting.iter().cloned().chain(below).collect();
    (format!("{}: {what}", stage.place_of(&as_path(&path))), hint)
}

/// One error of several names that do not exist.
fn together(missing: &[Lookup], mut errors: Vec<(String, String)>) -> Error {
    if errors.len() == 1 {
        let (what, hint) = errors.remove(0);
        return Error::Lookup { what, hint };
    }
    let lines = errors.iter().map(|(what, hint)| format!("\n  {what}\n    {hint}"));
    let asked: BTreeSet<&str> = missing.iter().map(|lookup| lookup.api().saas.name).collect();
    let asked = asked.into_iter().collect::<Vec<_>>().join(", ");
    Error::Lookup {
        what: format!("{} settings of the stage file do not fit {asked}{}", errors.len(), lines.collect::<String>()),
        hint: "correct these lines, then run the command again".into(),
    }
}

/// The key that one of the stacks has stored.
async fn stored_key(account: &Account, stacks: &[Stack], api: &SaasApi) -> Outcome<Option<String>> {
    for stack in stacks {
        for secret in stack.secrets().iter().filter(|secret| secret.name == api.key_secret) {
            let Some(id) = account.physical_id(&stack.full_stack_name(), &secret.logical_id).await? else { continue };
            match account.secret_value(&id).await {
                // One that has no value yet: its deployment was interrupted.
                Err(error) if error.code() == Some(NO_VALUE) => {}
                value => return value.map(Some),
            }
        }
    }
    Ok(None)
}

/// The path of the setting that names something.
fn setting_of(stack: &Stack, lookup: &Lookup) -> Vec<String> {
    lookup.setting(stack.stage(), &stack.name().replace('-', "_"))
}

fn as_path(setting: &[String]) -> Vec<&str> {
    setting.iter().map(String::as_str).collect()
}
