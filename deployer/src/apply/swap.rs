//! The short way for new code: a function gets it at once, and the change set that follows records it.
//!
//! CloudFormation needs most of a minute for what Lambda does in two seconds. Template and functions agree when the
//! command ends: if the change set fails, the functions get back the code that the stack has. Should the command be
//! killed in between, its change set is left, by which the next command sees that it has to look.

use crate::account::Account;
use crate::artifact::artifact_bucket;
use crate::change::{Change, ChangeKind};
use crate::error::Outcome;
use crate::function_code::{WantedCode, set_code};
use crate::propose::Plan;
use futures_util::future::try_join_all;
use stacks::Stack;

/// Whether a proposal changes the code of functions and nothing else.
pub(super) fn is_only_code(changes: &[Change]) -> bool {
    let is_code = |change: &Change| {
        change.kind == ChangeKind::Changed
            && change.resource_type == "AWS::Lambda::Function"
            && change.properties == ["Code"]
    };
    !changes.is_empty() && changes.iter().all(is_code)
}

/// Gives the functions their new code; returns when it runs.
pub(super) async fn swap(account: &Account, plan: &Plan<'_>, changes: &[Change]) -> Outcome<()> {
    let bucket = artifact_bucket(account, plan.stack.stage());
    let key_of = |function: &str| plan.code_keys.get(package_of(plan.stack, function)?);
    let wanted = changes.iter().filter_map(|change| {
        let function = format!("{}-{}", plan.stack.full_stack_name(), change.logical_id);
        Some(WantedCode { function, bucket: &bucket, key: key_of(&change.logical_id)? })
    });
    try_join_all(wanted.map(|wanted| set_code(account, wanted))).await.map(|_| ())
}

fn package_of<'a>(stack: &'a Stack, logical_id: &str) -> Option<&'a str> {
    stack.functions().iter().find(|function| function.logical_id == logical_id).map(|function| function.package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_code_is_nothing_but_code() {
        let change = |kind, resource_type: &str, properties: &[&str]| Change {
            kind,
            logical_id: "F".into(),
            resource_type: resource_type.into(),
            properties: properties.iter().map(|name| (*name).to_owned()).collect(),
            fate: None,
        };
        const FUNCTION: &str = "AWS::Lambda::Function";
        let code = || change(ChangeKind::Changed, FUNCTION, &["Code"]);
        assert!(is_only_code(&[code(), code()]));
        for other in [
            change(ChangeKind::Changed, FUNCTION, &["Code", "Role"]),
            change(ChangeKind::Changed, "AWS::SQS::Queue", &["Code"]),
            change(ChangeKind::Replaced, FUNCTION, &["Code"]),
            change(ChangeKind::Added, FUNCTION, &[]),
        ] {
            assert!(!is_only_code(&[code(), other]));
        }
        assert!(!is_only_code(&[]));
    }
}
