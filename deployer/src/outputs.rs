//! What a deployed stack tells: status, outputs, and the addresses to register.

use crate::account::{Account, StackStatus};
use crate::error::{Error, Outcome};
use stacks::{SecretSource, Stack, Stage};
use std::collections::BTreeMap;

/// A stack in the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployed {
    /// Name of the stack in our sources.
    pub name: &'static str,
    /// CloudFormation's status.
    pub status: StackStatus,
    /// Whether the command that returns this changed it.
    pub changed: bool,
    /// Its outputs.
    pub outputs: BTreeMap<String, String>,
    /// What to register where.
    pub registrations: Vec<RegisteredUrl>,
    /// Secrets that somebody gave it: the name, and where the value is found.
    pub secrets: Vec<(&'static str, &'static str)>,
}

/// An address, and where a person enters it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredUrl {
    /// Name of the SaaS.
    pub saas: &'static str,
    /// Screen and field, and what else to set there.
    pub place: &'static str,
    /// The address; its last part is secret.
    pub url: String,
}

/// A stack that is not in the account.
pub fn not_deployed(stack: &Stack, stage: &Stage) -> Error {
    Error::NotDeployed { stack: stack.name().into(), stage: stage.name.to_string() }
}

/// Reads a stack; `None` if it is not deployed.
pub async fn deployed(account: &Account, stack: &Stack) -> Outcome<Option<Deployed>> {
    let name = stack.full_stack_name();
    let Some(summary) = account.find_stack(&name).await? else { return Ok(None) };
    if !summary.status.is_deployed() {
        return Ok(None);
    }
    let mut registrations = Vec::new();
    for registration in stack.registrations() {
        let Some(address) = summary.outputs.get(registration.address_output) else { continue };
        let mut url = account.reachable(address);
        if let Some(secret) = &registration.token_secret {
            let Some(secret) = account.physical_id(&name, secret).await? else { continue };
            url = format!("{url}/{}", account.secret_value(&secret).await?);
        }
        registrations.push(RegisteredUrl { saas: registration.saas, place: registration.place, url });
    }
    let outputs = summary.outputs.into_iter().map(|(key, value)| (key, account.reachable(&value))).collect();
    let given = stack.secrets().iter().filter(|secret| secret.source == SecretSource::Given);
    let secrets = given.map(|secret| (secret.name, secret.origin)).collect();
    Ok(Some(Deployed { name: stack.name(), status: summary.status, changed: false, outputs, registrations, secrets }))
}
