//! What deployments from these sources have completed, so that the next one reads each stack once.
//!
//! A record says that after an operation on a stack its secrets had their values and its site its files. It holds
//! while the stack has had no other operation and its definition is the same. As with a change set, what a person
//! changes by hand in between is not seen; the files of a site are.

use crate::account::{Account, StackSummary, Standing};
use crate::error::{Error, Outcome};
use crate::outputs::{Deployed, SecretIds, read};
use crate::propose::{Outputs, Plan, is_as_wanted_by, parameters};
use crate::secrets::{NO_VALUE, SecretInput, put_secrets};
use crate::site::{self, SiteChanges, upload_site};
use crate::stamp::Stamp;
use crate::workspace::Workspace;
use aws_sdk_cloudformation::types::StackStatus;
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use stacks::lookup::LookedUp;
use stacks::{ParameterSource, Stack, Stage};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// A stack of which everything was completed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    stack_id: String,
    /// When its last operation began.
    operation: String,
    /// Digest of all that it was made of, but the code.
    definition: String,
    /// The secrets of its addresses, by logical id.
    secrets: SecretIds,
    /// The files of its site.
    site: Option<String>,
}

impl Record {
    /// Whether the stack has had no operation since.
    fn is_of(&self, there: &StackSummary) -> bool {
        let is_complete = matches!(there.status, StackStatus::CreateComplete | StackStatus::UpdateComplete);
        is_complete && there.id == self.stack_id && there.operation == self.operation
    }
}

/// The records of a stage.
#[derive(Debug)]
pub struct Completed {
    path: PathBuf,
    records: Mutex<BTreeMap<String, Record>>,
}

/// Stacks that are as they were completed, with the definition that they have now. Their code may be another one.
#[derive(Clone, Debug, Default)]
pub struct Unchanged(BTreeMap<&'static str, UnchangedStack>);

#[derive(Clone, Debug)]
struct UnchangedStack {
    deployed: Deployed,
    parameters: BTreeMap<String, String>,
}

impl Unchanged {
    /// Whether a stack is one of them.
    pub fn has(&self, stack: &Stack) -> bool {
        self.0.contains_key(stack.name())
    }

    /// Those of the stacks with which nothing is to do, as they are deployed: they have the archives with these keys,
    /// by package, and so has all that they need.
    pub fn with_code(mut self, stacks: &[Stack], keys: &BTreeMap<String, String>) -> BTreeMap<&'static str, Deployed> {
        for stack in stacks {
            if self.0.get(stack.name()).is_some_and(|found| !found.has_code(stack, keys)) {
                self.0.remove(stack.name());
            }
        }
        self.retain_complete(stacks);
        self.0.into_iter().map(|(name, found)| (name, found.deployed)).collect()
    }

    /// What was looked up for them when they were deployed.
    pub fn looked_up(&self, stacks: &[Stack]) -> LookedUp {
        let mut known = LookedUp::default();
        for (stack, found) in stacks.iter().filter_map(|stack| Some((stack, self.0.get(stack.name())?))) {
            for (name, source) in stack.parameters() {
                if let (ParameterSource::LookedUp(lookup), Some(value)) = (source, found.parameters.get(name)) {
                    known.add(lookup.clone(), value.clone());
                }
            }
        }
        known
    }

    /// Drops those that need a stack that is not among them, or had another output when they were deployed.
    fn retain_complete(&mut self, stacks: &[Stack]) {
        let is_incomplete = |stack: &&Stack, unchanged: &Self| {
            let Some(own) = unchanged.0.get(stack.name()) else { return false };
            stack.parameters().iter().any(|(name, source)| match source {
                ParameterSource::OutputOf { stack, output } => {
                    let needed = unchanged.0.get(stack).and_then(|needed| needed.deployed.outputs.get(*output));
                    needed.is_none() || needed != own.parameters.get(name)
                }
                _ => false,
            })
        };
        while let Some(stack) = stacks.iter().find(|stack| is_incomplete(stack, self)) {
            self.0.remove(stack.name());
        }
    }
}

impl UnchangedStack {
    fn has_code(&self, stack: &Stack, keys: &BTreeMap<String, String>) -> bool {
        stack.parameters().iter().all(|(name, source)| match source {
            ParameterSource::CodeKey(package) => self.parameters.get(name) == keys.get(*package),
            _ => true,
        })
    }
}

/// A stack after its deployment.
#[derive(Debug)]
pub struct Finished {
    /// The stack; `None` if it was deleted meanwhile.
    pub deployed: Option<Deployed>,
    /// Names of the secrets that were stored.
    pub stored: Vec<&'static str>,
    /// What was changed of its site.
    pub site: SiteChanges,
}

impl Completed {
    /// Reads the records of a stage; what cannot be read is looked at again.
    pub fn read(workspace: &Workspace, stage: &Stage) -> Self {
        let path = workspace.target().join("completed").join(format!("{}.json", stage.name));
        let text = std::fs::read(&path).unwrap_or_default();
        Self { path, records: Mutex::new(serde_json::from_slice(&text).unwrap_or_default()) }
    }

    /// The stacks that are as they were completed; one that needs another one only together with it.
    ///
    /// A stack with a secret whose value was given is not among them.
    pub async fn unchanged(&self, account: &Account, stacks: &[Stack], given: &SecretInput) -> Outcome<Unchanged> {
        let is_given = |stack: &&Stack| stack.secrets().iter().any(|secret| given.has(secret.name));
        let candidates = stacks.iter().filter(|stack| !is_given(stack));
        let found = try_join_all(candidates.map(async |stack| {
            let region = stack.region().as_str();
            let elsewhere = (region != account.region).then(|| account.in_region(region));
            let found = self.find(elsewhere.as_ref().unwrap_or(account), stack).await;
            found.map(|found| Some((stack.name(), found?))).map_err(|error| error.of_stack(stack.name(), None))
        }));
        let mut unchanged = Unchanged(found.await?.into_iter().flatten().collect());
        unchanged.retain_complete(stacks);
        Ok(unchanged)
    }

    async fn find(&self, account: &Account, stack: &Stack) -> Outcome<Option<UnchangedStack>> {
        let record = self.records.lock().unwrap_or_else(PoisonError::into_inner).get(stack.name()).cloned();
        let Some(record) = record else { return Ok(None) };
        if definition(account, stack)?.as_ref() != Some(&record.definition) {
            return Ok(None);
        }
        let Some(there) = account.find_stack(&stack.full_stack_name()).await? else { return Ok(None) };
        if !record.is_of(&there) {
            return Ok(None);
        }
        let parameters = there.parameters.clone();
        let deployed = match read(account, stack, there, Some(&record.secrets)).await {
            // It was deleted by hand.
            Err(error) if error.code() == Some(NO_VALUE) => return Ok(None),
            read => read?.0,
        };
        let is_same = site::fingerprint(account, stack, &deployed).await? == record.site;
        Ok(is_same.then_some(UnchangedStack { deployed, parameters }))
    }

    /// Forgets a stack that is about to be looked at again, so that an interruption leaves no record.
    pub fn forget(&self, stack: &Stack) {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        if records.remove(stack.name()).is_some() {
            self.write(&records);
        }
    }

    /// Does what is left to do after the stack's own changes, and records that it was done.
    pub async fn finish(&self, account: &Account, plan: &Plan<'_>, secrets: &SecretInput) -> Outcome<Finished> {
        let stack = plan.stack;
        let stored = put_secrets(account, stack, secrets).await?;
        let of_stack = |error: Error| error.of_stack(stack.name(), None);
        let there = account.find_stack(&stack.full_stack_name()).await.map_err(of_stack)?;
        let there = there.filter(|there| Standing::of(&there.status).is_deployed());
        let Some(there) = there else { return Ok(Finished { deployed: None, stored, site: SiteChanges::default() }) };
        let (deployed, secrets) = read(account, stack, there.clone(), None).await.map_err(of_stack)?;
        let site = upload_site(account, stack, &deployed).await?;
        // Another deployment may have changed it meanwhile.
        if is_as_wanted_by(account, plan, &there).map_err(of_stack)?
            && let Some(definition) = definition(account, stack).map_err(of_stack)?
        {
            let record = Record {
                definition,
                site: site::fingerprint(account, stack, &deployed).await.map_err(of_stack)?,
                stack_id: there.id,
                operation: there.operation,
                secrets,
            };
            let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
            records.insert(stack.name().to_owned(), record);
            self.write(&records);
        }
        Ok(Finished { deployed: Some(deployed), stored, site })
    }

    /// Writes the records. Without them everything is looked at again: nothing here is an error.
    fn write(&self, records: &BTreeMap<String, Record>) {
        let beside = self.path.with_extension(format!("{}.part", std::process::id()));
        let Ok(text) = serde_json::to_vec(records) else { return };
        if let Some(folder) = self.path.parent() {
            let _ = std::fs::create_dir_all(folder);
        }
        if std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, &self.path)).is_err() {
            // A record that does not hold is worse than none.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// A digest of everything that a stack is made of, but its code and the outputs of other stacks: of its stage, with what
/// a SaaS publishes, of where it is, and of this tool, which holds the definitions and the files of sites.
///
/// `None` if this tool was built again while it runs: its file is gone.
fn definition(account: &Account, stack: &Stack) -> Outcome<Option<String>> {
    let Some(tool) = std::env::current_exe().and_then(|tool| Stamp::of(&tool)).ok() else { return Ok(None) };
    let (code_keys, outputs, looked_up) = (BTreeMap::new(), Outputs::new(), LookedUp::default());
    let plan = Plan { stack, code_keys: &code_keys, outputs: &outputs, looked_up: &looked_up, express: false };
    let all = format!("{tool:?} {:?} {:?}", stack.stage(), parameters(account, &plan)?);
    Ok(Some(hex::encode(Sha256::digest(all))))
}

#[cfg(test)]
mod tests;
