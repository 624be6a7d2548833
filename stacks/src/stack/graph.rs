//! A stack as a picture, drawn from the same definition as its template.

use super::{ParameterSource, SecretSpec, Stack};
use contracts::{NamedWire, SecretForm};
use policies::Grant;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The label of an edge to a dead-letter queue, which is drawn with dots.
pub(super) const DEAD_LETTERS_TO: &str = "dead letters to";

/// An arrow from one node to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edge {
    from: String,
    to: String,
    label: String,
}

impl Stack {
    /// Draws an arrow; a node is a logical id, or the name of something outside the stack.
    pub(super) fn edge(&mut self, from: &str, to: &str, label: &str) {
        let edge = Edge { from: from.to_owned(), to: to.to_owned(), label: label.to_owned() };
        if !self.edges.contains(&edge) {
            self.edges.push(edge);
        }
    }

    /// Draws what a function may reach and what invokes it, from its grants and variables.
    pub(super) fn edges_of(&mut self, function: &str, wires: &[NamedWire], grants: &[Grant]) {
        for grant in grants {
            if let Grant::ConsumeMessages { queue } = grant
                && let Some(queue) = queue.references().next()
            {
                self.edge(queue, function, "feeds");
            }
        }
        for wire in wires {
            for grant in &wire.grants {
                let (subject, words) = grant.subject();
                let Some(to) = subject.references().next().map(str::to_owned) else { continue };
                self.edge(function, &to, words);
                // A secret that is an address is also the way to a SaaS.
                let is_way = |secret: &&SecretSpec| secret.logical_id == to && secret.form == SecretForm::Address;
                if let Some(saas) = self.secrets.iter().find(is_way).and_then(|secret| secret.saas) {
                    self.edge(function, saas.name, "posts to");
                }
            }
            let parameters: Vec<_> = wire.value.references().map(|id| self.parameters.get(id).cloned()).collect();
            for parameter in parameters.into_iter().flatten() {
                if let ParameterSource::ServiceUrl(saas) = parameter {
                    self.edge(function, saas.name, "calls");
                }
            }
        }
    }

    /// The stack as a Mermaid flowchart.
    ///
    /// Source: mermaid.js.org, "Flowcharts".
    pub fn graph(&self) -> String {
        let mut ids = BTreeMap::new();
        let mut text = String::from("flowchart LR\n");
        for name in self.edges.iter().flat_map(|edge| [&edge.from, &edge.to]) {
            let n_nodes = ids.len();
            if !ids.contains_key(name) {
                ids.insert(name.clone(), format!("n{n_nodes}"));
                // Writing to a string does not fail.
                let _ = writeln!(text, "    n{n_nodes}{}", self.node(name));
            }
        }
        for edge in &self.edges {
            let (from, to) = (&ids[&edge.from], &ids[&edge.to]);
            let arrow = if edge.label == DEAD_LETTERS_TO { "-.->" } else { "-->" };
            let _ = writeln!(text, "    {from} {arrow}|{}| {to}", edge.label);
        }
        text
    }

    /// Shape and text of a node: what it is called, and what it is.
    fn node(&self, name: &str) -> String {
        let Some(entry) = self.resources.get(name) else { return format!("([\"{name}\"])") };
        let (open, close, kind) = match entry.kind {
            "AWS::ApiGateway::RestApi" => ("[", "]", "API Gateway"),
            "AWS::Lambda::Function" => ("(", ")", "Lambda"),
            "AWS::SQS::Queue" => ("[[", "]]", "SQS"),
            "AWS::SNS::Topic" => ("{{", "}}", "SNS"),
            "AWS::S3::Bucket" => ("[(", ")]", "S3"),
            "AWS::DynamoDB::Table" => ("[(", ")]", "DynamoDB"),
            "AWS::SecretsManager::Secret" => ("[/", "/]", "Secrets Manager"),
            "AWS::CloudFront::Distribution" => ("[", "]", "CloudFront"),
            "AWS::StepFunctions::StateMachine" => ("[[", "]]", "Step Functions"),
            "AWS::Events::Connection" => ("[/", "/]", "EventBridge Connection"),
            "AWS::Scheduler::Schedule" => ("([", "])", "EventBridge Scheduler"),
            "AWS::KMS::Key" => ("[/", "/]", "KMS"),
            kind => ("[", "]", kind),
        };
        format!("{open}\"{name}<br>{kind}\"{close}")
    }
}
