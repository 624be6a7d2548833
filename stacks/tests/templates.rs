//! Templates and policies are compared with the committed ones, byte by byte.
//!
//! After a change that you meant: `UPDATE_EXPECT=1 cargo test -p stacks`, then read the diff.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use expect_test::expect_file;
use stacks::{KnownStack, Stage, StageName};

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

/// The longest template that a request to CloudFormation takes, in bytes; a longer one goes by the artifact bucket.
///
/// Source: CloudFormation user guide, "CloudFormation quotas".
const LONGEST_IN_REQUEST: usize = 51_200;
/// Templates that are near that length or beyond it, and may be. An entry is a decision: a dry run of such a
/// stack makes the artifact bucket.
const LONG: [&str; 0] = [];

#[test]
fn a_template_that_nears_the_length_of_a_request_is_noticed() {
    for name in ["local", "example"] {
        for stack in stacks::all(&stage(name)).iter().filter(|stack| !LONG.contains(&stack.name())) {
            let n_bytes = stack.template().len();
            let limit = LONGEST_IN_REQUEST * 9 / 10;
            let name = stack.name();
            assert!(n_bytes <= limit, "{name}: the template has {n_bytes} bytes, more than {limit}; add it to LONG");
        }
    }
}

#[test]
fn the_names_are_those_of_the_integrations_own_stacks() {
    for name in ["local", "example"] {
        let stacks = stacks::all(&stage(name));
        let own = stacks.iter().filter(|stack| stack.name() == stack.integration());
        assert_eq!(own.map(|stack| stack.name()).collect::<Vec<_>>(), stacks::NAMES);
    }
}

#[test]
fn a_stack_without_its_section_is_known_by_what_outlives_it() {
    let example = stage("example");
    assert_eq!(stacks::retired(&example), []);
    let mut without = example.without_section("question_form").without_section("sns_slack");
    without.alarm_topic = None;
    let retired = stacks::retired(&without);
    let names: Vec<&str> = retired.iter().map(|stack| stack.name()).collect();
    assert_eq!(names, ["question-form", "question-form-certificate", "sns-slack"]);
    let stacks = stacks::all(&example);
    for retired in &retired {
        let defined = stacks.iter().find(|stack| stack.name() == retired.name()).unwrap();
        let place = |stack: &dyn KnownStack| (stack.full_stack_name(), stack.region().clone(), stack.integration());
        assert_eq!(place(retired), place(defined));
        // A bucket, which alone has a policy, is known by its name.
        let tables: Vec<&str> =
            defined.retained_ids().filter(|id| !defined.template().contains(&format!("  {id}Policy:"))).collect();
        assert_eq!(retired.retained_ids(), tables);
    }
}

/// The names of a stage's stacks with their regions, in waves.
fn waves(stage: &Stage) -> Vec<Vec<String>> {
    let waves = stacks::waves(stacks::known(stage), |stack| &**stack);
    let described = |stack: Box<dyn KnownStack>| format!("{} in {}", stack.name(), stack.region().as_str());
    waves.into_iter().map(|wave| wave.into_iter().map(described).collect()).collect()
}

#[test]
fn a_certificate_in_another_region_is_in_a_wave_before_and_retired_without_its_domain() {
    let own: Vec<String> = stacks::NAMES.iter().map(|name| format!("{name} in ap-northeast-1")).collect();
    let with_certificate = [vec!["question-form-certificate in us-east-1".to_owned()], own];
    assert_eq!(waves(&stage("example")), with_certificate);
    assert_eq!(stacks::retired(&stage("example")), []);

    let domain = "  domain:\n    name: questions.example.com\n    zone_id: Z0123456789ABCDEFGHIJ\n";
    let without = example_with(domain, "");
    assert_eq!(waves(&without), with_certificate, "it is deleted after the stack that needed it");
    let retired = stacks::retired(&without);
    assert_eq!(retired.iter().map(|stack| stack.name()).collect::<Vec<_>>(), ["question-form-certificate"]);

    let there = example_with("region: ap-northeast-1", "region: us-east-1");
    assert_eq!((waves(&there).len(), stacks::retired(&there).len()), (1, 0));
    assert_eq!(stacks::all(&there).len(), stacks::NAMES.len());
}

#[test]
fn a_stack_is_selected_with_what_it_needs() {
    for (wanted, expected) in [
        ("question-form", &["question-form-certificate", "question-form"][..]),
        ("sns-slack", &["sns-slack"]),
        ("question-form-certificate", &["question-form-certificate"]),
    ] {
        let found = stacks::with_needed(stacks::all(&stage("example")), |stack| stack.name() == wanted);
        assert_eq!(found.iter().map(|stack| stack.name()).collect::<Vec<_>>(), expected);
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

/// The properties of a resource in the template of one of a stage's stacks.
fn properties(stage: &Stage, stack: &str, id: &str) -> serde_json::Value {
    let stacks = stacks::all(stage);
    let stack = stacks.iter().find(|found| found.name() == stack).unwrap();
    let template: serde_json::Value = serde_yaml::from_str(&stack.template()).unwrap();
    template["Resources"][id]["Properties"].clone()
}

/// The example stage with another text in the place of one of its own.
fn example_with(old: &str, new: &str) -> Stage {
    let text = stage("example").text;
    assert!(text.contains(old), "{old}");
    Stage::parse(StageName::try_from("prod".to_owned()).unwrap(), &text.replace(old, new)).unwrap()
}

#[test]
fn an_api_without_senders_lets_everyone_in_by_a_policy_of_its_own() {
    let open = example_with("  allowed_senders:\n    - 192.0.2.1\n    - 198.51.100.0/24\n", "");
    let policy = |stage: &Stage| properties(stage, "backlog-files", "Api")["Policy"].clone();
    let (before, after) = (policy(&stage("example")), policy(&open));
    assert_eq!(before["Statement"].as_array().unwrap().len(), 2);
    assert_eq!(after["Statement"].as_array().unwrap().len(), 1);
    assert_eq!((&after["Statement"][0]["Effect"], &after["Statement"][0]["Principal"]), (&"Allow".into(), &"*".into()));
}

#[test]
fn every_role_has_the_boundary_of_the_stage_and_none_without() {
    let boundary = "arn:aws:iam::111122223333:policy/boundary";
    let bounded = example_with("# permissions_boundary:", "permissions_boundary:");
    for (stage, expected) in [(&bounded, Some(boundary)), (&stage("example"), None)] {
        let mut n_roles = 0;
        for stack in stacks::all(stage) {
            let template: serde_json::Value = serde_yaml::from_str(&stack.template()).unwrap();
            let resources = template["Resources"].as_object().unwrap();
            for (id, role) in resources.iter().filter(|(_, entry)| entry["Type"] == "AWS::IAM::Role") {
                assert_eq!(
                    role["Properties"].get("PermissionsBoundary").and_then(|arn| arn.as_str()),
                    expected,
                    "{id}"
                );
                n_roles += 1;
            }
        }
        assert!(n_roles > 8, "{n_roles}");
    }
}

#[test]
fn a_topic_of_another_region_is_let_in_under_the_name_that_sns_has_there() {
    for (region, principal) in [
        ("ap-northeast-1", "sns.amazonaws.com"),
        ("us-east-1", "sns.amazonaws.com"),
        ("ap-east-1", "sns.ap-east-1.amazonaws.com"),
    ] {
        let topic = format!("  topic: arn:aws:sns:{region}:111122223333:alarms\n  alarms_to:");
        let stage = example_with("  publishers: [codestar-notifications, s3]\n", "");
        let text = stage.text.replace("  alarms_to:", &topic).replace("alarm_topic: sns-slack\n", "");
        let stage = Stage::parse(stage.name, &text).unwrap();
        let policy = properties(&stage, "sns-slack", "NoticesPolicy");
        assert_eq!(policy["PolicyDocument"]["Statement"][0]["Principal"]["Service"], principal);
        let subscribed = properties(&stage, "sns-slack", "NoticesSubscription");
        assert_eq!(
            subscribed.get("Region").and_then(|name| name.as_str()),
            (region != "ap-northeast-1").then_some(region)
        );
    }
}

#[test]
fn publishers_act_for_this_account_as_far_as_they_tell_for_which() {
    let stage = example_with(
        "[codestar-notifications, s3]",
        "[backup, codestar-notifications, config, costalerts, rds, s3, ses]",
    );
    let policy = properties(&stage, "sns-slack", "NotificationsPolicy");
    let statements = policy["PolicyDocument"]["Statement"].as_array().unwrap().clone();
    let (mut strict, mut lenient) = (Vec::new(), Vec::new());
    for statement in &statements {
        let service = statement["Principal"]["Service"].as_str().unwrap().to_owned();
        match statement["Condition"].get("StringEquals") {
            Some(equals) => {
                assert_eq!(equals["aws:SourceAccount"][0]["Ref"], "AWS::AccountId");
                strict.push(service);
            }
            None => {
                assert_eq!(
                    statement["Condition"]["StringEqualsIfExists"]["aws:SourceAccount"][0]["Ref"],
                    "AWS::AccountId"
                );
                lenient.push(service);
            }
        }
    }
    let of = |names: &[&str]| names.iter().map(|name| format!("{name}.amazonaws.com")).collect::<Vec<_>>();
    assert_eq!(strict, of(&["budgets", "cloudwatch", "config", "costalerts", "events.rds", "s3", "ses"]));
    assert_eq!(lenient, of(&["backup", "codestar-notifications", "events"]));
}

#[test]
fn the_alarms_of_sns_slack_go_elsewhere_or_whoever_deploys_is_told() {
    let actions = |stage: &Stage, stack: &str, id: &str| properties(stage, stack, id)["AlarmActions"][0].clone();
    let warnings = |stage: &Stage| -> Vec<String> {
        stacks::all(stage).iter().flat_map(|stack| stack.warnings().to_vec()).collect()
    };
    let by_mail = stage("example");
    assert_eq!(actions(&by_mail, "sns-slack", "SlackNotifierErrorsAlarm")["Ref"], "AlarmMail");
    assert_eq!(properties(&by_mail, "sns-slack", "AlarmMailSubscription")["Endpoint"], "ops@example.com");
    assert!(
        actions(&by_mail, "backlog-files", "ApiErrorsAlarm")["Fn::Sub"]
            .as_str()
            .unwrap()
            .ends_with(":tsugite-example-sns-slack-Notifications")
    );
    assert_eq!(warnings(&by_mail), [""; 0]);

    let arn = "arn:aws:sns:ap-northeast-1:111122223333:ops";
    let by_topic = example_with("alarms_to: ops@example.com", &format!("alarms_to: {arn}"));
    assert_eq!(actions(&by_topic, "sns-slack", "NoticesDeadLettersAlarm"), arn);
    assert_eq!(warnings(&by_topic), [""; 0]);

    let silent = example_with("  alarms_to: ops@example.com\n", "");
    let told = warnings(&silent);
    let line = silent.line_of(&["sns_slack"]).unwrap();
    assert!(
        told.len() == 1 && told[0].contains("`alarms_to`") && told[0].contains(&format!("prod.yaml:{line}")),
        "{told:?}"
    );
    // The same topic by its ARN is the same circle; another one is none.
    for (topic, n_warnings) in [(arn, 1), ("arn:aws:sns:ap-northeast-1:111122223333:other", 0)] {
        let text = silent.text.replace("  publishers: [codestar-notifications, s3]\n", &format!("  topic: {arn}\n"));
        let text = text.replace("alarm_topic: sns-slack\n", &format!("alarm_topic: {topic}\n"));
        let stage = Stage::parse(silent.name.clone(), &text).unwrap();
        assert_eq!(warnings(&stage).len(), n_warnings, "{topic}");
    }
    assert_eq!(warnings(&stage("local")), [""; 0], "no alarm of the local stage is awaited");
}

#[test]
fn floods_of_an_api_set_off_alarms_and_a_rule_counts_addresses() {
    let example = stage("example");
    for stack in ["backlog-files", "mackerel-incidents", "question-form"] {
        let refusals = properties(&example, stack, "ApiRefusalsAlarm");
        assert_eq!((&refusals["MetricName"], refusals["Threshold"].as_u64()), (&"4XXError".into(), Some(100)));
    }
    let volume = properties(&example, "question-form", "ApiVolumeAlarm");
    assert_eq!((volume["Threshold"].as_u64(), volume["Period"].as_u64()), (Some(250), Some(3600)));
    let full = properties(&example, "question-form", "CountsLimitAlarm");
    assert_eq!(full["Dimensions"][0]["Value"]["Ref"], "Counts");
    let rules = properties(&example, "question-form", "ApiRules")["Rules"].clone();
    let limits: Vec<(&str, u64)> = rules
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| {
            let statement = &rule["Statement"]["RateBasedStatement"];
            (statement["AggregateKeyType"].as_str().unwrap(), statement["Limit"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(limits, [("FORWARDED_IP", 100), ("IP", 1000)]);
    let without = example_with("  rate_rule: 100\n", "");
    assert!(properties(&without, "question-form", "ApiRules").is_null());
}

#[test]
fn every_resource_has_a_line_that_defines_it() {
    for stack in stacks::all(&stage("local")) {
        let template: serde_json::Value = serde_yaml::from_str(&stack.template()).unwrap();
        for (logical_id, _) in template["Resources"].as_object().unwrap() {
            let definition = stack.source_line_of(logical_id).unwrap();
            let expected = format!("stacks/src/{}.rs", stack.name().replace('-', "_"));
            assert_eq!(definition.file, expected, "{logical_id}");
        }
    }
}

#[test]
fn queues_are_encrypted_have_dead_letters_take_what_sqs_takes_and_wait_for_minutes() {
    for stack in stacks::all(&stage("local")) {
        let template: serde_json::Value = serde_yaml::from_str(&stack.template()).unwrap();
        let resources = template["Resources"].as_object().unwrap();
        for (id, mapping) in resources {
            let Some(queue) = mapping["Properties"]["EventSourceArn"]["Fn::GetAtt"][0].as_str() else { continue };
            let function = mapping["Properties"]["FunctionName"]["Ref"].as_str().unwrap();
            let wait = resources[queue]["Properties"]["VisibilityTimeout"].as_u64().unwrap();
            let timeout = resources[function]["Properties"]["Timeout"].as_u64().unwrap();
            // Lambda demands the first, its guide advises the second; a crash must not cost more than the third.
            assert!(wait >= timeout && (wait >= 6 * timeout || wait == 900), "{id}");
            assert!(wait <= 900, "{id}");
        }
        for (id, queue) in resources.iter().filter(|(_, entry)| entry["Type"] == "AWS::SQS::Queue") {
            assert_eq!(queue["Properties"]["SqsManagedSseEnabled"], true, "{id}");
            assert_eq!(queue["Properties"]["MaximumMessageSize"], 1_048_576, "{id}");
            assert!(id.ends_with("DeadLetters") || queue["Properties"].get("RedrivePolicy").is_some(), "{id}");
        }
    }
}
