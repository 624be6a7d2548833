//! Chapters of `bytebase-workflow`: a state machine that lists Bytebase's projects.

use crate::local::stage::Stage;
use crate::local::story::{Chapter, chapter};
use serde_json::{Value as Json, json};

const STACK: &str = "bytebase-workflow";
const KEY: &str = "BYTEBASE_SERVICE_KEY";

pub const CHAPTERS: &[Chapter<Stage>] = &[
    chapter("bytebase: projects are listed page by page", pages),
    chapter("bytebase: long titles are counted one by one", long_titles),
    chapter("bytebase: a transient failure is retried", passing_failures),
    chapter("bytebase: every other failure names its cause", other_failures),
    chapter("bytebase: a wrong key is tried once, and the right one works", keys),
    chapter("bytebase: two executions at once do no harm", two_at_once),
    chapter("bytebase: two executions survive a revoked token", two_with_a_revoked_token),
    chapter("bytebase: eight executions at once all succeed", eight_at_once),
    chapter("bytebase: the state machine may make its calls and no others", least_privilege),
];

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

/// Stores what a person would give as the key, in the place of the deployer.
fn put_key(stage: &Stage, value: &str) {
    let secret = stage.resources(STACK)["ServiceKey"].clone();
    stage.aws(&["secretsmanager", "put-secret-value", "--secret-id", &secret, "--secret-string", value]);
}

/// Runs so many tests at the same time; each lists the projects.
fn list_at_once(stage: &Stage, n_tests: usize, expected: &str) {
    let arguments = ["publish-test-event", STACK, "--output", "json"];
    let children: Vec<_> = (0..n_tests)
        .map(|_| {
            let mut command = stage.command(&arguments);
            command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{text}");
        let (names, list) = read(&serde_json::from_str(&text).unwrap());
        assert!(list.starts_with(expected), "{names:?}: {list}");
    }
}

/// The list is read page by page, and an empty one is a list as well.
fn pages(stage: &Stage) {
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

/// An evaluation of Step Functions holds only so much: the size of the list is counted project by project.
fn long_titles(stage: &Stage) {
    let title = "課題".repeat(50);
    assert!(stage.control("bytebase/projects", &json!({"count": 350, "title": title})).is_success());
    assert!(lists(stage).1.starts_with("350: "));
    assert!(stage.control("bytebase/projects", &json!({"count": 1_500, "title": title})).is_success());
    let run = stage.run(&["publish-test-event", STACK]).fails_with(1);
    assert!(run.stdout.contains("FAIL  TooManyProjects"), "{}", run.stdout);
    run.says("The first 400 projects, on 4 pages, are not all");
    has_projects(stage, 23);
}

/// A token that is refused is renewed, an outage is waited out, and neither for ever.
fn passing_failures(stage: &Stage) {
    stage.fail(&json!({"service": "bytebase", "status": 401, "times": 1, "path_contains": "projects"}));
    let (names, list) = lists(stage);
    assert_eq!((times(&names, "LogIn"), times(&names, "ReadPage")), (2, 2), "{names:?}");
    assert!(list.starts_with("23: "), "{list}");
    stage.fail(&json!({"service": "bytebase", "status": 503, "times": 1, "path_contains": "projects"}));
    let (names, _) = lists(stage);
    assert_eq!(times(&names, "LogIn"), 1, "{names:?}");
    stage.fail(&json!({"service": "bytebase", "status": 401, "times": 5, "path_contains": "projects"}));
    let run = stage.run(&["publish-test-event", STACK]).fails_with(1);
    assert!(run.stdout.contains("FAIL  TokenRefused"), "{}", run.stdout);
}

/// Each answer of Bytebase has its own explanation.
fn other_failures(stage: &Stage) {
    for (status, path, state, words) in [
        (403, "login", "LoginForbidden", "active service account"),
        (404, "login", "WrongAddress", "external URL"),
        (403, "projects", "ListForbidden", "bb.projects.list"),
        (302, "projects", "WrongAddress", "external URL"),
        (418, "projects", "ListFailed", "does not keep what Bytebase answered"),
    ] {
        stage.fail(&json!({"service": "bytebase", "status": status, "times": 1, "path_contains": path}));
        let run = stage.run(&["publish-test-event", STACK]).fails_with(1);
        run.says(words);
        assert!(run.stdout.contains(&format!("FAIL  {state}")), "{status}: {}", run.stdout);
    }
}

/// A wrong key is tried once in an execution, because five attempts lock the account out; the right one then
/// works without another step, although the wrong one has de-authorized the connection. White space is no part of a key.
fn keys(stage: &Stage) {
    let failed = || counts(stage)["failed"].as_u64().unwrap();
    let key = stage.secrets()[KEY].clone();
    put_key(stage, "another");
    for n_runs in 1..=2 {
        let before = failed();
        let run = stage.run(&["publish-test-event", STACK]).fails_with(1);
        run.says("Bytebase refuses the service key");
        assert!(run.stdout.contains("FAIL  WrongKey"), "{n_runs}: {}", run.stdout);
        assert_eq!(failed() - before, 1, "{n_runs}: a wrong key was tried again, or not at all");
    }
    for right in [format!("  {key}\r\n"), key] {
        put_key(stage, &right);
        let (names, list) = lists(stage);
        assert_eq!(times(&names, "LogIn"), if right.starts_with(' ') { 2 } else { 1 }, "{names:?}");
        assert!(list.starts_with("23: "), "{list}");
    }
}

/// Two executions share a connection, and neither minds the token of the other.
fn two_at_once(stage: &Stage) {
    list_at_once(stage, 2, "23: ");
}

/// A refused token takes the connection from both executions, and both end well.
fn two_with_a_revoked_token(stage: &Stage) {
    has_projects(stage, 900);
    stage.fail(&json!({"service": "bytebase", "status": 401, "times": 2, "path_contains": "projects"}));
    list_at_once(stage, 2, "900: ");
    has_projects(stage, 23);
}

/// Logins in progress count as attempts; those that are refused meanwhile wait, and no key is blamed.
fn eight_at_once(stage: &Stage) {
    let slow = |milliseconds: u32| {
        assert!(stage.control("bytebase/login-time", &json!({"milliseconds": milliseconds})).is_success());
    };
    let before = counts(stage);
    slow(8_000);
    list_at_once(stage, 8, "23: ");
    slow(0);
    let more = |count: &str| counts(stage)[count].as_u64().unwrap() - before[count].as_u64().unwrap();
    assert_eq!(more("logins"), 8);
    assert!(more("failed") > 0, "no login was throttled");
}

/// What the machine may do is paired call by call: no other endpoint, no other method, no other secret.
fn least_privilege(stage: &Stage) {
    let resources = stage.resources(STACK);
    let (role, key) = (resources["WorkflowRole"].clone(), resources["ServiceKey"].clone());
    let secret_of = |connection: &str| {
        let account = key.split(':').take(5).collect::<Vec<_>>().join(":");
        format!("{account}:secret:events!connection/{connection}/any-id")
    };
    let login = secret_of(&resources["LoginConnection"]);
    let row = |action, resource: &str, decision| (role.clone(), action, resource.to_owned(), decision);
    stage.decides(&[
        row("secretsmanager:GetSecretValue", &key, "allowed"),
        row("secretsmanager:PutSecretValue", &key, "implicitDeny"),
        row("states:StartExecution", &resources["Workflow"], "implicitDeny"),
        row("events:DeleteConnection", "*", "implicitDeny"),
        row("secretsmanager:CreateSecret", &login, "allowed"),
        row("secretsmanager:UpdateSecret", &login, "allowed"),
        row("secretsmanager:CreateSecret", &secret_of("another"), "implicitDeny"),
        row("secretsmanager:DeleteSecret", &key, "implicitDeny"),
    ]);
}
