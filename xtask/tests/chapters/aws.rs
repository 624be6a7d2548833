//! The way of a stage on AWS, walked on the emulator: no stand-ins, real names, release builds.

use crate::local::stage::{Run, Stage, sources};
use crate::local::story::{Chapter, chapter};
use serde_json::{Value as Json, json};
use std::process::Command;

pub const PROD: &str = "stacks/stages/prod.yaml";

pub const CHAPTERS: &[Chapter<Stage>] = &[
    chapter("a stage on AWS, from its proposal to its end", from_proposal_to_nothing),
    chapter("an existing topic feeds the stack", existing_topic),
];

/// Runs a command as a person who has signed in to AWS, with more variables.
pub fn run(stage: &Stage, arguments: &[&str], more: &[(&str, &str)]) -> Run {
    stage.finish(&mut signed_in(stage, stage.command(arguments), more))
}

/// Runs it on a terminal, where this is typed at this prompt; returns what the terminal saw.
fn typed(stage: &Stage, prompt: &str, keys: &str, arguments: &[&str], more: &[(&str, &str)]) -> Json {
    let command = on_a_terminal(stage, prompt, keys, arguments);
    let seen = stage.finish(&mut signed_in(stage, command, more)).succeeds().json();
    assert_eq!(seen["is_asked"], true, "{seen:#}");
    assert_eq!(seen["echo"], true, "the terminal hides what is typed after the command: {seen:#}");
    seen
}

/// A command in the copy, on a terminal of its own where this is typed at this prompt.
fn on_a_terminal(stage: &Stage, prompt: &str, keys: &str, arguments: &[&str]) -> Command {
    let command = stage.command(arguments);
    let script = sources().join("xtask/tests/local/terminal.py");
    let mut whole = Command::new(stage.python("emulator"));
    whole.arg(script).args([prompt, keys]).arg(command.get_program()).args(arguments);
    whole.current_dir(&stage.root).stdin(std::process::Stdio::null());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => whole.env(name, value),
            None => whole.env_remove(name),
        };
    }
    whole
}

fn signed_in(stage: &Stage, mut command: Command, more: &[(&str, &str)]) -> Command {
    command
        .envs(stage.variables())
        .env("NO_PROXY", "127.0.0.1")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .env_remove("AWS_PROFILE")
        .env_remove("SLACK_WEBHOOK_URL")
        .envs(more.iter().copied());
    command
}

/// Makes the stage file from the example, without some of its sections.
pub fn write_stage(stage: &Stage, left_out: &[&str]) {
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

/// Deletes what a chapter that failed has left; returns what is in the account then.
fn starts_empty(stage: &Stage) -> Json {
    if stage.root.join(PROD).exists() {
        run(stage, &["destroy", "--stage", "prod", "--yes"], &[]).succeeds();
    }
    stage.account("inventory", &[])
}

fn from_proposal_to_nothing(stage: &Stage) {
    let before = &starts_empty(stage);
    // The address of the stand-in, as if it were the one that Slack gave.
    let url = stage.secrets().remove("SLACK_WEBHOOK_URL").unwrap();

    write_stage(stage, &["backlog", "backlog_files", "bytebase_workflow", "mackerel_incidents", "question_form"]);
    let proposed = run(stage, &["deploy", "--stage", "prod", "--dry-run"], &[]).succeeds();
    proposed.says("sns-slack: new stack");
    proposed.says("added Notices (AWS::SQS::Queue)").says("send messages to NoticesDeadLetters (sqs:SendMessage)");
    let n_added = proposed.stderr.lines().filter(|line| line.trim_start().starts_with("added ")).count();
    assert_eq!(proposed.stdout, "");
    assert_eq!(&stage.account("inventory", &[]), before);

    for arguments in [["deploy", "--stage", "prod"], ["destroy", "--stage", "prod"]] {
        run(stage, &arguments, &[]).fails_with(2).says("no terminal to ask on").says("confirm with --yes");
    }
    let deploy = ["deploy", "--stage", "prod", "--yes", "--output", "json"];
    run(stage, &deploy, &[]).fails_with(2).says("SLACK_WEBHOOK_URL");
    assert_eq!(&stage.account("inventory", &[]), before);

    asks(stage, &url, before);
    never_was(stage, &["deploy", "--stage", "prod", "--dry-run"]);

    let deployed = run(stage, &deploy, &[("SLACK_WEBHOOK_URL", &url)]).succeeds();
    deployed.says("is ROLLBACK_COMPLETE: its creation failed earlier; deleting it first");
    deployed.says("secrets stored: SLACK_WEBHOOK_URL").says("stage `prod` (account 000000000000, ap-northeast-1, ");
    deployed.says(&format!("warning: AWS requests go to {}", stage.address("emulator")));
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
    a_bucket_tells(stage, topic);
    let event = ["publish-test-event", "sns-slack", "--stage", "prod", "--output", "json"];
    let report = run(stage, &event, &[]).succeeds().json();
    assert_eq!((&report["arrived"], &report["failure"]), (&json!(true), &Json::Null), "{report:#}");

    nothing_tells(stage, url.rsplit('/').next().unwrap());
    let seen = run(stage, &["destroy", "--stage", "prod", "--dry-run"], &[]).succeeds();
    seen.says(&format!("sns-slack: {n_added} resources to delete"));
    run(stage, &["destroy", "--stage", "prod", "--yes"], &[]).succeeds().says("the artifact bucket was deleted");
    assert_eq!(&stage.account("inventory", &[]), before);

    // The other integrations of the stage are not checked when one is named, nor is their Backlog.
    write_stage(stage, &["question_form"]);
    let one = run(stage, &["deploy", "sns-slack", "--stage", "prod", "--dry-run"], &[]).succeeds();
    one.says("sns-slack: new stack");
    assert!(!one.stderr.contains("mackerel-incidents") && !one.stderr.contains("Backlog"), "{}", one.stderr);
    assert!(!one.stderr.contains("alarms have no recipient"), "{}", one.stderr);
    let other = run(stage, &["deploy", "bytebase-workflow", "--stage", "prod", "--dry-run"], &[]).succeeds();
    other.says("alarms have no recipient until sns-slack is deployed; deploy it with: cargo xtask deploy sns-slack --stage prod");
    assert_eq!(&stage.account("inventory", &[]), before);
    std::fs::remove_file(stage.root.join(PROD)).unwrap();
}

/// A bucket is a publisher of the stage file: S3 asks the topic before it takes the setting.
fn a_bucket_tells(stage: &Stage, topic: &str) {
    let of_bucket = ["--bucket", "announced"];
    let call = |arguments: &[&str]| stage.aws(&[&["s3api"], arguments, &of_bucket[..]].concat());
    call(&["create-bucket", "--create-bucket-configuration", "LocationConstraint=ap-northeast-1"]);
    let wish = json!({"TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]}).to_string();
    call(&["put-bucket-notification-configuration", "--notification-configuration", &wish]);
    call(&["put-object", "--key", "made-by-a-person.txt"]);
    stage.until("the object is announced", || stage.shown_with("slack/messages", "made-by-a-person.txt").len() == 1);
    call(&["delete-object", "--key", "made-by-a-person.txt"]);
    call(&["delete-bucket"]);
}

/// What is asked can be interrupted and refused, and nothing comes of it.
fn asks(stage: &Stage, url: &str, before: &Json) {
    const CTRL_C: &str = "\u{3}";
    let deploy = ["deploy", "--stage", "prod"];
    let seen = typed(stage, "SLACK_WEBHOOK_URL (", CTRL_C, &deploy, &[]);
    assert_eq!((&seen["code"], &seen["was_hidden"]), (&json!(2), &json!(true)), "{seen:#}");
    assert!(seen["output"].as_str().unwrap().contains("hint: nothing was changed"), "{seen:#}");
    assert_eq!(&stage.account("inventory", &[]), before);
    let at = format!("not on AWS but at {}", stage.address("emulator"));
    let question = format!("Deploy to stage `prod` (account 000000000000, ap-northeast-1, {at})? [y/N]");
    for (keys, code, words) in [(CTRL_C, 2, "error: interrupted"), ("n\n", 2, "error: canceled: no stack was changed")]
    {
        let seen = typed(stage, &question, keys, &deploy, &[("SLACK_WEBHOOK_URL", url)]);
        assert_eq!((&seen["code"], &seen["was_hidden"]), (&json!(code), &json!(false)), "{seen:#}");
        assert!(seen["output"].as_str().unwrap().contains(words), "{seen:#}");
        assert_eq!(stage.account("inventory", &[])["stacks"], before["stacks"]);
    }
    stage.edit(PROD, "# account: 111122223333", "account: 111122223333");
    let other = run(stage, &["endpoints", "--stage", "prod"], &[]).fails_with(2);
    other
        .says("stacks/stages/prod.yaml:9: account: the credentials are of account 000000000000, not of 111122223333")
        .says("hint: sign in to the stage's account");
    stage.edit(PROD, "account: 111122223333", "account: \"000000000000\"");
}

/// A stack whose creation failed is in the way; who only looks does not remove it.
fn never_was(stage: &Stage, dry_run: &[&str]) {
    const NAME: &str = "tsugite-prod-sns-slack";
    let function = json!({
        "Code": {"S3Bucket": "not-there", "S3Key": "not-there.zip"}, "Role": "arn:aws:iam::000000000000:role/none",
        "Handler": "bootstrap", "Runtime": "provided.al2023",
    });
    let template = json!({"Resources": {"Function": {"Type": "AWS::Lambda::Function", "Properties": function}}});
    let status = || {
        let answer = stage.aws(&["cloudformation", "describe-stacks", "--stack-name", NAME]);
        answer["Stacks"][0]["StackStatus"].clone()
    };
    stage.aws(&["cloudformation", "create-stack", "--stack-name", NAME, "--template-body", &template.to_string()]);
    stage.until("the creation fails", || status() == "ROLLBACK_COMPLETE");
    let seen = run(stage, dry_run, &[]).succeeds();
    seen.says("is ROLLBACK_COMPLETE: its creation failed earlier, and it has to be deleted first");
    seen.says("sns-slack: new stack").says("added Notices (AWS::SQS::Queue)").says("(sqs:SendMessage)");
    assert_eq!(status(), "ROLLBACK_COMPLETE");
}

/// A topic of another owner feeds the notifier and stays when the stack is deleted.
fn existing_topic(stage: &Stage) {
    let before = &starts_empty(stage);
    let topic =
        stage.aws(&["sns", "create-topic", "--name", "alarms-of-others"])["TopicArn"].as_str().unwrap().to_owned();
    let policy = || stage.aws(&["sns", "get-topic-attributes", "--topic-arn", &topic])["Attributes"]["Policy"].clone();
    let policy_before = policy();
    let url = stage.secrets().remove("SLACK_WEBHOOK_URL").unwrap();
    write_stage(stage, &["backlog", "backlog_files", "bytebase_workflow", "mackerel_incidents", "question_form"]);
    stage.edit(PROD, "  publishers: [codestar-notifications, s3]\n", &format!("  topic: {topic}\n"));
    let deploy = ["deploy", "--stage", "prod", "--yes", "--output", "json"];
    let deployed = run(stage, &deploy, &[("SLACK_WEBHOOK_URL", &url)]).succeeds();
    assert_eq!(deployed.json()["stacks"][0]["registrations"][0]["url"], topic);
    assert_eq!(policy(), policy_before, "the policy of another owner changed");
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
    assert_eq!(stage.files_that_hold(secret), [""; 0]);
    assert!(!stage.everything_said().contains(secret));
    assert!(!stage.command_lines().contains(secret) && !stage.function_environments().contains(secret));
    let said = std::fs::read_to_string(stage.root.join(PROD)).unwrap();
    assert!(!said.contains(secret));
}
