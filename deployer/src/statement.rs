//! The IAM statements of a template as sentences, so that a person can review permissions gained or lost.

use policies::Action;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Every statement of every policy in a template, one sentence for each action and resource.
pub(crate) fn statements_of(template: &Json) -> BTreeSet<String> {
    let mut sentences = BTreeSet::new();
    let Some(resources) = template["Resources"].as_object() else { return sentences };
    for (logical_id, resource) in resources {
        let properties = &resource["Properties"];
        match resource["Type"].as_str().unwrap_or_default() {
            "AWS::IAM::Role" => {
                let holder = format!("role `{logical_id}`");
                add(&mut sentences, &holder, &properties["AssumeRolePolicyDocument"], Some(logical_id));
                for policy in list(&properties["Policies"]) {
                    add(&mut sentences, &holder, &policy["PolicyDocument"], None);
                }
                for policy in list(&properties["ManagedPolicyArns"]) {
                    sentences.insert(format!("{holder} has the managed policy {}", name_of(policy)));
                }
            }
            "AWS::Lambda::Permission" => {
                sentences.insert(format!(
                    "{} may invoke {}, when called from {}",
                    name_of(&properties["Principal"]),
                    name_of(&properties["FunctionName"]),
                    name_of(&properties["SourceArn"]),
                ));
            }
            _ => {
                for name in ["PolicyDocument", "Policy", "ResourcePolicy", "KeyPolicy"] {
                    add(&mut sentences, &format!("`{logical_id}`"), &properties[name], Some(logical_id));
                }
            }
        }
    }
    sentences
}

/// Adds the statements of one document; `of` is the resource that a document without resources is about.
fn add(sentences: &mut BTreeSet<String>, holder: &str, document: &Json, of: Option<&str>) {
    for statement in list(&document["Statement"]) {
        let who = match &statement["Principal"] {
            Json::Null => holder.to_owned(),
            Json::String(everyone) if everyone == "*" => "everyone".into(),
            Json::Object(principals) => {
                principals.values().flat_map(list).map(name_of).collect::<Vec<_>>().join(" and ")
            }
            other => name_of(other),
        };
        let verb = if statement["Effect"] == "Deny" { "may not" } else { "may" };
        let condition = match &statement["Condition"] {
            Json::Null => String::new(),
            condition => format!(", if {}", condition_in_words(condition)),
        };
        let resources: Vec<String> = match list(&statement["Resource"]).map(name_of).collect::<Vec<_>>() {
            resources if resources.is_empty() => vec![of.unwrap_or("it").to_owned()],
            resources => resources,
        };
        for action in list(&statement["Action"]) {
            let action = action.as_str().unwrap_or_default();
            let words = match Action::words(action) {
                Some(words) => words.to_owned(),
                None => format!("do {action} on"),
            };
            for resource in &resources {
                sentences.insert(format!("{who} {verb} {words} {resource} ({action}){condition}"));
            }
        }
    }
}

/// The items of a list, or the one that stands without a list.
pub(crate) fn list(value: &Json) -> impl Iterator<Item = &Json> {
    match value {
        Json::Null => [].iter(),
        Json::Array(items) => items.iter(),
        one => std::slice::from_ref(one).iter(),
    }
}

/// A value as a person would name it: `Queue` for its reference and its ARN.
fn name_of(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Object(function) => match function.iter().next() {
            Some((name, Json::String(id))) if name == "Ref" => id.clone(),
            Some((name, Json::Array(parts))) if name == "Fn::GetAtt" => parts.first().map(name_of).unwrap_or_default(),
            Some((name, Json::String(text))) if name == "Fn::Sub" => {
                text.replace(".Arn}", "}").replace("${", "").replace('}', "")
            }
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}

fn condition_in_words(condition: &Json) -> String {
    let Some(operators) = condition.as_object() else { return condition.to_string() };
    let mut words = Vec::new();
    for (operator, keys) in operators {
        for (key, values) in keys.as_object().into_iter().flatten() {
            let values = list(values).map(name_of).collect::<Vec<_>>().join(" or ");
            words.push(match (operator.as_str(), key.as_str()) {
                ("Bool", "aws:SecureTransport") if values == "false" => "the request is not encrypted".into(),
                ("NotIpAddress", "aws:SourceIp") => format!("the sender is none of {values}"),
                _ => format!("{operator} {key} {values}"),
            });
        }
    }
    words.join(" and ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(resource: Json, expected: &[&str]) {
        let found = statements_of(&json!({"Resources": {"It": resource}}));
        assert_eq!(found, expected.iter().map(|text| (*text).to_owned()).collect());
    }

    #[test]
    fn a_role_is_told_by_what_it_may_do() {
        check(
            json!({"Type": "AWS::IAM::Role", "Properties": {
                "AssumeRolePolicyDocument": {"Statement": [{
                    "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": ["sts:AssumeRole"],
                }]},
                "Policies": [{"PolicyDocument": {"Statement": [{
                    "Effect": "Allow", "Action": ["sqs:SendMessage"], "Resource": [{"Fn::GetAtt": ["Queue", "Arn"]}],
                }, {
                    "Effect": "Allow", "Action": "s3:PutObject", "Resource": {"Fn::Sub": "${Files.Arn}/target/*"},
                }]}}],
            }}),
            &[
                "lambda.amazonaws.com may assume the role It (sts:AssumeRole)",
                "role `It` may send messages to Queue (sqs:SendMessage)",
                "role `It` may write objects to Files/target/* (s3:PutObject)",
            ],
        );
    }

    #[test]
    fn a_denial_says_when() {
        check(
            json!({"Type": "AWS::S3::BucketPolicy", "Properties": {"PolicyDocument": {"Statement": [{
                "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [{"Fn::GetAtt": ["Files", "Arn"]}],
                "Condition": {"Bool": {"aws:SecureTransport": ["false"]}},
            }]}}}),
            &["everyone may not do s3:* on Files (s3:*), if the request is not encrypted"],
        );
    }
}
