//! Stacks as they are in the account.

use super::{Account, Standing};
use crate::error::{Error, Outcome};
use aws_sdk_cloudformation::types::{ResourceStatus, StackResourceSummary, StackStatus};
use stacks::Stack;
use std::collections::BTreeMap;

/// What is known of a stack in the account.
#[derive(Clone, Debug)]
pub(crate) struct StackSummary {
    pub(crate) id: String,
    pub(crate) status: StackStatus,
    /// When its last operation began: its creation, or the last update.
    pub(crate) operation: String,
    pub(crate) outputs: BTreeMap<String, String>,
    /// What it was deployed with; `None` if an operation has ended since this was read, or if the stack is older than
    /// this output of its template.
    pub(crate) template_digest: Option<String>,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) tags: BTreeMap<String, String>,
}

impl Account {
    /// The stack with this name or id; `None` if there is none, or if it was deleted.
    pub(crate) async fn find_stack(&self, name: &str) -> Outcome<Option<StackSummary>> {
        let answer = self.cloudformation.describe_stacks().stack_name(name).send().await;
        let answer = match answer.map_err(Error::aws("cloudformation:DescribeStacks")) {
            Err(Error::Aws { message, .. }) if message.contains("does not exist") => return Ok(None),
            answer => answer?,
        };
        let Some(stack) = answer.stacks().first() else { return Ok(None) };
        let status = stack.stack_status().cloned().unwrap_or_else(|| StackStatus::from(""));
        if Standing::of(&status) == Standing::Absent {
            return Ok(None);
        }
        let mut outputs: BTreeMap<String, String> = stack
            .outputs()
            .iter()
            .filter_map(|output| Some((output.output_key()?.to_owned(), output.output_value()?.to_owned())))
            .collect();
        let parameters = stack.parameters().iter().filter_map(|parameter| {
            Some((parameter.parameter_key()?.to_owned(), parameter.parameter_value()?.to_owned()))
        });
        let tags = stack.tags().iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned())));
        let operation = stack.last_updated_time().or(stack.creation_time());
        Ok(Some(StackSummary {
            id: stack.stack_id().unwrap_or(name).to_owned(),
            status,
            operation: operation.map(ToString::to_string).unwrap_or_default(),
            template_digest: outputs.remove(Stack::DIGEST_OUTPUT),
            outputs,
            parameters: parameters.collect(),
            tags: tags.collect(),
        }))
    }

    /// The stack with this name, after the end of any operation in progress; `None` if there is none.
    pub(crate) async fn find_settled(&self, name: &str) -> Outcome<Option<StackSummary>> {
        let Some(mut stack) = self.find_stack(name).await? else { return Ok(None) };
        if Standing::of(&stack.status).is_moving() {
            self.reporter.note(format!("stack `{name}` is {}: waiting for the operation to finish", stack.status));
            let Some(settled) = self.wait_until_settled(&stack.id).await? else { return Ok(None) };
            stack.status = settled;
            // The operation may have changed it.
            stack.template_digest = None;
        }
        Ok(Some(stack))
    }

    /// Waits until no operation is in progress, including those of other processes.
    ///
    /// Returns its status; `None` if the stack no longer exists.
    pub(crate) async fn wait_until_settled(&self, id: &str) -> Outcome<Option<StackStatus>> {
        let mut wait = None;
        let look = async |_| {
            let Some(stack) = self.retry_transient(async || self.find_stack(id).await).await? else {
                return Ok(Some(None));
            };
            if !Standing::of(&stack.status).is_moving() {
                return Ok(Some(Some(stack.status)));
            }
            let name = name_in(id);
            let told = || self.reporter.wait(format!("another operation on stack `{name}` to finish"));
            wait.get_or_insert_with(told).because(format!("the stack is {}", stack.status));
            Ok(None)
        };
        self.pace.until(look).await
    }

    /// Every resource of a stack; none if there is no such stack.
    pub(crate) async fn resources_of(&self, stack: &str) -> Outcome<Vec<StackResourceSummary>> {
        let mut pages = self.cloudformation.list_stack_resources().stack_name(stack).into_paginator().send();
        let mut resources = Vec::new();
        while let Some(page) = pages.next().await {
            match page.map_err(Error::aws("cloudformation:ListStackResources")) {
                Err(Error::Aws { message, .. }) if message.contains("does not exist") => break,
                page => resources.extend(page?.stack_resource_summaries.unwrap_or_default()),
            }
        }
        Ok(resources)
    }

    /// Name or ARN of one resource of a stack; `None` if it is not there, or not any more.
    pub(crate) async fn physical_id(&self, stack: &str, logical_id: &str) -> Outcome<Option<String>> {
        Ok(self.physical_ids(stack, &[logical_id]).await?.remove(logical_id))
    }

    /// Names or ARNs of resources of a stack, by their logical ids; without those that are not there, or not any more.
    pub(crate) async fn physical_ids(&self, stack: &str, logical_ids: &[&str]) -> Outcome<BTreeMap<String, String>> {
        if logical_ids.is_empty() {
            return Ok(BTreeMap::new());
        }
        let resources = self.resources_of(stack).await?.into_iter();
        let there = resources.filter(|resource| resource.resource_status() != Some(&ResourceStatus::DeleteComplete));
        let ids = there.filter_map(|resource| Some((resource.logical_resource_id?, resource.physical_resource_id?)));
        Ok(ids.filter(|(logical_id, id)| logical_ids.contains(&logical_id.as_str()) && !id.is_empty()).collect())
    }
}

/// The name in a stack's id.
fn name_in(id: &str) -> &str {
    // arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/ID
    id.split('/').nth(1).unwrap_or(id)
}
