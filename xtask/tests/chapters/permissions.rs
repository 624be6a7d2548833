//! The whole life of every stack as a caller with the printed policy and no other permission.
//!
//! The emulator holds the caller to it: for each call of the tool, and for what CloudFormation does on the
//! caller's behalf for each resource.

use super::aws::{PROD, run, write_stage};
use super::world::full;
use crate::local::stage::Stage;
use crate::local::story::{Chapter, chapter};
use serde_json::{Value as Json, json};
use stacks::NAMES;

const STAGE: &str = "stacks/stages/local.yaml";

pub const CHAPTERS: &[Chapter<Stage>] = &[
    chapter("the printed policy is enough to deploy", whole_life),
    chapter("a policy with one action less is not", one_permission_less),
    chapter("missing permissions are reported before anything changes", asked_before),
];

/// The policy that the command prints, without some of its actions.
fn policies(stage: &Stage, arguments: &[&str], without: &[&str]) -> Vec<Json> {
    let all: Vec<&str> = ["policy", "deployer", "--output", "json"].iter().chain(arguments).copied().collect();
    let printed = stage.run(&all).succeeds().json();
    let mut documents: Vec<Json> =
        printed["policies"].as_array().unwrap().iter().map(|policy| policy["document"].clone()).collect();
    let mut n_removed = 0;
    for document in &mut documents {
        let statements = document["Statement"].as_array_mut().unwrap();
        for statement in statements.iter_mut() {
            let actions = statement["Action"].as_array_mut().unwrap();
            let n_before = actions.len();
            actions.retain(|action| !without.contains(&action.as_str().unwrap()));
            n_removed += n_before - actions.len();
        }
        statements.retain(|statement| statement["Action"] != json!([]));
    }
    assert!(n_removed >= without.len(), "the policy does not allow {without:?} at all");
    documents
}

/// A user with these policies; returns its access key.
fn user(stage: &Stage, name: &str, policies: &[Json]) -> Json {
    stage.account("make_user", &[name, &json!(policies).to_string()])
}

/// Removes a user with its policies and keys.
fn remove(stage: &Stage, name: &str) {
    stage.account("remove_user", &[name]);
}

/// Does something with commands that sign with this key in place of root's.
fn as_caller<T>(stage: &Stage, key: &Json, act: impl FnOnce() -> T) -> T {
    let path = stage.folder().join("state.json");
    let before = std::fs::read_to_string(&path).unwrap();
    let mut state: Json = serde_json::from_str(&before).unwrap();
    state["local"]["root_key"] =
        json!({"access_key_id": key["AccessKeyId"], "secret_access_key": key["SecretAccessKey"]});
    std::fs::write(&path, state.to_string()).unwrap();
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act));
    std::fs::write(&path, before).unwrap();
    result.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// Deletes what other chapters have deployed.
fn starts_empty(stage: &Stage) {
    stage.run(&["destroy"]).succeeds();
}

/// First deployment, test events, update, rollback and destruction of every stack.
fn whole_life(stage: &Stage) {
    starts_empty(stage);
    let key = user(stage, "deployer", &policies(stage, &[], &[]));
    as_caller(stage, &key, || {
        let deployed = stage.run(&["deploy", "--output", "json"]).succeeds().json();
        for (stack, name) in deployed["stacks"].as_array().unwrap().iter().zip(NAMES) {
            assert_eq!((&stack["name"], &stack["status"]), (&json!(name), &json!("CREATE_COMPLETE")), "{stack:#}");
        }
        for name in NAMES {
            let report = stage.run(&["publish-test-event", name, "--output", "json"]).succeeds().json();
            assert_eq!((&report["arrived"], &report["failure"]), (&json!(true), &Json::Null), "{report:#}");
        }
        stage.edit(STAGE, "log_retention_days: 7", "log_retention_days: 14");
        let updated = stage.run(&["deploy"]).succeeds();
        updated.says("changed FileReplicatorLogs (AWS::Logs::LogGroup): RetentionInDays");
        let long = format!("watched_folder: /{}", "long/".repeat(1000));
        stage.edit(STAGE, "watched_folder: /sample/", &long);
        let failed = stage.run(&["deploy", "backlog-files"]).fails_with(1);
        failed.says("stack `backlog-files` was rolled back").says("exceeded the 4KB limit");
        stage.edit(STAGE, &long, "watched_folder: /sample/");
        let endpoints = stage.run(&["endpoints"]).succeeds();
        assert!(endpoints.stdout.contains("/v1/backlog-files/"), "{}", endpoints.stdout);
        stage.run(&["destroy"]).succeeds().says("the artifact bucket was deleted");
    });
    stage.edit(STAGE, "log_retention_days: 14", "log_retention_days: 7");
    remove(stage, "deployer");
}

/// With one action less, the deployment fails with its name; the stack is rolled back and can be destroyed.
fn one_permission_less(stage: &Stage) {
    starts_empty(stage);
    for (n, (stack, action)) in [
        ("bytebase-workflow", "states:TagResource"),
        ("bytebase-workflow", "secretsmanager:CreateSecret"),
        ("sns-slack", "lambda:CreateEventSourceMapping"),
        ("sns-slack", "iam:PassRole"),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("without-{n}");
        let key = user(stage, &name, &policies(stage, &[], &[action]));
        as_caller(stage, &key, || {
            let failed = stage.run(&["deploy", stack]).fails_with(1);
            failed.says(&format!("is not authorized to perform: {action}"));
            stage.run(&["destroy", stack]).succeeds();
        });
        remove(stage, &name);
    }
    let left = stage.aws(&["cloudformation", "describe-stacks"]);
    assert!(!left.to_string().contains(&full("sns-slack")), "{left:#}");
}

/// A stage on AWS asks IAM before it changes anything, and prints all missing permissions as a policy to paste.
fn asked_before(stage: &Stage) {
    starts_empty(stage);
    let before = &stage.account("inventory", &[]);
    const ALL_BUT_WORKFLOW: [&str; 5] =
        ["backlog", "backlog_files", "mackerel_incidents", "question_form", "sns_slack"];
    write_stage(stage, &ALL_BUT_WORKFLOW);
    stage.edit(PROD, "alarm_topic: sns-slack", "");
    let account = ["--stage", "prod", "--account", "000000000000"];
    let deploy = ["deploy", "--stage", "prod", "--yes"];
    let ends = |name: &str, without: &[&str], code: i32| {
        let key = user(stage, name, &policies(stage, &account, without));
        let text = |member: &str| key[member].as_str().unwrap().to_owned();
        let (id, secret) = (text("AccessKeyId"), text("SecretAccessKey"));
        let variables = [
            ("AWS_ACCESS_KEY_ID", id.as_str()),
            ("AWS_SECRET_ACCESS_KEY", secret.as_str()),
            ("BYTEBASE_SERVICE_KEY", "not-the-key"),
        ];
        let deployed = run(stage, &deploy, &variables).ends_with(code);
        if code == 0 {
            run(stage, &["destroy", "--stage", "prod", "--yes"], &variables).succeeds();
        }
        remove(stage, name);
        assert_eq!(&stage.account("inventory", &[]), before);
        deployed
    };
    let missing = ["iam:PassRole", "kms:GenerateDataKey", "sqs:TagQueue"];
    let failed = ends("asked", &missing, 2);
    failed.says("`arn:aws:iam::000000000000:user/asked` lacks permissions that this deployment needs:");
    let policy = failed.stderr[failed.stderr.find("\n{").unwrap()..].trim();
    let policy: Json = serde_json::from_str(policy).unwrap_or_else(|error| panic!("{error}: {policy}"));
    let statements = policy["Statement"].as_array().unwrap();
    let mut listed: Vec<&str> =
        statements.iter().flat_map(|s| s["Action"].as_array().unwrap()).map(|a| a.as_str().unwrap()).collect();
    listed.sort_unstable();
    listed.dedup();
    assert_eq!(listed, missing, "{policy:#}");

    let allowed = ends("allowed", &[], 0);
    assert!(!allowed.stderr.contains("could not be checked"), "{}", allowed.stderr);
    let silent = ends("silent", &["iam:SimulatePrincipalPolicy"], 0);
    silent.says("could not be checked: iam:SimulatePrincipalPolicy failed");
    std::fs::remove_file(stage.root.join(PROD)).unwrap();
}
