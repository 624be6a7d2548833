//! The way of a stage on AWS, walked on the emulator: no stand-ins, real names, release builds.

use crate::local::stage::{Run, Stage};
use serde_json::{Value as Json, json};

const PROD: &str = "stacks/stages/prod.yaml";

/// Runs a command as somebody who has signed in to AWS, with more variables.
fn run(stage: &Stage, arguments: &[&str], more: &[(&str, &str)]) -> Run {
    let mut command = stage.command(arguments);
    command
        .env("AWS_ENDPOINT_URL", stage.address("emulator"))
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env_remove("AWS_PROFILE")
        .env_remove("SLACK_WEBHOOK_URL")
        .envs(more.iter().copied());
    stage.finish(&mut command)
}

/// Makes the stage file from the example, without some of its sections.
fn write_stage(stage: &Stage, left_out: &[&str]) {
    let example = std::fs::read_to_string(stage.root.join("stacks/stages/example.yaml")).unwrap();
    let mut is_left_out = false;
    let mut kept = String::new();
    for line in example.lines() {
        let section = line.split_once(':').map(|(name, _)| name).filter(|name| !name.starts_with([' ', '#', '-']));
        if let Some(section) = section {
            is_left_out = left_out.contains(&section);
        }
        if !is_left_out {
            kept.push_str(&format!("{line}\n"));
        }
    }
    assert_eq!(
        kept.lines().filter(|line| left_out.iter().any(|name| line.starts_with(&format!("{name}:")))).count(),
        0
    );
    std::fs::write(stage.root.join(PROD), kept).unwrap();
}

pub fn from_proposal_to_nothing(stage: &Stage, before: &Json) {
    // The address of the stand-in, as if it were the one that Slack gave.
    let secret = stage.secrets().remove("SLACK_WEBHOOK_URL").unwrap();
    let url = format!("{}/slack/services/T00000000/B00000000/{secret}", stage.stand_ins());

    write_stage(stage, &["backlog", "backlog_files", "bytebase_workflow", "mackerel_incidents", "question_form"]);
    let proposed = run(stage, &["deploy", "--stage", "prod", "--dry-run"], &[]).succeeds();
    proposed.says("sns-slack: new stack");
    proposed.says("added Notices (AWS::SQS::Queue)").says("send messages to NoticesDeadLetters (sqs:SendMessage)");
    let n_added = proposed.stderr.lines().filter(|line| line.trim_start().starts_with("added ")).count();
    assert_eq!(proposed.stdout, "");
    assert_eq!(&stage.account("inventory", &[]), before);

    for arguments in [["deploy", "--stage", "prod"], ["destroy", "--stage", "prod"]] {
        run(stage, &arguments, &[]).fails_with(2).says("no terminal to ask on").says("decide with --yes");
    }
    let deploy = ["deploy", "--stage", "prod", "--yes", "--output", "json"];
    run(stage, &deploy, &[]).fails_with(2).says("SLACK_WEBHOOK_URL");
    assert_eq!(&stage.account("inventory", &[]), before);

    let deployed = run(stage, &deploy, &[("SLACK_WEBHOOK_URL", &url)]).succeeds();
    deployed.says("secrets stored: SLACK_WEBHOOK_URL");
    let document = deployed.json();
    let stack = &document["stacks"][0];
    assert_eq!((&document["stage"], &stack["status"]), (&json!("prod"), &json!("CREATE_COMPLETE")));
    let topic = "arn:aws:sns:ap-northeast-1:000000000000:tsugite-prod-sns-slack-Notifications";
    assert_eq!(stack["registrations"][0]["url"], topic);
    let resources = stage.account("resources", &["tsugite-prod-sns-slack"]);
    assert_eq!(resources.as_object().unwrap().len(), n_added, "not everything was proposed: {resources:#}");

    // A variable that is not set leaves the secret as it is, and nothing else is to do.
    run(stage, &deploy, &[]).succeeds().says("sns-slack: nothing to do");
    let endpoints = run(stage, &["endpoints", "--stage", "prod"], &[]).succeeds();
    assert!(endpoints.stdout.contains(&format!("ARN    {topic}")), "{}", endpoints.stdout);
    stage.aws(&["sns", "publish", "--topic-arn", topic, "--message", "from the stage on AWS"]);
    stage.until("the message is shown", || stage.shown_with("slack/messages", "from the stage on AWS").len() == 1);
    let event = ["publish-test-event", "sns-slack", "--stage", "prod", "--output", "json"];
    let report = run(stage, &event, &[]).succeeds().json();
    assert_eq!((&report["arrived"], &report["failure"]), (&json!(true), &Json::Null), "{report:#}");

    nothing_tells(stage, &secret);
    let seen = run(stage, &["destroy", "--stage", "prod", "--dry-run"], &[]).succeeds();
    seen.says(&format!("sns-slack: {n_added} resources to delete"));
    run(stage, &["destroy", "--stage", "prod", "--yes"], &[]).succeeds().says("the artifact bucket went");
    assert_eq!(&stage.account("inventory", &[]), before);

    // The other systems of the stage are not looked at when one is named, nor is their Backlog.
    write_stage(stage, &["question_form"]);
    let one = run(stage, &["deploy", "sns-slack", "--stage", "prod", "--dry-run"], &[]).succeeds();
    one.says("sns-slack: new stack");
    assert!(!one.stderr.contains("mackerel-incidents") && !one.stderr.contains("Backlog"), "{}", one.stderr);
    assert!(!one.stderr.contains("alarms reach nobody"), "{}", one.stderr);
    let other = run(stage, &["deploy", "bytebase-workflow", "--stage", "prod", "--dry-run"], &[]).succeeds();
    other.says("alarms reach nobody before sns-slack is there: `cargo xtask deploy sns-slack --stage prod`");
    assert_eq!(&stage.account("inventory", &[]), before);
    std::fs::remove_file(stage.root.join(PROD)).unwrap();
}

/// A topic of somebody else feeds the notifier and stays when the stack goes.
pub fn existing_topic(stage: &Stage, before: &Json) {
    let topic =
        stage.aws(&["sns", "create-topic", "--name", "alarms-of-others"])["TopicArn"].as_str().unwrap().to_owned();
    let policy = || stage.aws(&["sns", "get-topic-attributes", "--topic-arn", &topic])["Attributes"]["Policy"].clone();
    let policy_before = policy();
    let secret = stage.secrets().remove("SLACK_WEBHOOK_URL").unwrap();
    let url = format!("{}/slack/services/T00000000/B00000000/{secret}", stage.stand_ins());
    write_stage(stage, &["backlog", "backlog_files", "bytebase_workflow", "mackerel_incidents", "question_form"]);
    stage.edit(PROD, "sns_slack: {}\n", &format!("sns_slack:\n  topic: {topic}\n"));
    let deploy = ["deploy", "--stage", "prod", "--yes", "--output", "json"];
    let deployed = run(stage, &deploy, &[("SLACK_WEBHOOK_URL", &url)]).succeeds();
    assert_eq!(deployed.json()["stacks"][0]["registrations"][0]["url"], topic);
    assert_eq!(policy(), policy_before, "it is not ours to say who may publish");
    let report = run(stage, &["publish-test-event", "sns-slack", "--stage", "prod", "--output", "json"], &[]);
    let report = report.succeeds().json();
    assert_eq!((&report["arrived"], &report["failure"]), (&json!(true), &Json::Null), "{report:#}");
    run(stage, &["destroy", "--stage", "prod", "--yes"], &[]).succeeds();
    let left = stage.aws(&["sns", "list-subscriptions-by-topic", "--topic-arn", &topic]);
    assert_eq!(left["Subscriptions"], json!([]));
    stage.aws(&["sns", "delete-topic", "--topic-arn", &topic]);
    assert_eq!(&stage.account("inventory", &[]), before);
    std::fs::remove_file(stage.root.join(PROD)).unwrap();
}

/// The secret is in Secrets Manager and nowhere else.
fn nothing_tells(stage: &Stage, secret: &str) {
    let id = stage.account("resources", &["tsugite-prod-sns-slack"])["SlackWebhook"].as_str().unwrap().to_owned();
    let value = stage.aws(&["secretsmanager", "get-secret-value", "--secret-id", &id]);
    assert!(value["SecretString"].as_str().unwrap().ends_with(secret), "the search would find nothing");
    assert_eq!(stage.account("find", &[secret]), json!([]));
    assert_eq!(stage.files_that_hold(secret), ["stand-ins.json", "state.json"]);
    assert!(!stage.everything_said().contains(secret));
    assert!(!stage.command_lines().contains(secret) && !stage.function_environments().contains(secret));
    let said = std::fs::read_to_string(stage.root.join(PROD)).unwrap();
    assert!(!said.contains(secret));
}
