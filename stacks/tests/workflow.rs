//! The workflow's role against its definition, both as they are in the template.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value as Json;
use stacks::{Stage, StageName};
use std::collections::{BTreeMap, BTreeSet};

const STAGE: &str = "\
region: ap-northeast-1
time_zone: Asia/Tokyo
bytebase_workflow:
  host: bytebase.example.com
  service_account: tsugite@service.bytebase.com
  schedule: cron(0 9 ? * MON-FRI *)
";

fn parse(name: &str, text: &str) -> Result<Stage, stacks::StageError> {
    Stage::parse(StageName::try_from(name.to_owned()).unwrap(), text)
}

fn resources() -> Json {
    let stacks = stacks::all(&parse("prod", STAGE).unwrap());
    let template: Json = serde_yaml::from_str(&stacks[0].template()).unwrap();
    template["Resources"].clone()
}

fn definition(resources: &Json) -> Json {
    serde_json::from_str(resources["Workflow"]["Properties"]["DefinitionString"].as_str().unwrap()).unwrap()
}

fn statements(resources: &Json, role: &str) -> Vec<Json> {
    let policy = &resources[role]["Properties"]["Policies"][0]["PolicyDocument"];
    policy["Statement"].as_array().unwrap().clone()
}

/// A value of the template as the text of `Fn::Sub` that yields the same.
fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        value => {
            let (function, argument) = value.as_object().unwrap().iter().next().unwrap();
            match function.as_str() {
                "Ref" => format!("${{{}}}", argument.as_str().unwrap()),
                "Fn::GetAtt" => format!("${{{}.{}}}", argument[0].as_str().unwrap(), argument[1].as_str().unwrap()),
                "Fn::Sub" => argument.as_str().unwrap().to_owned(),
                other => panic!("{other}"),
            }
        }
    }
}

/// A text of the definition with its substitutions in place.
fn substituted(resources: &Json, value: &Json) -> String {
    let substitutions = resources["Workflow"]["Properties"]["DefinitionSubstitutions"].as_object().unwrap();
    substitutions.iter().fold(value.as_str().unwrap().to_owned(), |text_so_far, (name, value)| {
        // The replaced text may look like a placeholder again; marks keep the two apart.
        text_so_far.replace(&format!("${{{name}}}"), &text(value).replace("${", "\u{1}"))
    })
}

/// An action, its resources and its conditions, as one line.
type Right = (String, String, String);

fn rights_of_role(resources: &Json) -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    for statement in statements(resources, "WorkflowRole") {
        let condition: Vec<String> = statement["Condition"]["StringEquals"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, values)| format!("{key}={}", text(&values[0])))
            .collect();
        assert_eq!(statement["Effect"], "Allow");
        for action in statement["Action"].as_array().unwrap() {
            for resource in statement["Resource"].as_array().unwrap() {
                rights.insert((action.as_str().unwrap().to_owned(), text(resource), condition.join(" ")));
            }
        }
    }
    rights
}

/// What the definition calls, read off its text without the code that derived the role.
fn rights_of_definition(resources: &Json) -> BTreeSet<Right> {
    let within = |service: &str, what: String| {
        format!("arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{what}")
    };
    let machine = within("states", "stateMachine:${AWS::StackName}".into());
    let mut rights = BTreeSet::new();
    let mut need = |action: &str, resource: String, condition: String| {
        rights.insert((action.to_owned(), resource, condition));
    };
    for action in ["kms:Decrypt", "kms:GenerateDataKey"] {
        let condition = format!("kms:EncryptionContext:aws:states:stateMachineArn={machine}");
        need(action, "${WorkflowKey.Arn}".into(), condition);
    }
    for state in definition(resources)["States"].as_object().unwrap().values() {
        let Some(called) = state["Resource"].as_str() else { continue };
        let argument =
            |path: &str| substituted(resources, state["Arguments"].pointer(path).unwrap()).replace('\u{1}', "${");
        match called {
            "arn:aws:states:::aws-sdk:secretsmanager:getSecretValue" => {
                need("secretsmanager:GetSecretValue", argument("/SecretId"), String::new());
            }
            "arn:aws:states:::aws-sdk:eventbridge:describeConnection" => {
                for id in ["", "/*"] {
                    let connection = within("events", format!("connection/{}{id}", argument("/Name")));
                    need("events:DescribeConnection", connection, String::new());
                }
            }
            "arn:aws:states:::aws-sdk:eventbridge:updateConnection" => {
                let name = argument("/Name");
                for id in ["", "/*"] {
                    let connection = within("events", format!("connection/{name}{id}"));
                    need("events:UpdateConnection", connection, String::new());
                }
                let secret = within("secretsmanager", format!("secret:events!connection/{name}/*"));
                for action in ["CreateSecret", "DeleteSecret", "GetSecretValue", "PutSecretValue", "UpdateSecret"] {
                    need(&format!("secretsmanager:{action}"), secret.clone(), String::new());
                }
            }
            "arn:aws:states:::http:invoke" => {
                let condition = format!(
                    "states:HTTPEndpoint={} states:HTTPMethod={}",
                    argument("/ApiEndpoint"),
                    argument("/Method")
                );
                need("states:InvokeHTTPEndpoint", machine.clone(), condition);
                let name = argument("/InvocationConfig/ConnectionArn").replace(".Arn}", "}");
                let connection = within("events", format!("connection/{name}/*"));
                need("events:RetrieveConnectionCredentials", connection, String::new());
                for action in ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"] {
                    let secret = within("secretsmanager", format!("secret:events!connection/{name}/*"));
                    need(action, secret, String::new());
                }
            }
            other => panic!("`{other}` is not known here"),
        }
    }
    rights
}

#[test]
fn the_role_allows_what_the_definition_calls_and_nothing_else() {
    let resources = resources();
    assert_eq!(rights_of_role(&resources), rights_of_definition(&resources));
}

#[test]
fn each_endpoint_is_allowed_with_its_own_method_only() {
    let resources = resources();
    let calls: Vec<_> = rights_of_role(&resources)
        .into_iter()
        .filter_map(|(action, _, condition)| (action == "states:InvokeHTTPEndpoint").then_some(condition))
        .collect();
    assert_eq!(
        calls,
        [
            "states:HTTPEndpoint=${BytebaseUrl}/v1/auth/login states:HTTPMethod=POST",
            "states:HTTPEndpoint=${BytebaseUrl}/v1/projects states:HTTPMethod=GET",
        ]
    );
}

#[test]
fn what_a_state_reads_of_an_answer_is_not_passed_on() {
    let resources = resources();
    for (name, state) in definition(&resources)["States"].as_object().unwrap() {
        let passes_on = |holder: &Json| holder["Output"] != serde_json::json!({});
        if state["Type"] == "Task" {
            assert!(!passes_on(state), "{name}");
            assert!(!state["Catch"].as_array().unwrap().iter().any(passes_on), "{name}");
        }
        let cause = state["Cause"].as_str().unwrap_or_default().replace("$length($token)", "");
        assert!(!cause.contains("$token") && !cause.contains("$key") && !cause.contains("errorOutput"), "{name}");
    }
}

/// What a state lists under `Retry` or `Catch`, by the names of the errors.
fn by_error(state: &Json, list: &str) -> BTreeMap<String, Json> {
    let mut found = BTreeMap::new();
    for entry in state[list].as_array().unwrap() {
        for error in entry["ErrorEquals"].as_array().unwrap() {
            let previous = found.insert(error.as_str().unwrap().to_owned(), entry.clone());
            assert_eq!(previous, None, "{error} stands there twice");
        }
    }
    found
}

#[test]
fn a_login_is_tried_again_only_where_that_helps() {
    let definition = definition(&resources());
    let login = &definition["States"]["LogIn"];
    let retried = by_error(login, "Retry");
    for hopeless in ["States.ALL", "States.TaskFailed", "States.Http.StatusCode.401", "States.Http.StatusCode.403"] {
        assert!(!retried.contains_key(hopeless), "{hopeless}");
    }
    assert_eq!(login["Arguments"]["RequestBody"]["web"], false);
    // One that Bytebase has received may have taken one of the five attempts.
    for received in ["States.Http.StatusCode.500", "States.Http.Socket"] {
        assert!(retried[received]["MaxAttempts"].as_u64().unwrap() < 5, "{received}");
    }
}

#[test]
fn throttled_logins_are_waited_out() {
    let definition = definition(&resources());
    let throttled = &by_error(&definition["States"]["LogIn"], "Retry")["States.Http.StatusCode.429"];
    let number = |name: &str| throttled[name].as_u64().unwrap();
    assert_eq!(throttled["JitterStrategy"], "NONE");
    let delays: Vec<u64> = (0..u32::try_from(number("MaxAttempts")).unwrap())
        .map(|attempt| number("MaxDelaySeconds").min(number("IntervalSeconds") * number("BackoffRate").pow(attempt)))
        .collect();
    assert!(delays[0] <= 5, "other logins under way end at once: {delays:?}");
    assert!(delays.iter().sum::<u64>() > 600, "Bytebase forgets failed ones after ten minutes: {delays:?}");
    let cause = definition["States"]["LockedOut"]["Cause"].as_str().unwrap();
    assert!(cause.contains("429") && cause.contains("says nothing about the key"), "{cause}");
}

#[test]
fn an_execution_authorizes_both_connections_itself() {
    let resources = resources();
    let definition = definition(&resources);
    let states = &definition["States"];
    let next = |state: &str, error: &str| by_error(&states[state], "Catch")[error]["Next"].clone();
    let ways = |state: &str| -> Vec<String> {
        let rules = states[state]["Choices"].as_array().unwrap();
        rules.iter().map(|rule| format!("{} -> {}", rule["Condition"], rule["Next"])).collect()
    };
    let unusable = "Events.ConnectionResource.InvalidConnectionState";
    assert_eq!(next("LogIn", unusable), "WaitForLogin");
    assert!(ways("CheckLogin").iter().any(|way| way.contains("DEAUTHORIZED") && way.contains("RepairLogin")));
    // Without a bound, two executions with a wrong key would repeat for ever.
    assert!(ways("CheckLogin").iter().any(|way| way.contains("$repairs < 5")));
    assert_eq!(next("ReadPage", unusable), "WaitForConnection");
    assert!(ways("CheckConnection").iter().any(|way| way.contains("DEAUTHORIZED") && way.contains("\"LogIn\"")));
    assert!(ways("CheckConnection").iter().any(|way| way.contains("$logins < 5")));

    // The header is put back as the template made it.
    let made = &resources["LoginConnection"]["Properties"]["AuthParameters"];
    assert_eq!(&states["RepairLogin"]["Arguments"]["AuthParameters"], made);
    for state in ["RepairLogin", "PutToken"] {
        assert_eq!(states[state]["Arguments"]["AuthorizationType"], "API_KEY");
    }
}

#[test]
fn a_throttled_secrets_manager_is_asked_again() {
    let definition = definition(&resources());
    let retried = by_error(&definition["States"]["ReadKey"], "Retry");
    assert!(retried.contains_key("SecretsManager.SecretsManagerException"));
}

#[test]
fn no_choice_evaluates_a_pattern_over_the_whole_list() {
    let definition = definition(&resources());
    for (name, state) in definition["States"].as_object().unwrap() {
        for rule in state["Choices"].as_array().into_iter().flatten() {
            let condition = rule["Condition"].as_str().unwrap();
            let reads_list = condition.contains("$projects") || condition.contains("$string(");
            assert!(!reads_list, "{name} has no way on when this fails: {condition}");
        }
    }
}

#[test]
fn every_failure_says_what_to_do_and_promises_nothing() {
    let definition = definition(&resources());
    let failures: Vec<_> =
        definition["States"].as_object().unwrap().iter().filter(|(_, state)| state["Type"] == "Fail").collect();
    let names: BTreeSet<_> = failures.iter().map(|(_, state)| state["Error"].as_str().unwrap()).collect();
    assert_eq!(names.len(), failures.len(), "two states fail under one name");
    for (name, state) in failures {
        let cause = state["Cause"].as_str().unwrap();
        assert!(!cause.contains("holds the answer"), "{name}: AWS keeps no answer of a failed request");
        let advises = [
            "Set ", "set ", "Check ", "Start ", "start ", "Give ", "Destroy ", "Undo ", "Lower ", "Change ", "look for",
        ];
        assert!(advises.iter().any(|word| cause.contains(word)), "{name} does not say what to do: {cause}");
    }
    let variable = <contracts::bytebase::BytebaseServiceKey as contracts::SecretValue>::NAME;
    for state in ["NoKey", "WrongKey"] {
        assert!(definition["States"][state]["Cause"].as_str().unwrap().contains(variable), "{state}");
    }
}

#[test]
fn a_host_may_have_a_port() {
    let host = |host: &str| {
        let stage = parse("prod", &STAGE.replace("bytebase.example.com", host));
        let origin = stage.map(|stage| stage.origin_of(&contracts::bytebase::SAAS).unwrap());
        origin.map(|origin| contracts::SettingValue::render(&origin)).map_err(|error| error.message)
    };
    assert_eq!(host("bytebase.example.com:8443").unwrap(), "https://bytebase.example.com:8443");
    assert_eq!(host("bytebase.example.com:443").unwrap(), "https://bytebase.example.com");
    for wrong in [
        "a.example.com:0",
        "a.example.com:65536",
        "a.example.com:+1",
        "a.example.com:",
        "a.b:8/x",
        "a:8443",
        "https://a.b",
    ] {
        let error = host(&format!("'{wrong}'")).unwrap_err();
        assert!(error.contains(wrong) && error.contains("bytebase.example.com:8443"), "{error}");
    }
}

#[test]
fn the_data_of_executions_is_encrypted_and_not_logged() {
    let resources = resources();
    let machine = &resources["Workflow"]["Properties"];
    assert_eq!(machine["EncryptionConfiguration"]["Type"], "CUSTOMER_MANAGED_KMS_KEY");
    assert_eq!(machine["EncryptionConfiguration"]["KmsKeyId"]["Fn::GetAtt"][0], "WorkflowKey");
    assert!(machine.get("LoggingConfiguration").is_none());
    assert_eq!(resources["WorkflowKey"]["Properties"]["EnableKeyRotation"], true);
}

#[test]
fn a_schedule_may_start_this_machine_and_keep_what_failed() {
    let resources = resources();
    let schedule = &resources["Schedule"]["Properties"];
    assert_eq!(schedule["ScheduleExpression"], "cron(0 9 ? * MON-FRI *)");
    assert_eq!(schedule["ScheduleExpressionTimezone"], "Asia/Tokyo");
    let allowed: Vec<_> = statements(&resources, "ScheduleRole")
        .iter()
        .map(|statement| (statement["Action"][0].as_str().unwrap().to_owned(), text(&statement["Resource"][0])))
        .collect();
    let machine = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${AWS::StackName}";
    assert_eq!(
        allowed,
        [
            ("sqs:SendMessage".to_owned(), "${ScheduleDeadLetters.Arn}".to_owned()),
            ("states:StartExecution".to_owned(), machine.to_owned()),
        ]
    );
}

#[test]
fn without_a_schedule_there_is_nothing_of_one() {
    let text = STAGE.replace("  schedule: cron(0 9 ? * MON-FRI *)\n", "");
    let template = stacks::all(&parse("prod", &text).unwrap())[0].template();
    assert!(!template.contains("AWS::Scheduler") && !template.contains("ScheduleRole"), "{template}");
}

fn check_stage(name: &str, text: &str, line: usize, words: &[&str]) {
    let error = parse(name, text).unwrap_err();
    assert_eq!(error.line, Some(line), "{error}");
    for word in words {
        assert!(error.message.contains(word), "`{word}` is missing in: {error}");
    }
}

#[test]
fn a_mistake_in_the_section_is_answered_with_its_line() {
    check_stage("local", STAGE, 4, &["bytebase_workflow.host", "stand-in"]);
    check_stage("prod", &STAGE.replace("  host: bytebase.example.com\n", ""), 3, &["host", "bytebase.example.com"]);
    check_stage("prod", &STAGE.replace("cron(0 9 ?", "cron(0 9 *"), 6, &["cron(0 9 *", "rate(1 day)"]);
    check_stage("prod", &STAGE.replace("tsugite@service", "tsugite at service"), 5, &["tsugite at", "email"]);
}
