//! Functions, each with a role and a log group of its own.

use super::{CodeParameter, FunctionSpec, ParameterSource, Stack};
use crate::resource::function::{Code, Environment};
use crate::resource::{Function, LogGroup, Role};
use contracts::{Contract, NamedWire};
use policies::{CfnString, Grant, PolicyDocument, Statement};
use std::collections::BTreeMap;

/// The parameter that holds the artifact bucket's name.
const ARTIFACT_BUCKET: &str = "ArtifactBucket";

impl Stack {
    /// A function with its role and log group.
    #[track_caller]
    pub(super) fn function<C: Contract>(
        &mut self,
        logical_id: &'static str,
        wires: Vec<NamedWire>,
        trigger_variables: Vec<(&'static str, CfnString)>,
        mut grants: Vec<Grant>,
    ) {
        self.edges_of(logical_id, &wires, &grants);
        let mut variables: BTreeMap<_, _> = trigger_variables.into_iter().collect();
        for wire in wires {
            grants.extend(wire.grants);
            let previous = variables.insert(wire.variable, wire.value);
            assert!(previous.is_none(), "{}: `{}` is declared twice", C::FUNCTION, wire.variable);
        }
        let (role, log_group) = (format!("{logical_id}Role"), format!("{logical_id}Logs"));
        grants.push(Grant::WriteLogs { log_group: CfnString::attribute(&log_group, "Arn") });
        grants.sort();
        grants.dedup();
        let statements: Vec<Statement> = grants.iter().map(Grant::statement).collect();
        self.policies.insert(logical_id.to_owned(), PolicyDocument::new(statements.clone()));
        self.variables.insert(logical_id, variables.clone());
        let name = self.full_name().then(format!("-{logical_id}"));
        let code = CodeParameter::of(logical_id);
        self.parameters.insert(ARTIFACT_BUCKET.into(), ParameterSource::ArtifactBucket);
        self.parameters.insert(code.0.clone(), ParameterSource::CodeKey(C::FUNCTION));
        self.add(
            &log_group,
            &LogGroup {
                log_group_name: CfnString::text("/aws/lambda/").join(name.clone()),
                retention_in_days: self.stage.log_retention_days.days(),
            },
        );
        self.add(&role, &Role::for_function(statements, self.stage.permissions_boundary.as_ref()));
        self.add(
            logical_id,
            &Function {
                architectures: [self.stage.architecture.lambda_name()],
                code: Code { bucket: CfnString::reference(ARTIFACT_BUCKET), key: CfnString::reference(&code.0) },
                description: C::PURPOSE.to_owned(),
                environment: Environment { variables },
                function_name: name,
                handler: "bootstrap",
                memory_size: C::LIMITS.memory_mib,
                role: CfnString::attribute(&role, "Arn"),
                runtime: "provided.al2023",
                timeout: C::LIMITS.timeout_seconds,
            },
        );
        // Lambda would make a group without retention for the first line it has to write.
        self.depends(logical_id, &log_group);
        self.function_alarms(logical_id);
        self.functions.push(FunctionSpec { logical_id, package: C::FUNCTION });
    }
}
