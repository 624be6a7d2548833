//! Chapters of `bytebase-workflow`: a state machine that lists Bytebase's projects.

use crate::local::stage::Stage;
use serde_json::{Value as Json, json};

const STACK: &str = "bytebase-workflow";
const KEY: &str = "BYTEBASE_SERVICE_KEY";

/// Runs the test; returns the names of the states it went through and the list at its end.
fn lists(stage: &Stage) -> (Vec<String>, String) {
    read(&stage.run(&["publish-test-event", STACK, "--output", "json"]).succeeds().json())
}

fn read(report: &Json) -> (Vec<String>, String) {
    assert_eq!(report["arrived"], true, "{report:#}");
    let hops = report["hops"].as_array().unwrap();
    let names = hops.iter().map(|hop| hop["name"].as_str().unwrap().to_owned()).collect();
    (names, hops.last().unwrap()["detail"].as_str().unwrap().to_owned())
}

fn times(names: &[String], state: &str) -> usize {
    names.iter().filter(|name| *name == state).count()
}

fn counts(stage: &Stage) -> Json {
    stage.controlled("bytebase").json()
}

fn has_projects(stage: &Stage, count: u32) {
    assert!(stage.control("bytebase/projects", &json!({"count": count})).is_success());
}

/// The list is read page by page, and an empty one is a list as well.
pub fn pages(stage: &Stage) {
    let (names, list) = lists(stage);
    assert!(list.starts_with("23: projects/default, projects/project-sample, "), "{list}");
    assert_eq!((times(&names, "LogIn"), times(&names, "ReadPage")), (1, 1), "{names:?}");
    has_projects(stage, 250);
    let (names, list) = lists(stage);
    assert!(list.starts_with("250: ") && list.ends_with(", and 220 more"), "{list}");
    assert_eq!(times(&names, "ReadPage"), 3, "{names:?}");
    has_projects(stage, 0);
    let (_, list) = lists(stage);
    assert_eq!(list, "0: ");
    has_projects(stage, 23);
}

/// A token that is refused is renewed once, an outage is waited out, and neither is given up at once.
pub fn passing_failures(stage: &Stage) {
    stage.fail(&json!({"service": "bytebase", "status": 401, "times": 1, "path_contains": "projects"}));
    let (names, list) = lists(stage);
    assert_eq!((times(&names, "LogIn"), times(&names, "ReadPage")), (2, 2), "{names:?}");
    assert!(list.starts_with("23: "), "{list}");
    stage.fail(&json!({"service": "bytebase", "status": 503, "times": 1, "path_contains": "projects"}));
    let (names, _) = lists(stage);
    assert_eq!(times(&names, "LogIn"), 1, "{names:?}");
    stage.fail(&json!({"service": "bytebase", "status": 401, "times": 2, "path_contains": "projects"}));
    let run = stage.run(&["publish-test-event", STACK]).fails_with(1);
    assert!(run.stdout.contains("FAIL  TokenRefused"), "{}", run.stdout);
}

/// A wrong key is tried once, because ten failures lock the account out; white space is no part of a key.
pub fn keys(stage: &Stage) {
    let failed = || counts(stage)["failed"].as_u64().unwrap();
    let before = failed();
    assert!(stage.control("keys", &json!({"bytebase_service_key": "another"})).is_success());
    let run = stage.run(&["publish-test-event", STACK]).fails_with(1);
    run.says("Bytebase refuses the service key");
    assert!(run.stdout.contains("FAIL  WrongKey"), "{}", run.stdout);
    assert_eq!(failed() - before, 1, "a wrong key was tried again");
    let key = stage.secrets()[KEY].clone();
    assert!(stage.control("keys", &json!({"bytebase_service_key": key})).is_success());

    let secret = stage.resources(STACK)["ServiceKey"].clone();
    let put = |value: &str| {
        stage.aws(&["secretsmanager", "put-secret-value", "--secret-id", &secret, "--secret-string", value]);
    };
    put(&format!("  {key}\r\n"));
    assert!(lists(stage).1.starts_with("23: "));
    put(&key);
}

/// Two executions share a connection, and neither minds the token of the other.
pub fn two_at_once(stage: &Stage) {
    let arguments = ["publish-test-event", STACK, "--output", "json"];
    let mut commands = [stage.command(&arguments), stage.command(&arguments)];
    let children = commands.each_mut().map(|command| {
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
    });
    for child in children {
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        assert!(read(&serde_json::from_str(&text).unwrap()).1.starts_with("23: "));
    }
}

/// What the machine may do is paired call by call: no other endpoint, no other method, no other secret.
pub fn least_privilege(stage: &Stage) {
    let resources = stage.resources(STACK);
    let (role, key) = (resources["WorkflowRole"].clone(), resources["ServiceKey"].clone());
    let row = |action, resource: &str, decision| (role.clone(), action, resource.to_owned(), decision);
    stage.decides(&[
        row("secretsmanager:GetSecretValue", &key, "allowed"),
        row("secretsmanager:PutSecretValue", &key, "implicitDeny"),
        row("states:StartExecution", &resources["Workflow"], "implicitDeny"),
        row("events:DeleteConnection", "*", "implicitDeny"),
    ]);
}
