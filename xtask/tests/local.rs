//! The local stage driven from outside, as a person would: every command, and what it leaves.
//!
//! It runs in a copy of the sources with a target folder of its own, which also proves that builds in two folders give
//! the same bytes. `cargo xtask ci` runs it; by itself: `cargo test -p xtask --test local`; one chapter:
//! `cargo test -p xtask --test local -- "a large file"`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and prints its chapters")]

mod local {
    pub mod files;
    pub mod first;
    pub mod processes;
    pub mod stage;
    pub mod story;
    pub mod transcript;
}

use local::files;
use local::stage::Stage;
use local::story::{Chapter, Part, Story, chapter};
use serde_json::{Value as Json, json};
use std::process::ExitCode;

const STACK: &str = "tsugite-local-backlog-files";
/// The chapter that most others need.
const DEPLOYED: &str = "a first deployment";

const UNDEPLOYED: &[Chapter<Stage>] =
    &[chapter("a dry run leaves nothing", dry_run), chapter(DEPLOYED, first_deployment)];
const CHAPTERS: &[Chapter<Stage>] = &[
    chapter("the test event arrives", test_event),
    chapter("a second deployment changes nothing", second_deployment),
    chapter("builds in two folders give the same bytes", same_bytes),
    chapter("invalid requests are refused", wrong_requests),
    chapter("events of other kinds are ignored", other_events),
    chapter("the queue waits for the end of a rate limit", rate_limit),
    chapter("a transfer that breaks off leaves nothing", cut_transfer),
    chapter("a large file is copied in parts", large_file),
    chapter("a file that changes meanwhile ends as its newest content", files::changing),
    chapter("the largest event that a queue accepts arrives", files::largest_event),
    chapter("events without a file to store are reported or ignored", files::odd_events),
    chapter("a file whose worker is killed arrives within minutes", files::killed_worker),
    chapter("a poison message ends in the dead-letter queue", poison),
    chapter("an API key that Backlog refuses is reported", refused_key),
    chapter("the roles allow what functions need and no more", least_privilege),
    chapter("a changed handler is deployed", changed_handler),
    chapter("a project that Backlog does not have stops the deployment", wrong_project),
    chapter("a failing update is rolled back and names its cause", failing_update),
    chapter("the secret is found nowhere", canary),
    chapter("destroy keeps data if asked to", keeps_data),
    chapter("destroy leaves nothing", destroys),
];

fn main() -> ExitCode {
    Story {
        make: || Stage::in_a_copy_of_the_sources("second-folder"),
        opening: chapter("the local stage starts empty", starts_empty),
        parts: vec![Part { after: &[], chapters: UNDEPLOYED }, Part { after: &[DEPLOYED], chapters: CHAPTERS }],
        ending: chapter("the local stage stops", stops),
    }
    .run()
}

fn starts_empty(stage: &Stage) {
    let status = stage.run(&["local", "start", "--output", "json"]).succeeds().json();
    assert_eq!(status["running"], true);
    for address in ["emulator", "stand_ins"] {
        assert!(status[address].as_str().unwrap().starts_with("http://127.0.0.1:"), "{status}");
    }
    let again = stage.run(&["local", "status", "--output", "json"]).succeeds().json();
    assert_eq!(status, again);
    stage.run(&["endpoints"]).fails_with(2).says("nothing is deployed");
    stage.starts();
}

fn dry_run(stage: &Stage) {
    let before = stage.account("inventory", &[]);
    let run = stage.run(&["deploy", "backlog-files", "--release", "--dry-run"]).succeeds();
    run.says("new stack").says("send messages to Events (sqs:SendMessage)").says("added Files (AWS::S3::Bucket)");
    assert_eq!(run.stdout, "");
    assert_eq!(stage.account("inventory", &[]), before);
}

fn first_deployment(stage: &Stage) {
    let run = stage.run(&["deploy", "backlog-files", "--release", "--output", "json"]).succeeds();
    let document = run.json();
    assert_eq!(document["stage"], "local");
    let stack = &document["stacks"][0];
    assert_eq!(
        (&stack["name"], &stack["status"], &stack["changed"]),
        (&json!("backlog-files"), &json!("CREATE_COMPLETE"), &json!(true))
    );
    let registration = &stack["registrations"][0];
    assert_eq!(registration["saas"], "Backlog");
    assert!(registration["where"].as_str().unwrap().contains("Webhook URL"));
    // 40 letters and digits that cannot be guessed.
    let token = registration["url"].as_str().unwrap().rsplit('/').next().unwrap();
    assert!(token.len() == 40 && token.chars().all(|c| c.is_ascii_alphanumeric()), "{token}");
    let retention = stage.account("retention", &["/aws/lambda/tsugite-local-"]);
    assert_eq!(
        retention,
        json!({
            format!("/aws/lambda/{STACK}-FileReplicator"): 7, format!("/aws/lambda/{STACK}-WebhookReceiver"): 7,
        })
    );
    assert_eq!(stage.account("change_sets", &[STACK]), json!([]));
    stage.remember(&document);
}

fn test_event(stage: &Stage) {
    let received = || stage.controlled("received").json().as_array().unwrap().clone();
    let n_before = received().len();
    let report = stage.run(&["publish-test-event", "backlog-files", "--output", "json"]).succeeds().json();
    assert_eq!(report["arrived"], true, "{report:#}");
    assert_eq!(report["hops"].as_array().unwrap().len(), 4);
    assert!(report["hops"][0]["milliseconds"].is_u64());
    // The AWS command line, which knows nothing of Tsugite, finds the object as well.
    let object =
        stage.aws(&["s3api", "head-object", "--bucket", &stage.bucket(), "--key", "target/資料/見積 v1.2.pdf"]);
    assert_eq!(object["ContentLength"], 2718);
    let calls = received().split_off(n_before);
    assert_eq!(calls.len(), 1, "{calls:#?}");
    assert_eq!(calls[0]["path"], "/backlog/api/v2/projects/SUB/files/1074321613");
    assert_eq!(calls[0]["credential"], "valid");
}

fn second_deployment(stage: &Stage) {
    let run = stage.run(&["deploy", "backlog-files", "--release", "--output", "json"]).succeeds();
    run.says("backlog-files: nothing to do");
    assert_eq!(run.json()["stacks"][0]["changed"], false);
    assert_eq!(run.json()["stacks"][0]["registrations"], stage.document()["stacks"][0]["registrations"]);
    assert_eq!(stage.account("change_sets", &[STACK]), json!([]));
    let endpoints = stage.run(&["endpoints"]).succeeds();
    assert!(endpoints.stdout.contains(&stage.webhook_url()), "{}", endpoints.stdout);
}

/// The handler was built beside another one in the copy, and is built alone in the sources: neither folder nor
/// neighbors reach its bytes.
fn same_bytes(stage: &Stage) {
    let arguments = ["bench", "handlers", "--handler", "webhook-receiver", "--runs", "1", "--output", "json"];
    let bench = stage.run_in_the_sources(&arguments).succeeds().json();
    let [handler] = bench["handlers"].as_array().unwrap().as_slice() else { panic!("not one handler: {bench:#}") };
    assert!(handler["start_ms"].as_f64() > Some(0.0) && handler["peak_kib"].as_u64() > Some(0), "{handler}");
    let key = format!("{}/{}.zip", handler["handler"].as_str().unwrap(), handler["archive_sha256"].as_str().unwrap());
    let keys = stage.account("keys", &["tsugite-000000000000-ap-northeast-1-local"]);
    let keys = keys.as_array().unwrap();
    assert!(keys.len() == 2 && keys.contains(&json!(key)), "{key} is not one of {keys:?}");
}

fn wrong_requests(stage: &Stage) {
    let url = stage.webhook_url();
    let wrong = format!("{}x", &url[..url.len() - 1]);
    let check = |url: &str, content_type: &str, body: &[u8], status: u16, words: &str| {
        let answer = stage.post(url, content_type, body);
        assert_eq!(answer.status, status, "{}", answer.body);
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(words), "{message}");
    };
    assert_eq!(stage.post(&wrong, "application/json", b"{}").header("content-type"), "application/json");
    check(&wrong, "application/json", b"{}", 401, "token");
    check(&url, "application/json", &vec![b' '; 1024 * 1024], 413, "1008 KiB");
    let ignored = json!({"type": 6, "content": {"content": "x".repeat(2 * 1024 * 1024)}});
    check(&url, "application/json", ignored.to_string().as_bytes(), 200, "ignored");
    check(&url, "text/plain", b"{}", 415, "application/json");
    check(&url, "application/json", b"[]", 400, "JSON object");
    check(&url, "application/json", b"", 400, "JSON object");
    check(&format!("{url}/more"), "application/json", b"{}", 404, "no such endpoint");
    assert_eq!(stage.get(&url).status, 404);
    assert_eq!(stage.account("depth", &[STACK, "EventsDeadLetters"]), json!(0));
}

fn other_events(stage: &Stage) {
    let keys = || stage.account("keys", &[&stage.bucket()]);
    let before = keys();
    for (change, words) in [
        (json!({"type": 10}), "no file was added"),
        (json!({"type": 1, "content": {"id": 1, "key_id": 2}}), "no file was added"),
        (json!({"content": {"id": 1, "dir": "/sample2/", "name": "a", "size": 1}}), "another folder"),
        (json!({"project": {"projectKey": "OTHER"}}), "another project"),
    ] {
        let event = stage.event_with(change);
        let report =
            stage.run(&["publish-test-event", "backlog-files", "--file", &event, "--output", "json"]).succeeds().json();
        assert!(report["hops"][2]["detail"].as_str().unwrap().contains(words), "{report:#}");
    }
    let event = stage.event_with(json!({"content": {"id": 1, "dir": "/sample/../", "name": "a", "size": 1}}));
    stage.run(&["publish-test-event", "backlog-files", "--file", &event]).fails_with(2).says("cannot be stored");
    assert_eq!(keys(), before);
}

/// Gives the stand-in a file, announces it, and returns its key in the bucket.
fn announce(stage: &Stage, id: u64, name: &str, file: Json) -> String {
    let size = file["size"].as_u64().unwrap_or_else(|| file["content"].as_str().map_or(0, |text| text.len() as u64));
    let mut given = json!({"id": id, "dir": "/sample/", "name": name});
    given.as_object_mut().unwrap().extend(file.as_object().unwrap().clone());
    assert_eq!(stage.control("backlog/files", &given).status, 201);
    let event = json!({"id": id, "type": 8, "project": {"projectKey": "SUB"},
        "content": {"id": id, "dir": "/sample/", "name": name, "size": size}});
    let answer = stage.post(&stage.webhook_url(), "application/json", event.to_string().as_bytes());
    assert_eq!(answer.status, 200, "{}", answer.body);
    format!("target/{name}")
}

fn rate_limit(stage: &Stage) {
    let reset = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() + 2;
    let failure =
        json!({"service": "backlog", "status": 429, "times": 1, "headers": {"X-RateLimit-Reset": reset.to_string()}});
    assert!(stage.control("fail", &failure).is_success());
    let key = announce(stage, 7, "limited.txt", json!({"content": "after the limit"}));
    stage.until("the file arrives after the limit", || stage.keys().contains(&key));
    assert_eq!(stage.account("depth", &[STACK, "EventsDeadLetters"]), json!(0));
}

fn cut_transfer(stage: &Stage) {
    let key = announce(stage, 8, "cut.bin", json!({"size": 30_000_000, "truncate_after": 20_000_000}));
    stage.until("the transfer is reported", || stage.logs().contains("will be retried"));
    assert!(!stage.keys().contains(&key));
    stage.until("its parts are removed", || stage.account("uploads", &[&stage.bucket()]) == json!([]));
    // The queue brings it back, and by then the file is whole.
    let whole = json!({"id": 8, "dir": "/sample/", "name": "cut.bin", "size": 30_000_000});
    assert_eq!(stage.control("backlog/files", &whole).status, 201);
    stage.until("the file arrives whole", || stage.keys().contains(&key));
}

fn large_file(stage: &Stage) {
    let key = announce(stage, 9, "large.bin", json!({"size": 200_000_000}));
    stage.until("the large file arrives", || stage.keys().contains(&key));
    let head = stage.aws(&["s3api", "head-object", "--bucket", &stage.bucket(), "--key", &key]);
    assert_eq!(head["ContentLength"], 200_000_000);
    assert!(head["ETag"].as_str().unwrap().contains("-24"), "in 24 parts of 8 MiB: {head}");
    let peak = stage.peak_memory_mib("WATCHED_FOLDER");
    assert!(peak < 200, "the replicator used {peak} MiB for a file of 190 MiB");
}

fn poison(stage: &Stage) {
    for body in ["not json", "{\"type\": 8, \"project\": {\"projectKey\": \"SUB\"}, \"content\": {}}"] {
        stage.account("send", &[STACK, "Events", body]);
        let message = stage.account("receive", &[STACK, "EventsDeadLetters"]);
        assert_eq!(message["body"], body);
        assert!(!message["reason"].as_str().unwrap().is_empty(), "{message}");
    }
}

fn refused_key(stage: &Stage) {
    assert!(stage.control("fail", &json!({"service": "backlog", "status": 401, "times": 2})).is_success());
    let run = stage.run(&["publish-test-event", "backlog-files"]).fails_with(1);
    run.says("run of FileReplicator").says("log: {").says("BACKLOG_API_KEY");
    assert!(run.stdout.contains("FAIL  run of FileReplicator"), "{}", run.stdout);
    let message = stage.account("receive", &[STACK, "EventsDeadLetters"]);
    assert!(message["reason"].as_str().unwrap().contains("401"), "{message}");
}

fn least_privilege(stage: &Stage) {
    let resources = stage.resources("backlog-files");
    let role = |function: &str| resources[&format!("{function}Role")].clone();
    let object = |key: &str| format!("arn:aws:s3:::{}/{key}", stage.bucket());
    let queue = |id: &str| {
        let name = resources[id].rsplit('/').next().unwrap();
        format!("arn:aws:sqs:ap-northeast-1:000000000000:{name}")
    };
    stage.decides(&[
        (role("FileReplicator"), "s3:PutObject", object("target/a"), "allowed"),
        (role("FileReplicator"), "s3:AbortMultipartUpload", object("target/a"), "allowed"),
        (role("FileReplicator"), "s3:PutObject", object("other/a"), "implicitDeny"),
        (role("FileReplicator"), "s3:GetObject", object("target/a"), "allowed"),
        (role("FileReplicator"), "s3:GetObject", object("other/a"), "implicitDeny"),
        (role("FileReplicator"), "s3:DeleteObject", object("target/a"), "implicitDeny"),
        (role("WebhookReceiver"), "s3:PutObject", object("target/a"), "implicitDeny"),
        (role("WebhookReceiver"), "sqs:ReceiveMessage", queue("Events"), "implicitDeny"),
        (role("WebhookReceiver"), "sqs:SendMessage", queue("Events"), "allowed"),
        (role("WebhookReceiver"), "sqs:SendMessage", queue("EventsDeadLetters"), "implicitDeny"),
    ]);
}

fn changed_handler(stage: &Stage) {
    const HANDLER: &str = "handlers/file-replicator/src/handler.rs";
    let (copied, brought) = ("\"copied {n_bytes} bytes to {key}\"", "\"brought {n_bytes} bytes to {key}\"");
    stage.edit(HANDLER, copied, brought);
    // Interrupted while it builds: nothing is changed, and cargo ends.
    for (signal, words) in [("INT", "error: interrupted\n"), ("TERM", "error: interrupted by SIGTERM\n")] {
        let interrupted = stage.run_and_interrupt(&["deploy", "backlog-files", "--release"], signal).fails_with(2);
        interrupted.says(words).says("nothing was changed");
        assert_eq!(stage.command_lines_of("rustc"), "", "the build continues after {signal}");
    }
    let run = stage.run(&["deploy", "backlog-files", "--release", "--output", "json"]).succeeds();
    run.says("changed FileReplicator (AWS::Lambda::Function): Code").says("1 of 2 archives");
    let stack = &run.json()["stacks"][0];
    assert_eq!((&stack["status"], &stack["changed"]), (&json!("UPDATE_COMPLETE"), &json!(true)));
    assert_eq!(stack["registrations"], stage.document()["stacks"][0]["registrations"]);
    let report = stage.run(&["publish-test-event", "backlog-files", "--output", "json"]).succeeds().json();
    assert!(report["hops"][2]["detail"].as_str().unwrap().starts_with("brought 2718 bytes"), "{report:#}");
    stage.edit(HANDLER, brought, copied);
    stage.run(&["deploy", "backlog-files", "--release"]).succeeds();
}

fn wrong_project(stage: &Stage) {
    stage.edit("stacks/stages/local.yaml", "project: SUB", "project: SUBS");
    let run = stage.run(&["deploy", "backlog-files", "--release"]).fails_with(2);
    run.says("stacks/stages/local.yaml:8: backlog.project: Backlog has no project `SUBS`")
        .says("hint: write the key of one of these there: SUB (SUB プロジェクト)");
    stage.edit("stacks/stages/local.yaml", "project: SUBS", "project: SUB");
}

fn failing_update(stage: &Stage) {
    let long = format!("watched_folder: /{}", "long/".repeat(1000));
    stage.edit("stacks/stages/local.yaml", "watched_folder: /sample/", &long);
    let run = stage.run(&["deploy", "backlog-files", "--release"]).fails_with(1);
    run.says("stack `backlog-files` was rolled back to its previous state")
        .says("FileReplicator: ")
        .says("exceeded the 4KB limit")
        .says("defined in stacks/src/backlog_files.rs:")
        .says("hint: ");
    stage.edit("stacks/stages/local.yaml", &long, "watched_folder: /sample/");
    stage.run(&["publish-test-event", "backlog-files"]).succeeds();
    stage.run(&["deploy", "backlog-files", "--release"]).succeeds().says("nothing to do");
}

fn canary(stage: &Stage) {
    // So that a function runs, whose environment is searched.
    stage.run(&["publish-test-event", "backlog-files"]).succeeds();
    let key = stage.secrets().remove("BACKLOG_API_KEY").unwrap();
    assert_eq!(key.len(), 32);
    assert_eq!(stage.account("find", &[&key]), json!([]));
    let token = stage.webhook_url().rsplit('/').next().unwrap().to_owned();
    assert_eq!(stage.account("find", &[&token]), json!([]));
    assert_eq!(stage.files_that_hold(&key), [""; 0]);
    assert_eq!(stage.files_that_hold(&stage.seed()), ["stand-ins.json", "state.json"]);
    assert!(!stage.everything_said().contains(&key));
    assert!(!stage.command_lines().contains(&key));
    let environment = stage.function_environments();
    assert!(environment.contains("API_KEY_SECRET_ARN"), "no function runs");
    assert!(!environment.contains(&key));
    // The search itself finds what is there.
    let found = stage.account("find", &["WATCHED_FOLDER"]);
    assert!(found.as_array().unwrap().contains(&json!(format!("template of {STACK}"))), "{found}");
}

fn keeps_data(stage: &Stage) {
    let bucket = stage.bucket();
    stage.run(&["destroy", "--dry-run"]).succeeds().says("data to be deleted").says(&bucket);
    let run = stage.run(&["destroy", "--keep-data", "--output", "json"]).succeeds();
    run.says("data to be kept");
    let removed = run.json();
    let removed = &removed["stacks"][0];
    assert_eq!((&removed["status"], &removed["changed"]), (&Json::Null, &json!(true)));
    let inventory = stage.account("inventory", &[]);
    assert_eq!(inventory["buckets"], json!([bucket]));
    assert_eq!(inventory["functions"], json!([]));
    stage.run(&["deploy", "backlog-files", "--release"]).succeeds().is_as_in_the_readme("deploy");
    let again = stage.run(&["endpoints", "--output", "json"]).succeeds().json();
    assert_ne!(again["stacks"][0]["outputs"]["FilesBucket"], json!(bucket));
    stage.run(&["publish-test-event", "backlog-files"]).succeeds().is_as_in_the_readme("publish-test-event");
}

fn destroys(stage: &Stage) {
    stage.run(&["destroy"]).succeeds().says("the artifact bucket was deleted with the last stack");
    stage.is_empty();
    let again = stage.run(&["destroy", "--output", "json"]).succeeds();
    again.says("nothing to delete");
    assert_eq!(again.json()["stacks"][0]["changed"], false);
    stage.run(&["publish-test-event", "backlog-files"]).fails_with(2).says("is not deployed");
}

fn stops(stage: &Stage) {
    stage.run(&["local", "stop"]).succeeds().says("stopped");
    assert!(!stage.command_lines().contains("launcher.py"), "the emulator is still there");
    assert!(!stage.command_lines().contains("__stand-ins"), "the stand-ins are still there");
    stage.run(&["local", "stop"]).succeeds().says("does not run");
    stage.run(&["destroy"]).succeeds().says("nothing to delete");
    let seen = stage.run(&["destroy", "--dry-run", "--output", "json"]).succeeds().json();
    assert_eq!((&seen["dry_run"], &seen["stacks"][0]["resources"]), (&json!(true), &json!(0)));
}
