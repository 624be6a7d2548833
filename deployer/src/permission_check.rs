//! Asks IAM, before anything changes, whether the caller has the permissions that a proposal needs.

use crate::account::{Account, Caller};
use crate::change::{Change, ChangeKind};
use crate::error::{Error, Outcome};
use crate::permissions::permissions_after_proposal;
use crate::propose::Proposal;
use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType};
use futures_util::stream::{StreamExt, TryStreamExt, iter};
use stacks::Stack;
use stacks::rights::{Conditions, Operation, Policy, Right, policies};
use std::collections::{BTreeMap, BTreeSet};

/// Questions at the same time; IAM throttles an account that asks more.
const AT_ONCE: usize = 4;

/// The answer of IAM about the caller's permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PermissionCheck {
    /// Everything is allowed.
    Allowed,
    /// Something is missing.
    Missing(MissingPermissions),
    /// IAM could not be asked, and why.
    Unknown(String),
}

/// What the caller may not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingPermissions {
    /// The caller's ARN.
    pub principal: String,
    /// Documents that allow it.
    pub policies: Vec<Policy>,
    /// Actions that are denied by a statement, a boundary or the organization: allowing them does not help.
    pub denied: BTreeMap<String, &'static str>,
}

/// Asks IAM about everything that applying the proposals takes; one that changes nothing takes nothing.
pub async fn check_permissions(account: &Account, proposals: &[(&Stack, &Proposal)]) -> Outcome<PermissionCheck> {
    let proposals = proposals.iter().filter(|(_, proposal)| !proposal.is_empty());
    let needed: BTreeSet<Right> = proposals.flat_map(|(stack, proposal)| needs(account, stack, proposal)).collect();
    if needed.is_empty() {
        return Ok(PermissionCheck::Allowed);
    }
    let principal = match account.caller().await? {
        Caller::Principal(principal) => principal,
        Caller::Unknown(why) => return Ok(PermissionCheck::Unknown(why)),
    };
    let questions = questions(needed);
    let answers = iter(&questions).map(|question| ask(account, &principal, question)).buffer_unordered(AT_ONCE);
    let answers: Vec<Answers> = match answers.try_collect().await {
        Ok(answers) => answers,
        // A deploying user need not be allowed to ask IAM; without an answer nothing is known.
        Err(error) => return Ok(PermissionCheck::Unknown(error.to_string())),
    };
    Ok(judge(principal, answers))
}

/// What applying a proposal takes: CloudFormation's work on each change, and the calls that follow.
fn needs(account: &Account, stack: &Stack, proposal: &Proposal) -> BTreeSet<Right> {
    let of_changes = proposal.changes.iter().flat_map(|change| {
        let Change { logical_id, resource_type, kind, .. } = change;
        stack.rights_to_change(&account.id, logical_id, resource_type, operations(*kind))
    });
    of_changes.chain(permissions_after_proposal(stack, &account.id)).collect()
}

fn operations(kind: ChangeKind) -> &'static [Operation] {
    match kind {
        ChangeKind::Added => &[Operation::Create, Operation::Read],
        ChangeKind::Changed => &[Operation::Read, Operation::Update],
        ChangeKind::Replaced => &[Operation::Create, Operation::Read, Operation::Delete],
        ChangeKind::MayBeReplaced => &Operation::ALL,
        ChangeKind::Removed => &[Operation::Read, Operation::Delete],
    }
}

/// Rights on one resource under the same conditions, which IAM is asked about in one call.
type Question = ((String, Conditions), Vec<Right>);

fn questions(needed: BTreeSet<Right>) -> Vec<Question> {
    let mut questions: BTreeMap<_, Vec<Right>> = BTreeMap::new();
    for right in needed {
        questions.entry((right.resource.clone(), right.conditions.clone())).or_default().push(right);
    }
    questions.into_iter().collect()
}

/// What IAM says of each right.
type Answers = Vec<(Right, Verdict)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Allowed,
    /// Nothing allows it.
    Missing,
    /// Something forbids it.
    Denied(&'static str),
    /// It depends on a condition that only the call itself fulfills.
    Open,
}

async fn ask(account: &Account, principal: &str, question: &Question) -> Outcome<Answers> {
    let ((resource, conditions), rights) = question;
    // A name that the pattern allows; a pattern itself is no ARN of a resource.
    let resource = if resource == "*" { resource.clone() } else { resource.replace('*', "tsugite") };
    let results: Vec<EvaluationResult> = account
        .iam
        .simulate_principal_policy()
        .policy_source_arn(principal)
        .set_action_names(Some(rights.iter().map(|right| right.action.clone()).collect()))
        .resource_arns(resource)
        .set_context_entries(Some(context(account, conditions)))
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .map_err(Error::aws("iam:SimulatePrincipalPolicy"))?;
    let verdict_of = |right: &Right| {
        let result = results.iter().find(|result| result.eval_action_name() == right.action);
        result.map_or(Verdict::Open, verdict)
    };
    Ok(rights.iter().map(|right| (right.clone(), verdict_of(right))).collect())
}

/// What a request brings with it: what the conditions ask for, and what every request has.
fn context(account: &Account, conditions: &Conditions) -> Vec<ContextEntry> {
    let entry = |key: &str, kind: ContextKeyTypeEnum, value: &str| {
        let entry = ContextEntry::builder().context_key_name(key).context_key_type(kind);
        entry.context_key_values(value).build()
    };
    let own = conditions.entries().map(|(key, value)| {
        let kind = if key == "aws:CalledVia" { ContextKeyTypeEnum::StringList } else { ContextKeyTypeEnum::String };
        entry(key, kind, value)
    });
    let common = [
        entry("aws:RequestedRegion", ContextKeyTypeEnum::String, &account.region),
        entry("aws:SecureTransport", ContextKeyTypeEnum::Boolean, "true"),
    ];
    own.chain(common).collect()
}

fn verdict(result: &EvaluationResult) -> Verdict {
    if *result.eval_decision() == PolicyEvaluationDecisionType::Allowed {
        return Verdict::Allowed;
    }
    if !result.missing_context_values().is_empty() {
        return Verdict::Open;
    }
    if result.organizations_decision_detail().is_some_and(|detail| !detail.allowed_by_organizations()) {
        return Verdict::Denied("the organization's service control policies do not allow it");
    }
    if result.permissions_boundary_decision_detail().is_some_and(|detail| !detail.allowed_by_permissions_boundary()) {
        return Verdict::Denied("the permissions boundary does not allow it");
    }
    match result.eval_decision() {
        PolicyEvaluationDecisionType::ExplicitDeny => Verdict::Denied("a statement denies it"),
        _ => Verdict::Missing,
    }
}

fn judge(principal: String, answers: Vec<Answers>) -> PermissionCheck {
    let (mut missing, mut denied) = (BTreeSet::new(), BTreeMap::new());
    for (right, verdict) in answers.into_iter().flatten() {
        match verdict {
            Verdict::Missing => {
                missing.insert(right);
            }
            Verdict::Denied(why) => {
                denied.insert(right.action, why);
            }
            Verdict::Allowed | Verdict::Open => {}
        }
    }
    if missing.is_empty() && denied.is_empty() {
        return PermissionCheck::Allowed;
    }
    PermissionCheck::Missing(MissingPermissions { principal, policies: policies(&missing), denied })
}
