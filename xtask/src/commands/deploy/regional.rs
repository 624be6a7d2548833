//! The deployment of the stacks of one wave in one region, which are proposed, confirmed and applied together.

use crate::context::Context;
use crate::display::print_proposals;
use crate::failure::Failure;
use crate::{prompt, selection};
use deployer::{
    Account, Archive, Completed, Deployed, Error, Finished, Outputs, Plan, Proposal, SecretInput, apply,
    clear_failed_creation, counted, propose, upload,
};
use futures_util::future::join_all;
use stacks::lookup::LookedUp;
use stacks::{Stack, Stage};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a deployment does with its proposals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It prints the changes and stops.
    DryRun,
    /// It asks before it changes anything.
    Confirm,
    /// It does not ask.
    Yes,
}

/// What a deployment returns.
pub enum RegionalResult {
    /// What it would change; nothing was changed.
    Previewed(Vec<Proposal>),
    /// The stacks as they are now.
    Deployed(Vec<Deployed>),
}

/// A deployment of the stacks of one wave in one region.
#[derive(Clone)]
pub struct RegionalDeployment<'a> {
    pub context: &'a Context,
    pub stage: &'a Stage,
    pub account: Arc<Account>,
    pub mode: Mode,
    pub secrets: &'a SecretInput,
    pub looked_up: &'a LookedUp,
    /// Whether CloudFormation need not wait until all resources are ready.
    pub express: bool,
    /// Where it is recorded that everything of a stack is done.
    pub completed: &'a Completed,
    /// Keys of the archives by package.
    pub code_keys: &'a BTreeMap<String, String>,
    /// The archives, of which those of its stacks are uploaded after the confirmation.
    pub archives: &'a [Archive],
    /// Outputs of the stacks in earlier waves.
    pub outputs: &'a Outputs,
}

impl RegionalDeployment<'_> {
    /// Proposes, asks, applies.
    ///
    /// Proposals that are not applied are discarded when the command ends.
    pub async fn run(&self, stacks: &[&Stack]) -> Result<RegionalResult, Failure> {
        let proposals = self.propose(stacks).await?;
        let has_changes = proposals.iter().any(|proposal| !proposal.is_empty());
        let in_full = !self.stage.is_local() || self.mode == Mode::DryRun;
        self.context.pause_display(|| print_proposals(&proposals, in_full)).await;
        self.check_permissions(stacks, &proposals).await?;
        let question = format!("Deploy to {}?", selection::place(self.stage, &self.account));
        let is_refused = self.mode == Mode::Confirm && has_changes && !prompt::agrees(&question).await;
        if self.mode != Mode::DryRun && !is_refused {
            let archives = self.archives_of(stacks);
            if !archives.is_empty() {
                let uploaded = upload(&self.account, self.stage, &archives, &self.context.reporter).await;
                uploaded.map_err(|error| self.context.failure(&error))?;
            }
            return self.apply(stacks, &proposals).await.map(RegionalResult::Deployed);
        }
        if is_refused {
            return Err(Failure {
                message: "canceled: no stack was changed".into(),
                hint: None,
                may_have_changed: self.account.may_have_changed(),
            });
        }
        Ok(RegionalResult::Previewed(proposals))
    }

    /// The archives of the functions of the stacks.
    fn archives_of(&self, stacks: &[&Stack]) -> Vec<&Archive> {
        let is_used = |archive: &&Archive| {
            stacks.iter().flat_map(|stack| stack.functions()).any(|function| function.package == archive.package)
        };
        self.archives.iter().filter(is_used).collect()
    }

    fn plan<'a>(&'a self, stack: &'a Stack) -> Plan<'a> {
        Plan {
            stack,
            code_keys: self.code_keys,
            outputs: self.outputs,
            looked_up: self.looked_up,
            express: self.express,
        }
    }

    /// Creates all change sets at the same time; if one fails, none is applied.
    async fn propose(&self, stacks: &[&Stack]) -> Result<Vec<Proposal>, Failure> {
        let plans: Vec<Plan<'_>> = stacks.iter().map(|stack| self.plan(stack)).collect();
        let results = join_all(plans.iter().map(|plan| self.propose_stack(plan))).await;
        match self.context.separate(results) {
            (_, Some(failure)) => Err(failure),
            (proposals, None) => Ok(proposals),
        }
    }

    /// Creates the change set of one stack. A creation that failed earlier is deleted first.
    async fn propose_stack(&self, plan: &Plan<'_>) -> Result<Proposal, Error> {
        let reporter = &self.context.reporter;
        self.completed.forget(plan.stack);
        if self.mode != Mode::DryRun {
            clear_failed_creation(&self.account, plan.stack, reporter).await?;
        }
        propose(&self.account, plan, reporter).await
    }

    /// Applies all at the same time; one that fails does not stop the others.
    async fn apply(&self, stacks: &[&Stack], proposals: &[Proposal]) -> Result<Vec<Deployed>, Failure> {
        let work = stacks.iter().zip(proposals).map(|(stack, proposal)| self.deploy(stack, proposal));
        let (results, failure) = self.context.separate(join_all(work).await);
        let stored: BTreeSet<&str> = results.iter().flat_map(|(_, stored)| stored.iter().copied()).collect();
        if !stored.is_empty() {
            let stored: Vec<&str> = stored.into_iter().collect();
            self.context.reporter.note(format!("secrets stored: {}", stored.join(", ")));
        }
        match failure {
            // The others were deployed, so their addresses are valid.
            Some(failure) if !results.is_empty() => {
                let option = selection::stage_option(self.stage);
                self.context
                    .reporter
                    .note(format!("print what to register for the others with: cargo xtask endpoints{option}"));
                Err(failure)
            }
            Some(failure) => Err(failure),
            None => Ok(results.into_iter().filter_map(|(deployed, _)| deployed).collect()),
        }
    }

    /// Deploys one stack with its secrets and its site. Returns the stack, and the names of the secrets that were stored.
    async fn deploy(&self, stack: &Stack, proposal: &Proposal) -> Result<(Option<Deployed>, Vec<&'static str>), Error> {
        let reporter = &self.context.reporter;
        if !proposal.is_empty() {
            let step = reporter.begin_on_stack(proposal.stack, format!("deploying {}", proposal.stack));
            let plan = self.plan(stack);
            let n_changes = proposal.changes.len();
            let work = apply(&self.account, &plan, proposal, reporter);
            step.run(work, |()| counted(n_changes, "resource")).await?;
        }
        let finished = self.completed.finish(&self.account, &self.plan(stack), self.secrets).await?;
        let Finished { deployed: mut result, stored, site } = finished;
        if !site.is_empty() {
            let files = counted(site.uploaded.len() + site.removed.len(), "file");
            reporter.note(format!("{}: {files} of the site updated", stack.name()));
        }
        if let Some(result) = &mut result {
            result.is_new = proposal.is_new;
            result.changed = !proposal.is_empty() || !stored.is_empty() || !site.is_empty();
        }
        Ok((result, stored))
    }
}
