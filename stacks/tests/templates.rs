//! Templates and policies are compared with the committed ones, byte by byte.
//!
//! After a change that you meant: `UPDATE_EXPECT=1 cargo test -p stacks`, then read the diff.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use expect_test::expect_file;
use stacks::{Stage, StageName};

fn stage(name: &str) -> Stage {
    let path = format!("{}/stages/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    Stage::parse(StageName::try_from(name.to_owned()).unwrap(), &text).unwrap()
}

fn check(name: &str) {
    for stack in stacks::all(&stage(name)) {
        let folder = format!("{}/tests/expected/{name}/{}", env!("CARGO_MANIFEST_DIR"), stack.name());
        std::fs::create_dir_all(&folder).unwrap();
        expect_file![format!("{folder}/template.yaml")].assert_eq(&stack.template());
        if let Some(before) = stack.before() {
            let region = before.stage().region.as_str();
            expect_file![format!("{folder}/before.{region}.yaml")].assert_eq(&before.template());
        }
        for (function, policy) in stack.policy_files() {
            expect_file![format!("{folder}/{function}.policy.json")].assert_eq(&policy);
        }
    }
}

#[test]
fn the_local_stage_is_as_committed() {
    check("local");
}

#[test]
fn the_example_stage_is_as_committed() {
    check("example");
}

#[test]
fn the_names_are_those_of_the_stacks() {
    for name in ["local", "example"] {
        let names: Vec<_> = stacks::all(&stage(name)).iter().map(|stack| stack.name()).collect();
        assert_eq!(names, stacks::NAMES);
    }
}

#[test]
fn a_stack_without_its_section_is_known_by_what_outlives_it() {
    let example = stage("example");
    assert_eq!(stacks::former(&example).len(), 0);
    let without = Stage { question_form: None, sns_slack: None, alarm_topic: None, ..example.clone() };
    let former = stacks::former(&without);
    let names: Vec<&str> = former.iter().map(|stack| stack.name()).collect();
    assert_eq!(names, ["question-form", "sns-slack"]);
    for former in &former {
        let stacks = stacks::all(&example);
        let defined = stacks.iter().find(|stack| stack.name() == former.name()).unwrap();
        assert!(former.is_former() && !defined.is_former());
        assert_eq!(former.full_stack_name(), defined.full_stack_name());
        // A bucket, which alone has a policy, is known by its name.
        let tables: Vec<&str> =
            defined.holds_data().filter(|id| !defined.template().contains(&format!("  {id}Policy:"))).collect();
        assert_eq!(former.holds_data().collect::<Vec<_>>(), tables);
        let before = |stack: &stacks::Stack| {
            let before = stack.before().or(stack.once_before())?;
            Some((before.full_stack_name(), before.stage().region.clone()))
        };
        assert_eq!(before(former), before(defined));
    }
}

#[test]
fn no_policy_of_a_function_has_a_wildcard() {
    for stack in stacks::all(&stage("example")) {
        for (function, policy) in stack.policy_files() {
            let policy: serde_json::Value = serde_json::from_str(&policy).unwrap();
            for statement in policy["Statement"].as_array().unwrap() {
                let actions = statement["Action"].to_string();
                assert!(!actions.contains('*'), "{function}: {actions}");
                for resource in statement["Resource"].as_array().unwrap() {
                    assert_ne!(resource, "*", "{function}");
                }
            }
        }
    }
}

#[test]
fn every_function_and_dead_letter_queue_has_its_alarms() {
    for stack in stacks::all(&stage("example")) {
        let template: serde_json::Value = serde_yaml::from_str(&stack.template()).unwrap();
        let resources = template["Resources"].as_object().unwrap();
        let alarms: Vec<String> = resources
            .values()
            .filter(|entry| entry["Type"] == "AWS::CloudWatch::Alarm")
            .map(|entry| {
                let alarm = &entry["Properties"];
                assert_eq!(alarm["AlarmActions"].as_array().unwrap().len(), 1, "{}", alarm["MetricName"]);
                format!("{} {}", alarm["MetricName"].as_str().unwrap(), alarm["Dimensions"][0]["Value"])
            })
            .collect();
        let has = |metric: &str, of: serde_json::Value| {
            let wanted = format!("{metric} {of}");
            assert!(alarms.contains(&wanted), "{}: no alarm on {wanted}", stack.name());
        };
        for (id, entry) in resources {
            match entry["Type"].as_str().unwrap() {
                "AWS::Lambda::Function" => {
                    has("Errors", serde_json::json!({"Ref": id}));
                    has("Throttles", serde_json::json!({"Ref": id}));
                }
                "AWS::SQS::Queue" if id.ends_with("DeadLetters") => {
                    let name = serde_json::json!({"Fn::GetAtt": [id, "QueueName"]});
                    has("ApproximateNumberOfMessagesVisible", name);
                }
                _ => {}
            }
        }
    }
}

#[test]
fn every_resource_has_a_line_that_defines_it() {
    for stack in stacks::all(&stage("local")) {
        let template: serde_json::Value = serde_yaml::from_str(&stack.template()).unwrap();
        for (logical_id, _) in template["Resources"].as_object().unwrap() {
            let definition = stack.definition_of(logical_id).unwrap();
            let expected = format!("stacks/src/{}.rs", stack.name().replace('-', "_"));
            assert_eq!(definition.file, expected, "{logical_id}");
        }
    }
}

#[test]
fn queues_are_encrypted_have_dead_letters_and_wait_six_times_as_long_as_their_function() {
    for stack in stacks::all(&stage("local")) {
        let template: serde_json::Value = serde_yaml::from_str(&stack.template()).unwrap();
        let resources = template["Resources"].as_object().unwrap();
        for (id, mapping) in resources {
            let Some(queue) = mapping["Properties"]["EventSourceArn"]["Fn::GetAtt"][0].as_str() else { continue };
            let function = mapping["Properties"]["FunctionName"]["Ref"].as_str().unwrap();
            let wait = resources[queue]["Properties"]["VisibilityTimeout"].as_u64().unwrap();
            let timeout = resources[function]["Properties"]["Timeout"].as_u64().unwrap();
            assert!(wait >= 6 * timeout, "{id}");
        }
        for (id, queue) in resources.iter().filter(|(_, entry)| entry["Type"] == "AWS::SQS::Queue") {
            assert_eq!(queue["Properties"]["SqsManagedSseEnabled"], true, "{id}");
            assert!(id.ends_with("DeadLetters") || queue["Properties"].get("RedrivePolicy").is_some(), "{id}");
        }
    }
}
