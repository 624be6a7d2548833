//! What a deployment would change: a change set, created and described before anything changes.

mod change_set;
mod change_set_name;
mod discard;
mod existing;
mod template;
mod unchanged;

use crate::account::{Account, StackSummary};
use crate::artifact::artifact_bucket;
use crate::change::{Change, ChangeKind};
use crate::error::{Error, Outcome};
use crate::event::Reporter;
use crate::function_code::put_back;
use crate::statement::statements_of;
use aws_sdk_cloudformation::types::{Parameter, TemplateStage};
pub(crate) use change_set::{ChangeSetId, execute};
use change_set::{Described, Wanted, tags};
use contracts::SettingValue;
pub use discard::{LeftChangeSet, discard_open, still_open};
use existing::{Existing, find_existing};
use serde_json::Value as Json;
use stacks::lookup::LookedUp;
use stacks::{DeployedTemplate, ParameterSource, Stack};
use std::collections::{BTreeMap, BTreeSet};
use unchanged::is_as_wanted;

/// Outputs by the names of their stacks.
pub type Outputs = BTreeMap<&'static str, BTreeMap<String, String>>;

/// What a stack is deployed with, in addition to its definition.
#[derive(Clone)]
pub struct Plan<'a> {
    /// The stack.
    pub stack: &'a Stack,
    /// Keys of the archives by package.
    pub code_keys: &'a BTreeMap<String, String>,
    /// Outputs of the stacks in earlier waves, which this one may need.
    pub outputs: &'a Outputs,
    /// What was looked up in a SaaS.
    pub looked_up: &'a LookedUp,
    /// Whether CloudFormation need not wait until all resources are ready.
    pub express: bool,
}

/// A change that is ready to be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Name of the stack in the sources.
    pub stack: &'static str,
    /// Whether the stack is new.
    pub is_new: bool,
    /// What happens to which resource; empty if there is nothing to do.
    pub changes: Vec<Change>,
    /// IAM statements that the stack gains, in words.
    pub gained: Vec<String>,
    /// IAM statements that the stack loses, in words.
    pub lost: Vec<String>,
    pub(crate) change_set: Option<ChangeSetId>,
}

impl Proposal {
    /// The proposal for a stack with which nothing is to do.
    pub fn nothing_to_do(stack: &'static str) -> Self {
        Self { stack, is_new: false, changes: vec![], gained: vec![], lost: vec![], change_set: None }
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.change_set.is_none() && self.changes.is_empty()
    }
}

/// Asks CloudFormation what a deployment of the stack would change.
///
/// Its change set is open until it is executed; [`discard_open`] discards it, also after an error. A stack whose
/// creation failed is not deleted here: the proposal is a preview then, which has no change set.
pub async fn propose(account: &Account, plan: &Plan<'_>, reporter: &Reporter) -> Outcome<Proposal> {
    let proposed = propose_change(account, plan, reporter).await;
    proposed.map_err(|error| error.of_stack(plan.stack.name(), None))
}

async fn propose_change(account: &Account, plan: &Plan<'_>, reporter: &Reporter) -> Outcome<Proposal> {
    let DeployedTemplate { text: template, digest } = plan.stack.deployed_template();
    let existing = match find_existing(account, plan.stack, reporter).await? {
        Existing::None => None,
        Existing::Updatable(stack) => Some(stack),
        Existing::CreationFailed => return Ok(preview_of_template(plan.stack, &template)),
    };
    let mut proposal = Proposal { is_new: existing.is_none(), ..Proposal::nothing_to_do(plan.stack.name()) };
    let (parameters, tags) = (parameters(account, plan)?, tags(plan));
    if let Some(stack) = &existing
        && is_as_wanted(stack, &digest, &parameters, &tags)
    {
        // What a killed command has left is not needed either; a failure to list it does not matter here.
        let n_left = discard::delete_abandoned(account, &stack.id, None).await.unwrap_or(0);
        if n_left > 0 {
            // It may have given functions their code before.
            put_back(account, plan.stack).await?;
        }
        return Ok(proposal);
    }
    let id =
        change_set::create(account, plan, Wanted { template: &template, parameters, tags }, existing.as_ref()).await?;
    match change_set::describe(account, &id).await? {
        Described::Ready(changes) => {
            (proposal.gained, proposal.lost) = statement_changes(account, existing.as_ref(), &template).await?;
            (proposal.changes, proposal.change_set) = (changes, Some(id));
        }
        Described::NothingToDo => discard_now(account, &id).await,
        Described::Failed(reasons) => return Err(Error::ChangeSet { stack: plan.stack.name().into(), reasons }),
    }
    Ok(proposal)
}

/// Whether a stack was deployed as a plan wants it.
pub(crate) fn is_as_wanted_by(account: &Account, plan: &Plan<'_>, there: &StackSummary) -> Outcome<bool> {
    let digest = plan.stack.deployed_template().digest;
    Ok(is_as_wanted(there, &digest, &parameters(account, plan)?, &tags(plan)))
}

/// Discards a change set that is not needed; if that fails, it stays open, and the end of the command tries again.
pub(crate) async fn discard_now(account: &Account, id: &ChangeSetId) {
    if let Some(open) = account.open_change_sets().find(&id.name) {
        let _ = discard::discard(account, &open).await;
    }
}

/// What a new stack would be while one whose creation failed still has its name; it cannot be applied.
fn preview_of_template(stack: &Stack, template: &str) -> Proposal {
    let template = read_template(template);
    let resources = template["Resources"].as_object().into_iter().flatten();
    let changes = resources.map(|(logical_id, resource)| Change {
        kind: ChangeKind::Added,
        logical_id: logical_id.clone(),
        resource_type: resource["Type"].as_str().unwrap_or_default().to_owned(),
        properties: vec![],
        fate: None,
    });
    Proposal {
        stack: stack.name(),
        is_new: true,
        changes: changes.collect(),
        gained: statements_of(&template).into_iter().collect(),
        lost: vec![],
        change_set: None,
    }
}

/// The parameters of a stack.
pub(crate) fn parameters(account: &Account, plan: &Plan<'_>) -> Outcome<Vec<Parameter>> {
    let stage = plan.stack.stage();
    plan.stack
        .parameters()
        .iter()
        .map(|(name, source)| {
            let value = match source {
                ParameterSource::ArtifactBucket => artifact_bucket(account, stage),
                ParameterSource::CodeKey(package) => plan.code_keys.get(*package).cloned().unwrap_or_default(),
                ParameterSource::ServiceUrl(saas) => {
                    account.origin_of(stage, saas)?.map(|origin| origin.render()).unwrap_or_default()
                }
                ParameterSource::OutputOf { stack, output } => {
                    let found = plan.outputs.get(stack).and_then(|outputs| outputs.get(*output));
                    // Only a dry run lacks it, before the stack that has the output exists.
                    found.cloned().unwrap_or_else(|| "not-there-yet".into())
                }
                ParameterSource::LookedUp(lookup) => plan.looked_up.value(lookup),
            };
            Ok(Parameter::builder().parameter_key(name).parameter_value(value).build())
        })
        .collect()
}

async fn statement_changes(
    account: &Account,
    existing: Option<&StackSummary>,
    template: &str,
) -> Outcome<(Vec<String>, Vec<String>)> {
    let after = statements_of(&read_template(template));
    let before = match existing {
        None => BTreeSet::new(),
        Some(stack) => {
            let answer = account
                .cloudformation
                .get_template()
                .stack_name(&stack.id)
                .template_stage(TemplateStage::Original)
                .send()
                .await
                .map_err(Error::aws("cloudformation:GetTemplate"))?;
            statements_of(&read_template(answer.template_body().unwrap_or_default()))
        }
    };
    let only_in = |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).cloned().collect();
    Ok((only_in(&after, &before), only_in(&before, &after)))
}

fn read_template(text: &str) -> Json {
    serde_yaml::from_str(text).unwrap_or(Json::Null)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::rules::ByRules;
    use crate::account::rules::cloudformation::*;
    use crate::account::scripted::{Scripted, stack_of};
    use aws_sdk_cloudformation::types::StackStatus;
    use stacks::Stage;

    /// The parameter of a stack that is an output of another one, with its value.
    async fn check(outputs: &Outputs, stack: &Stack, expected: &str) {
        let aws = Scripted::start(vec![]).await;
        let looked_up = LookedUp::default();
        let plan = Plan { stack, code_keys: &BTreeMap::new(), outputs, looked_up: &looked_up, express: false };
        let found = parameters(&aws.account, &plan).unwrap();
        let mut of_outputs =
            stack.parameters().iter().filter(|(_, source)| matches!(source, ParameterSource::OutputOf { .. }));
        let (name, _) = of_outputs.next().unwrap();
        let value = found.iter().find(|parameter| parameter.parameter_key() == Some(name)).unwrap().parameter_value();
        assert_eq!(value, Some(expected));
    }

    #[tokio::test]
    async fn a_parameter_is_the_output_of_the_stack_that_it_names() {
        let text = include_str!("../../stacks/stages/example.yaml");
        let stage = Stage::parse("prod".to_owned().try_into().unwrap(), text).unwrap();
        let stack = stacks::all(&stage).into_iter().find(|stack| stack.needed_outputs().next().is_some()).unwrap();
        let (of, output) = stack.needed_outputs().next().unwrap();
        let outputs_of = |name| Outputs::from([(name, BTreeMap::from([(output.to_owned(), "arn".to_owned())]))]);
        check(&outputs_of(of), &stack, "arn").await;
        check(&outputs_of(stack.name()), &stack, "not-there-yet").await;
        check(&Outputs::new(), &stack, "not-there-yet").await;
    }

    #[tokio::test]
    async fn a_change_set_without_changes_is_discarded_at_the_end_if_not_at_once() {
        let existing = stack_is(StackStatus::UpdateRollbackComplete);
        let proposed = [existing, change_set_is_taken(), change_set_has_no_changes()];
        let discarded = [change_set_is_kept("AccessDenied"), change_set_is_deleted(), change_sets_are(&[])];
        let mut aws = ByRules::new(proposed.into_iter().chain(discarded));
        let stack = stack_of("prod", "SLACK_WEBHOOK_URL");
        let (keys, outputs, ids) = (BTreeMap::new(), Outputs::new(), LookedUp::default());
        let plan = Plan { stack: &stack, code_keys: &keys, outputs: &outputs, looked_up: &ids, express: false };
        let proposal = Box::pin(propose(&aws.account, &plan, &aws.account.reporter)).await.unwrap();
        assert!(proposal.is_empty() && !proposal.is_new);
        assert_eq!(aws.account.open_change_sets().proposed().len(), 1);
        assert_eq!(discard_open(&aws.account).await, []);
        aws.told();
    }
}
