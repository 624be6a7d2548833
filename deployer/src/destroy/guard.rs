//! Checks right before each deletion that no one deploys what is being destroyed.

use crate::account::{Account, StackSummary, Standing};
use crate::error::{Error, Outcome};
use stacks::{KnownStack, Stack, Stage};

/// What must not exist while something is deleted.
pub(super) enum Guard<'a> {
    /// A stack of this name, except the one with this id, which is being deleted.
    NewerStack { stack: &'a dyn KnownStack, id: Option<&'a str> },
    /// Any stack of this stage.
    AnyStack(&'a Stage),
}

impl<'a> Guard<'a> {
    /// Stops as soon as there is a newer stack of the same name.
    pub(super) fn against_newer(stack: &'a dyn KnownStack, id: Option<&'a str>) -> Self {
        Self::NewerStack { stack, id }
    }

    /// Fails if someone deploys; the next call to AWS is to be the deletion.
    pub(super) async fn check(&self, account: &Account) -> Outcome<()> {
        match self {
            Self::NewerStack { stack, id } => {
                let name = stack.full_stack_name();
                let there = account.retry_transient(async || account.find_stack(&name).await).await?;
                match is_newer(there.as_ref(), *id) {
                    false => Ok(()),
                    true => Err(Error::DeployedAgain { what: format!("stack `{name}`") }),
                }
            }
            Self::AnyStack(stage) => match account.retry_transient(async || stack_of(account, stage).await).await? {
                None => Ok(()),
                Some(name) => Err(Error::DeployedAgain { what: format!("stack `{name}`") }),
            },
        }
    }
}

fn is_newer(there: Option<&StackSummary>, id: Option<&str>) -> bool {
    there.is_some_and(|stack| Some(stack.id.as_str()) != id)
}

/// The name of some stack of a stage in this region, if there is one.
///
/// Names of stages may begin alike (`prod`, `prod-eu`): the tag that every deployment sets names the stage of a stack.
pub(super) async fn stack_of(account: &Account, stage: &Stage) -> Outcome<Option<String>> {
    let mut pages = account.cloudformation.describe_stacks().into_paginator().items().send();
    while let Some(stack) = pages.next().await {
        let stack = stack.map_err(Error::aws("cloudformation:DescribeStacks"))?;
        let is_gone = stack.stack_status().is_some_and(|status| Standing::of(status) == Standing::Absent);
        let name = stack.stack_name().unwrap_or_default();
        let tag = stack.tags().iter().find(|tag| tag.key() == Some("tsugite:stage")).and_then(|tag| tag.value());
        if !is_gone && is_of_stage(name, tag, stage) {
            return Ok(Some(name.to_owned()));
        }
    }
    Ok(None)
}

/// Whether a stack belongs to a stage; one whose tag is lost counts by its name, since a bucket that stays does less harm
/// than one that is being deleted.
fn is_of_stage(name: &str, tag: Option<&str>, stage: &Stage) -> bool {
    let prefix = Stack::name_prefix(stage);
    name.starts_with(&prefix) && tag.is_none_or(|tag| tag == stage.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_cloudformation::types::StackStatus;
    use std::collections::BTreeMap;

    #[test]
    fn stages_whose_names_begin_alike_are_told_apart_by_their_tag() {
        let text = "region: ap-northeast-1\nsns_slack: {}\n";
        let stage = Stage::parse("prod".to_owned().try_into().unwrap(), text).unwrap();
        for (name, tag, expected) in [
            ("tsugite-prod-notes", Some("prod"), true),
            ("tsugite-prod-eu-notes", Some("prod-eu"), false),
            ("tsugite-prod-notes", None, true),
            ("tsugite-production-notes", None, false),
            ("another-one", Some("prod"), false),
        ] {
            assert_eq!(is_of_stage(name, tag, &stage), expected, "{name}, {tag:?}");
        }
    }

    #[test]
    fn only_another_stack_is_newer() {
        let there = |id: &str| {
            let status = StackStatus::CreateComplete;
            StackSummary {
                id: id.into(),
                status,
                operation: String::new(),
                outputs: BTreeMap::new(),
                template_digest: None,
                parameters: BTreeMap::new(),
                tags: BTreeMap::new(),
            }
        };
        for (found, began_with, expected) in [
            (None, Some("old"), false),
            (Some(there("old")), Some("old"), false),
            (Some(there("new")), Some("old"), true),
            (Some(there("new")), None, true),
            (None, None, false),
        ] {
            assert_eq!(is_newer(found.as_ref(), began_with), expected, "{found:?}");
        }
    }
}
