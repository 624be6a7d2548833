//! Rights as policy documents that IAM takes.

use super::{Caller, Conditions, Right};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many characters a managed policy may have, white space not counted.
///
/// Source: IAM user guide, "IAM and AWS STS quotas".
pub const SIZE_LIMIT: usize = 6144;

/// A policy document of language version 2012-10-17.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Policy {
    version: &'static str,
    /// What it allows.
    pub statement: Vec<Allowed>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Allowed {
    /// Whose calls need it, and the service.
    pub sid: String,
    effect: &'static str,
    /// The actions.
    pub action: Vec<String>,
    /// On what.
    pub resource: Vec<String>,
    /// When.
    #[serde(skip_serializing_if = "Conditions::is_empty")]
    pub condition: Conditions,
}

impl Policy {
    fn new() -> Self {
        Self { version: "2012-10-17", statement: Vec::new() }
    }

    /// Characters as IAM counts them.
    pub fn size(&self) -> usize {
        serde_json::to_string(self).map_or(0, |text| text.chars().filter(|c| !c.is_whitespace()).count())
    }
}

/// Rights as documents, as few as hold them, each within IAM's limit.
pub fn policies(rights: &BTreeSet<Right>) -> Vec<Policy> {
    let mut documents: Vec<Policy> = Vec::new();
    for statement in statements(rights) {
        let with_it = documents.iter_mut().find_map(|document| {
            document.statement.push(statement.clone());
            if document.size() <= SIZE_LIMIT {
                return Some(());
            }
            document.statement.pop();
            None
        });
        if with_it.is_none() {
            documents.push(Policy { statement: vec![statement], ..Policy::new() });
        }
    }
    documents
}

/// Actions that are needed on the same resources under the same conditions are one statement.
fn statements(rights: &BTreeSet<Right>) -> Vec<Allowed> {
    let mut resources: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
    for Right { caller, action, resource, conditions } in rights {
        resources.entry((*caller, service(action), action.as_str(), conditions)).or_default().insert(resource);
    }
    let mut actions: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for ((caller, service, action, conditions), resources) in resources {
        actions.entry((caller, service, conditions, resources)).or_default().push(action);
    }
    let mut n_of_name: BTreeMap<String, usize> = BTreeMap::new();
    let statements = actions.into_iter().map(|((caller, service, conditions, resources), actions)| {
        let name = sid(caller, service);
        let n = n_of_name.entry(name.clone()).and_modify(|n| *n += 1).or_insert(1);
        Allowed {
            sid: if *n == 1 { name } else { format!("{name}{n}") },
            effect: "Allow",
            action: actions.into_iter().map(str::to_owned).collect(),
            resource: resources.into_iter().map(str::to_owned).collect(),
            condition: conditions.clone(),
        }
    });
    statements.collect()
}

fn service(action: &str) -> &str {
    action.split(':').next().unwrap_or_default()
}

fn sid(caller: Caller, service: &str) -> String {
    let caller = match caller {
        Caller::Deployer => "Tool",
        Caller::CloudFormation => "CloudFormation",
    };
    let words = service.split('-').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        format!("{}{rest}", first.to_uppercase())
    });
    format!("{caller}{}", words.collect::<String>())
}
