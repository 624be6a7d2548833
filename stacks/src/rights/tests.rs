//! What the permissions of the deploying user must be like, whatever the stacks define.

use super::*;
use crate::{Stage, StageName};
use std::collections::BTreeMap;

const ACCOUNT: &str = "111122223333";

fn stage(name: &str) -> Stage {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("stages/{name}.yaml"));
    Stage::parse(StageName::try_from(name.to_owned()).unwrap(), &std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Every stack of both stages.
fn stacks() -> Vec<Stack> {
    ["example", "local"].iter().flat_map(|name| crate::all(&stage(name))).collect()
}

/// Whether a pattern of a policy covers a name.
fn covers(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name
            .strip_prefix(start)
            .is_some_and(|tail| (0..=tail.len()).any(|at| tail.is_char_boundary(at) && covers(rest, &tail[at..]))),
    }
}

#[test]
fn every_resource_type_is_known() {
    for stack in stacks() {
        for (logical_id, entry) in stack.deployed_resources() {
            let rights = stack.rights_to_change(ACCOUNT, &logical_id, entry.kind, &[Operation::Create]);
            assert!(!rights.is_empty(), "{logical_id}: handlers.json does not know `{}`", entry.kind);
        }
    }
}

#[test]
fn no_action_holds_a_wildcard_and_every_resource_only_where_there_is_no_other_level() {
    for right in stacks().iter().flat_map(|stack| stack.rights(ACCOUNT)) {
        assert!(!right.action.contains('*') && right.action.split(':').count() == 2, "{right:?}");
        assert_eq!(right.resource == "*", needs_every_resource(&right.action), "{right:?}");
        assert!(!right.resource.contains('{'), "{right:?}");
        let has_stage = right.resource.contains("tsugite-");
        let is_of_a_service = (right.resource.ends_with('*') || right.resource.ends_with("::/restapis"))
            || right.resource.contains("/aws-service-role/");
        let is_named = right.resource.starts_with("arn:aws:route53:::hostedzone/") || right.resource.contains(":sns:");
        assert!(has_stage || is_of_a_service || is_named, "{right:?}");
    }
}

#[test]
fn what_cloudformation_alone_does_is_allowed_to_nobody_else() {
    for right in stacks().iter().flat_map(|stack| stack.rights(ACCOUNT)) {
        let is_of_connection = right.resource.contains(":secret:events!connection/tsugite-");
        assert!(!right.conditions.is_empty() || is_of_connection, "{right:?}");
        assert_eq!(right.caller, Caller::CloudFormation);
    }
}

/// Names that the templates give themselves; CloudFormation makes the others.
#[test]
fn names_of_the_templates_are_covered() {
    let stacks = stacks();
    let mut n_names = 0;
    for stack in &stacks {
        let full_name = stack.full_stack_name();
        for (logical_id, entry) in stack.deployed_resources() {
            let (property, service) = match entry.kind {
                "AWS::Events::Connection" => ("Name", "events:"),
                "AWS::Lambda::Function" => ("FunctionName", "lambda:"),
                "AWS::Logs::LogGroup" => ("LogGroupName", "logs:"),
                "AWS::SNS::Topic" => ("TopicName", "sns:"),
                "AWS::StepFunctions::StateMachine" => ("StateMachineName", "states:"),
                "AWS::WAFv2::WebACL" => ("Name", "wafv2:"),
                _ => continue,
            };
            let name = &entry.properties[property];
            let text = name.as_str().or(name["Fn::Sub"].as_str()).unwrap_or("${AWS::StackName}");
            let name = text.replace("${AWS::StackName}", &full_name);
            let rights = stack.rights_to_change(ACCOUNT, &logical_id, entry.kind, &Operation::ALL);
            let of_service = rights.iter().filter(|right| right.action.starts_with(service) && right.resource != "*");
            for right in of_service {
                let pattern = right.resource.split(service).last().unwrap();
                let pattern = pattern.rsplit_once([':', '/']).map_or(pattern, |(_, name)| name);
                let name = name.rsplit('/').next().unwrap();
                assert!(covers(pattern, name), "{name}: {right:?}");
                n_names += 1;
            }
        }
    }
    assert!(n_names > 100, "{n_names}");
}

#[test]
fn a_role_s_name_may_be_shortened() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/stages/example.yaml")).unwrap();
    for name in ["prod", "a-rather-long-na"] {
        let stage = Stage::parse(StageName::try_from(name.to_owned()).unwrap(), &text).unwrap();
        for stack in crate::all(&stage) {
            let passed: Vec<Right> =
                stack.rights(ACCOUNT).into_iter().filter(|r| r.action == "iam:CreateRole").collect();
            for (logical_id, _) in stack.deployed_resources().iter().filter(|(_, entry)| entry.kind == "AWS::IAM::Role")
            {
                let full_name = stack.full_stack_name();
                // CloudFormation may shorten either part.
                for kept in 0..logical_id.len() {
                    let logical_id = &logical_id[..logical_id.len() - kept];
                    let room = 64 - 14 - logical_id.len() - 1;
                    let stack_name = &full_name[..full_name.len().min(room)];
                    let arn = format!("arn:aws:iam::{ACCOUNT}:role/{stack_name}-{logical_id}-ABCDEFGHIJKLM");
                    assert!(passed.iter().any(|right| covers(&right.resource, &arn)), "{arn}: {passed:#?}");
                }
            }
        }
    }
}

#[test]
fn every_document_is_within_the_limit_and_nothing_is_lost() {
    let stacks = stacks();
    let rights: BTreeSet<Right> = stacks.iter().flat_map(|stack| stack.rights(ACCOUNT)).collect();
    let documents = policies(&rights);
    // An IAM role takes ten managed policies.
    assert!((1..=10).contains(&documents.len()), "{}", documents.len());
    let mut sids = BTreeMap::new();
    let mut n_pairs = 0;
    for document in &documents {
        assert!(document.size() <= SIZE_LIMIT, "{}", document.size());
        for statement in &document.statement {
            assert!(sids.insert(statement.sid.clone(), ()).is_none(), "{}", statement.sid);
            n_pairs += statement.action.len() * statement.resource.len();
        }
    }
    assert_eq!(n_pairs, rights.len());
}

#[test]
fn a_property_that_a_resource_does_not_have_takes_no_right() {
    let stacks = crate::all(&stage("example"));
    let rights: BTreeSet<String> = stacks.iter().flat_map(|stack| stack.rights(ACCOUNT)).map(|r| r.action).collect();
    for (action, is_needed) in [
        ("dynamodb:UpdateTimeToLive", true),
        ("dynamodb:CreateTableReplica", false),
        ("ec2:DescribeVpcs", false),
        ("iam:PassRole", true),
        ("iam:DeleteRolePermissionsBoundary", false),
        ("s3:PutLifecycleConfiguration", true),
        ("s3:PutReplicationConfiguration", false),
    ] {
        assert_eq!(rights.contains(action), is_needed, "{action}");
    }
}
