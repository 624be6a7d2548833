//! The workflow's role against its definition, both as they are in the template.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value as Json;
use stacks::{Stage, StageName};
use std::collections::BTreeSet;

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
                need("secretsmanager:PutSecretValue", secret, String::new());
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

#[test]
fn a_login_is_tried_again_only_where_that_helps() {
    let definition = definition(&resources());
    let login = &definition["States"]["LogIn"];
    let retried: Vec<&str> = login["Retry"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|retry| retry["ErrorEquals"].as_array().unwrap())
        .map(|error| error.as_str().unwrap())
        .collect();
    for hopeless in ["States.ALL", "States.TaskFailed", "States.Http.StatusCode.401", "States.Http.StatusCode.403"] {
        assert!(!retried.contains(&hopeless), "{hopeless}");
    }
    let locked_out = &login["Retry"][2];
    assert_eq!(locked_out["ErrorEquals"], serde_json::json!(["States.Http.StatusCode.429"]));
    assert!(locked_out["IntervalSeconds"].as_u64().unwrap() >= 600);
    assert_eq!(locked_out["MaxAttempts"], 1);
    assert_eq!(login["Arguments"]["RequestBody"]["web"], false);
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
    check_stage("prod", &STAGE.replace("tsugite@service", "tsugite at service"), 5, &["tsugite at", "e-mail"]);
}
