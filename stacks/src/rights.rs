//! What the deploying user of a stage must be allowed to do, derived from what the stacks define.
//!
//! CloudFormation acts with the rights of its caller. Which actions a resource takes is a fact of its
//! type (`rights/handlers.json`), on which resources follows from the names that CloudFormation gives.

mod document;
mod github;
mod handlers;
mod scope;

pub use document::{Policy, SIZE_LIMIT, policies};
pub use github::{GitHubSource, github_trust};
pub use handlers::{HANDLERS, Operation};
pub use scope::{Conditions, needs_every_resource};

use crate::stack::{RetiredStack, Stack};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// One action on one resource that a user must be allowed to do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// Whose call needs it.
    pub caller: Caller,
    /// The IAM action, such as `sqs:CreateQueue`.
    pub action: String,
    /// ARN with `*` for what is not known before, or `*` where the action has no resource.
    pub resource: String,
    /// When it is needed; a policy need not allow more.
    pub conditions: Conditions,
}

/// Whose call needs a right; in both cases it is the person's, or the pipeline's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// A command of the tool calls AWS.
    Deployer,
    /// CloudFormation calls AWS while it works on a stack.
    CloudFormation,
}

impl Stack {
    /// Everything that CloudFormation needs to create, update and delete the stack in an account.
    pub fn rights(&self, account: &str) -> BTreeSet<Right> {
        let names = scope::Names::new(self, account);
        let all = self.deployed_resources().into_iter().map(|(logical_id, entry)| {
            let names = names.of_resource(&logical_id, &entry.properties);
            rights_of(&names, entry.kind, &entry.properties, &Operation::ALL)
        });
        all.flatten().collect()
    }

    /// What CloudFormation needs for some operations on one resource of the stack.
    ///
    /// A resource that the definition does not have any more is known by its type alone.
    pub fn rights_to_change(
        &self,
        account: &str,
        logical_id: &str,
        resource_type: &str,
        operations: &[Operation],
    ) -> BTreeSet<Right> {
        let resources = self.deployed_resources();
        let entry = resources.get(logical_id).filter(|entry| entry.kind == resource_type);
        let properties = entry.map_or(&Json::Null, |entry| &entry.properties);
        let names = scope::Names::new(self, account).of_resource(logical_id, properties);
        rights_of(&names, resource_type, properties, operations).into_iter().collect()
    }

    /// What a call of the tool about this stack needs; `scope` is an ARN with names in braces, such as `{stack}`.
    pub fn rights_to_call(&self, account: &str, action: &str, scope: &str, conditions: Conditions) -> Vec<Right> {
        rights_of_call(&scope::Names::new(self, account), action, scope, &conditions)
    }

    /// Whether the stack defines a resource of a type.
    pub fn has_resource(&self, resource_type: &str) -> bool {
        self.deployed_resources().values().any(|entry| entry.kind == resource_type)
    }
}

impl RetiredStack {
    /// What a call of the tool that looks for this stack needs; as [`Stack::rights_to_call`], with names that do not
    /// depend on a definition.
    pub fn rights_to_call(&self, account: &str, action: &str, scope: &str, conditions: Conditions) -> Vec<Right> {
        rights_of_call(&scope::Names::without_definition(self, account), action, scope, &conditions)
    }
}

fn rights_of_call(names: &scope::Names, action: &str, scope: &str, conditions: &Conditions) -> Vec<Right> {
    let conditions = conditions.map_values(|value| names.one(value));
    let right = |resource| Right {
        caller: Caller::Deployer,
        action: action.to_owned(),
        resource,
        conditions: conditions.clone(),
    };
    names.expand(scope).into_iter().map(right).collect()
}

fn rights_of(names: &scope::Names, kind: &str, properties: &Json, operations: &[Operation]) -> Vec<Right> {
    let actions = handlers::actions(kind, properties, operations);
    let rights = actions.into_iter().flat_map(|action| {
        let conditions = scope::conditions(kind, &action, properties).map_values(|value| names.one(value));
        let resources = names.resources(kind, &action);
        resources.into_iter().map(move |resource| Right {
            caller: Caller::CloudFormation,
            action: action.clone(),
            resource,
            conditions: conditions.clone(),
        })
    });
    rights.collect()
}

#[cfg(test)]
mod tests;
